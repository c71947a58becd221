"""Matching's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """First tables."""
    op.create_table(
        "declined",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("declined_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "person_id"),
        schema="matching",
    )
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
        schema="matching",
    )
    op.create_index(
        "inbox_retrying",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        schema="matching",
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
        schema="matching",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["position"],
        unique=False,
        schema="matching",
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
        schema="matching",
    )
    op.create_index(
        "parked_open",
        "parked",
        ["parked_at"],
        unique=False,
        schema="matching",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("themes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("trainings", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("vog_until", sa.Date(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("part IN ('supporter', 'buddy')", name=op.f("person_part_known")),
        sa.CheckConstraint("capacity >= 0", name=op.f("person_capacity_not_negative")),
        sa.PrimaryKeyConstraint("id"),
        schema="matching",
    )
    op.create_index("person_of_programme", "person", ["programme", "id"], unique=False, schema="matching")
    op.create_table(
        "request",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("themes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unmatched_reasons", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'proposed', 'trial', 'matched', 'withdrawn')", name=op.f("request_state_known")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("request_number_from_one")),
        sa.PrimaryKeyConstraint("trajectory_id", "number"),
        schema="matching",
    )
    op.create_index(
        "request_one_open",
        "request",
        ["trajectory_id"],
        unique=True,
        schema="matching",
        postgresql_where=sa.text("state IN ('waiting', 'proposed', 'trial')"),
    )
    op.create_index(
        "request_waiting",
        "request",
        ["programme", "requested_on"],
        unique=False,
        schema="matching",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("unmatched", sa.Integer(), nullable=False),
        sa.CheckConstraint("waiting = proposed + unmatched", name=op.f("round_everyone_counted")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("programme", "number", name="round_held_once"),
        schema="matching",
    )
    op.create_table(
        "step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        schema="matching",
    )
    op.create_table(
        "subject_sequence",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        schema="matching",
    )
    op.create_table(
        "proposal",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'chosen', 'declined', 'expired', 'withdrawn')", name=op.f("proposal_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["trajectory_id", "number"],
            ["matching.request.trajectory_id", "matching.request.number"],
        ),
        sa.PrimaryKeyConstraint("round_id", "trajectory_id"),
        schema="matching",
    )
    op.create_index(
        "proposal_one_open",
        "proposal",
        ["trajectory_id"],
        unique=True,
        schema="matching",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "tandem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("supporter_id", sa.Uuid(), nullable=False),
        sa.Column("buddy_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name=op.f("tandem_ended_has_a_day")),
        sa.CheckConstraint("state <> 'confirmed' OR confirmed_on IS NOT NULL", name=op.f("tandem_confirmed_has_a_day")),
        sa.CheckConstraint("state IN ('proposed', 'trial', 'confirmed', 'ended')", name=op.f("tandem_state_known")),
        sa.CheckConstraint(
            "state NOT IN ('trial', 'confirmed') OR started_on IS NOT NULL", name=op.f("tandem_trial_has_a_day")
        ),
        sa.ForeignKeyConstraint(
            ["buddy_id"],
            ["matching.person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "trajectory_id"],
            ["matching.proposal.round_id", "matching.proposal.trajectory_id"],
        ),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["matching.person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="matching",
    )
    op.create_index(
        "tandem_of_buddy",
        "tandem",
        ["buddy_id"],
        unique=False,
        schema="matching",
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index(
        "tandem_of_supporter",
        "tandem",
        ["supporter_id"],
        unique=False,
        schema="matching",
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index(
        "tandem_one_at_work",
        "tandem",
        ["trajectory_id"],
        unique=True,
        schema="matching",
        postgresql_where=sa.text("state IN ('trial', 'confirmed')"),
    )


def downgrade() -> None:
    """Back to nothing."""
    op.drop_index(
        "tandem_one_at_work",
        table_name="tandem",
        schema="matching",
        postgresql_where=sa.text("state IN ('trial', 'confirmed')"),
    )
    op.drop_index(
        "tandem_of_supporter", table_name="tandem", schema="matching", postgresql_where=sa.text("state != 'ended'")
    )
    op.drop_index(
        "tandem_of_buddy", table_name="tandem", schema="matching", postgresql_where=sa.text("state != 'ended'")
    )
    op.drop_table("tandem", schema="matching")
    op.drop_index(
        "proposal_one_open", table_name="proposal", schema="matching", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_table("proposal", schema="matching")
    op.drop_table("subject_sequence", schema="matching")
    op.drop_table("step", schema="matching")
    op.drop_table("round", schema="matching")
    op.drop_index(
        "request_waiting", table_name="request", schema="matching", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index(
        "request_one_open",
        table_name="request",
        schema="matching",
        postgresql_where=sa.text("state IN ('waiting', 'proposed', 'trial')"),
    )
    op.drop_table("request", schema="matching")
    op.drop_index("person_of_programme", table_name="person", schema="matching")
    op.drop_table("person", schema="matching")
    op.drop_index(
        "parked_open", table_name="parked", schema="matching", postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.drop_table("parked", schema="matching")
    op.drop_index(
        "outbox_unpublished", table_name="outbox", schema="matching", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_table("outbox", schema="matching")
    op.drop_index(
        "inbox_retrying", table_name="inbox", schema="matching", postgresql_where=sa.text("state = 'retrying'")
    )
    op.drop_table("inbox", schema="matching")
    op.drop_table("declined", schema="matching")
