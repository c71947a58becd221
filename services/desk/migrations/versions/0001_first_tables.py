"""Tasks, decisions, actions and stand-ins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tasks, decisions, actions and stand-ins."""
    op.create_table(
        "action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), server_default="pending", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer = 'refused') = (refusal IS NOT NULL)", name="refused_with_a_reason"),
        sa.CheckConstraint("answer IN ('pending', 'accepted', 'refused')", name="answer_is_known"),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
    )
    op.create_index("action_trajectory", "action", ["trajectory_id"], unique=False, schema="desk")
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "handled_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "event_id"),
        schema="desk",
    )
    op.create_index(
        "inbox_retrying",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("state = 'retrying'"),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("routing_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("event_id"),
        schema="desk",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["position"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("resend_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
    )
    op.create_index(
        "parked_open",
        "parked",
        ["parked_at"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "stand_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("stand_in", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("person <> stand_in", name="somebody_else"),
        sa.CheckConstraint("until_on >= from_on", name="until_is_not_before_from"),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
    )
    op.create_index("stand_in_person", "stand_in", ["person", "stand_in"], unique=False, schema="desk")
    op.create_table(
        "step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        schema="desk",
    )
    op.create_table(
        "subject_sequence",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        schema="desk",
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("excluded", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workflow", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_role", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL) AND (closed_at IS NULL) = (late IS NULL)", name="closed"
        ),
        sa.CheckConstraint("(workflow IS NULL) = (digest IS NULL)", name="a_decision_has_a_digest"),
        sa.CheckConstraint("taken_by IS NULL OR NOT (taken_by = ANY (excluded))", name="excluded_never_takes"),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
    )
    op.create_index(
        "task_open",
        "task",
        ["due_on", "id"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("task_subject", "task", ["subject_id"], unique=False, schema="desk")
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), server_default="pending", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer = 'refused') = (refusal IS NOT NULL)", name="refused_with_a_reason"),
        sa.CheckConstraint("answer IN ('pending', 'accepted', 'refused')", name="answer_is_known"),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["desk.task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
        comment="Rows are only added; what the workflow answered is written once beside them",
    )
    op.create_index("decision_task", "decision", ["task_id"], unique=False, schema="desk")
    op.create_table(
        "voice",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["desk.decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["desk.task.id"],
        ),
        sa.PrimaryKeyConstraint("task_id", "person"),
        schema="desk",
        comment="Everybody whose signature stands under a decision, actor and principal: once in a task",
    )
    # What somebody decided or did is only added to; beside it stands, once, what the workflow answered.
    op.execute("REVOKE UPDATE, DELETE ON desk.decision, desk.action FROM kansen_desk")
    for table in ("decision", "action"):
        op.execute(f"GRANT UPDATE (answer, refusal, answered_at) ON desk.{table} TO kansen_desk")


def downgrade() -> None:
    """Back to nothing."""
    op.drop_table("voice", schema="desk")
    op.drop_index("decision_task", table_name="decision", schema="desk")
    op.drop_table("decision", schema="desk")
    op.drop_index("task_subject", table_name="task", schema="desk")
    op.drop_index("task_open", table_name="task", schema="desk", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("task", schema="desk")
    op.drop_table("subject_sequence", schema="desk")
    op.drop_table("step", schema="desk")
    op.drop_index("stand_in_person", table_name="stand_in", schema="desk")
    op.drop_table("stand_in", schema="desk")
    op.drop_index("parked_open", table_name="parked", schema="desk", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_table("parked", schema="desk")
    op.drop_index(
        "outbox_unpublished", table_name="outbox", schema="desk", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_table("outbox", schema="desk")
    op.drop_index("inbox_retrying", table_name="inbox", schema="desk", postgresql_where=sa.text("state = 'retrying'"))
    op.drop_table("inbox", schema="desk")
    op.drop_index("action_trajectory", table_name="action", schema="desk")
    op.drop_table("action", schema="desk")
