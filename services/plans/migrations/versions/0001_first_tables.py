"""The first tables of plans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """First tables."""
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
        schema="plans",
    )
    op.create_index(
        "inbox_retrying",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        schema="plans",
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
        schema="plans",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["position"],
        unique=False,
        schema="plans",
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
        schema="plans",
    )
    op.create_index(
        "parked_open",
        "parked",
        ["parked_at"],
        unique=False,
        schema="plans",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        schema="plans",
    )
    op.create_table(
        "subject_sequence",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        schema="plans",
    )
    op.create_table(
        "trajectory",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("phase_since", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tandem_id", sa.Uuid(), nullable=True),
        sa.Column("supporter_id", sa.Uuid(), nullable=True),
        sa.Column("buddy_id", sa.Uuid(), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("next_measurement_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_on IS NOT NULL AND outcome IS NOT NULL)",
            name=op.f("trajectory_closed_has_an_outcome"),
        ),
        sa.CheckConstraint("(state = 'closed') = (phase = 'closed')", name=op.f("trajectory_closed_is_a_phase")),
        sa.CheckConstraint(
            "phase IN ('matching', 'plan', 'working-together', 'letting-go', 'aftercare', 'closed')",
            name=op.f("trajectory_phase_known"),
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR (next_review_on IS NULL AND next_measurement_on IS NULL)",
            name=op.f("trajectory_closed_has_nothing_due"),
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'closed')", name=op.f("trajectory_state_known")),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index(
        "trajectory_measurement_due", "trajectory", ["programme", "next_measurement_on"], unique=False, schema="plans"
    )
    op.create_index("trajectory_of_family", "trajectory", ["family_id"], unique=False, schema="plans")
    op.create_index(
        "trajectory_review_due", "trajectory", ["programme", "next_review_on"], unique=False, schema="plans"
    )
    op.create_table(
        "aftercare",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.CheckConstraint("(given_on IS NULL) = (reached IS NULL)", name=op.f("aftercare_given_has_an_answer")),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["plans.trajectory.id"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id", "number"),
        schema="plans",
    )
    op.create_table(
        "hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.CheckConstraint("contributor IN ('professional', 'buddy')", name=op.f("hours_contributor_known")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("hours_minutes_of_one_day")),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["plans.trajectory.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index("hours_of_trajectory", "hours", ["trajectory_id", "on_date"], unique=False, schema="plans")
    op.create_table(
        "measurement",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("instrument", sa.Text(), nullable=True),
        sa.Column("instrument_version", sa.Integer(), nullable=True),
        sa.Column("moment", sa.Text(), nullable=True),
        sa.Column("scores", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("moment IN ('baseline', 'interim', 'end')", name=op.f("measurement_moment_known")),
        sa.CheckConstraint(
            "num_nulls(taken_on, instrument, instrument_version, moment, scores) IN (0, 5)",
            name=op.f("measurement_taken_whole"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("measurement_number_from_one")),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["plans.trajectory.id"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id", "number"),
        schema="plans",
    )
    op.create_index(
        "measurement_one_baseline_and_one_end",
        "measurement",
        ["trajectory_id", "instrument", "moment"],
        unique=True,
        schema="plans",
        postgresql_where=sa.text("moment != 'interim'"),
    )
    op.create_index(
        "measurement_one_open",
        "measurement",
        ["trajectory_id"],
        unique=True,
        schema="plans",
        postgresql_where=sa.text("taken_on IS NULL"),
    )
    op.create_table(
        "plan",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_with", sa.Uuid(), nullable=True),
        sa.Column("situation", sa.Text(), nullable=True),
        sa.Column("wishes", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'draft') = (agreed_on IS NULL)", name=op.f("plan_agreed_has_a_day")),
        sa.CheckConstraint("state IN ('draft', 'agreed', 'replaced')", name=op.f("plan_state_known")),
        sa.CheckConstraint("version >= 1", name=op.f("plan_version_from_one")),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["plans.trajectory.id"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id", "version"),
        schema="plans",
    )
    op.create_index(
        "plan_one_agreed",
        "plan",
        ["trajectory_id"],
        unique=True,
        schema="plans",
        postgresql_where=sa.text("state = 'agreed'"),
    )
    op.create_index(
        "plan_one_draft",
        "plan",
        ["trajectory_id"],
        unique=True,
        schema="plans",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "review",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("ready_to_let_go", sa.Boolean(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.CheckConstraint("(held_on IS NULL) = (ready_to_let_go IS NULL)", name=op.f("review_held_has_an_answer")),
        sa.CheckConstraint("number >= 1", name=op.f("review_number_from_one")),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["plans.trajectory.id"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id", "number"),
        schema="plans",
    )
    op.create_index(
        "review_one_open",
        "review",
        ["trajectory_id"],
        unique=True,
        schema="plans",
        postgresql_where=sa.text("held_on IS NULL"),
    )
    op.create_table(
        "goal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", name=op.f("goal_ended_has_a_day")),
        sa.CheckConstraint("state IN ('open', 'reached', 'dropped')", name=op.f("goal_state_known")),
        sa.ForeignKeyConstraint(
            ["trajectory_id", "version"],
            ["plans.plan.trajectory_id", "plans.plan.version"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("trajectory_id", "id"),
        schema="plans",
    )
    op.create_index("goal_of_trajectory", "goal", ["trajectory_id", "weight"], unique=False, schema="plans")
    op.create_table(
        "plan_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("by_date", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.CheckConstraint("who IN ('family', 'supporter', 'buddy', 'partner')", name=op.f("plan_step_who_known")),
        sa.ForeignKeyConstraint(
            ["trajectory_id", "goal_id"],
            ["plans.goal.trajectory_id", "plans.goal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index("plan_step_of_goal", "plan_step", ["goal_id"], unique=False, schema="plans")


def downgrade() -> None:
    """Back to nothing."""
    op.drop_index("plan_step_of_goal", table_name="plan_step", schema="plans")
    op.drop_table("plan_step", schema="plans")
    op.drop_index("goal_of_trajectory", table_name="goal", schema="plans")
    op.drop_table("goal", schema="plans")
    op.drop_index("review_one_open", table_name="review", schema="plans", postgresql_where=sa.text("held_on IS NULL"))
    op.drop_table("review", schema="plans")
    op.drop_index("plan_one_draft", table_name="plan", schema="plans", postgresql_where=sa.text("state = 'draft'"))
    op.drop_index("plan_one_agreed", table_name="plan", schema="plans", postgresql_where=sa.text("state = 'agreed'"))
    op.drop_table("plan", schema="plans")
    op.drop_index(
        "measurement_one_open", table_name="measurement", schema="plans", postgresql_where=sa.text("taken_on IS NULL")
    )
    op.drop_index(
        "measurement_one_baseline_and_one_end",
        table_name="measurement",
        schema="plans",
        postgresql_where=sa.text("moment != 'interim'"),
    )
    op.drop_table("measurement", schema="plans")
    op.drop_index("hours_of_trajectory", table_name="hours", schema="plans")
    op.drop_table("hours", schema="plans")
    op.drop_table("aftercare", schema="plans")
    op.drop_index("trajectory_review_due", table_name="trajectory", schema="plans")
    op.drop_index("trajectory_of_family", table_name="trajectory", schema="plans")
    op.drop_index("trajectory_measurement_due", table_name="trajectory", schema="plans")
    op.drop_table("trajectory", schema="plans")
    op.drop_table("subject_sequence", schema="plans")
    op.drop_table("step", schema="plans")
    op.drop_index("parked_open", table_name="parked", schema="plans", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_table("parked", schema="plans")
    op.drop_index(
        "outbox_unpublished", table_name="outbox", schema="plans", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_table("outbox", schema="plans")
    op.drop_index("inbox_retrying", table_name="inbox", schema="plans", postgresql_where=sa.text("state = 'retrying'"))
    op.drop_table("inbox", schema="plans")
