"""The event log with its gaps, the facts made of it, reports, subscribers; and the shared tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything, and make the log append-only."""
    op.create_table(
        "event_log",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("routing_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("sequence > 0", name="event_log_sequence_counts_from_one"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("event_id"),
        sa.UniqueConstraint("source", "subject", "sequence", name="event_log_once_in_a_sequence"),
        schema="monitor",
    )
    op.create_table(
        "gap",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column(
            "noticed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "subject", "sequence"),
        schema="monitor",
    )
    op.create_index(
        "gap_open", "gap", ["noticed_at"], unique=False, schema="monitor", postgresql_where=sa.text("closed_at IS NULL")
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
        schema="monitor",
    )
    op.create_index(
        "inbox_retrying",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        schema="monitor",
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
        schema="monitor",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["position"],
        unique=False,
        schema="monitor",
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
        schema="monitor",
    )
    op.create_index(
        "parked_open",
        "parked",
        ["parked_at"],
        unique=False,
        schema="monitor",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("split", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_sequence", sa.BigInteger(), nullable=True),
        sa.Column("bounced_on", sa.Date(), nullable=True),
        sa.Column("bounced_sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("payment_id"),
        schema="monitor",
    )
    op.create_index("payment_of_programme", "payment", ["programme"], unique=False, schema="monitor")
    op.create_table(
        "programme",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("programme"),
        schema="monitor",
    )
    op.create_table(
        "report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("report_id"),
        sa.UniqueConstraint("programme", "number", name="report_once_a_number"),
        schema="monitor",
    )
    op.create_table(
        "request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_cents >= 0", name="request_amount_is_not_negative"),
        sa.PrimaryKeyConstraint("request_id"),
        schema="monitor",
    )
    op.create_index("request_of_programme", "request", ["programme"], unique=False, schema="monitor")
    op.create_table(
        "signal",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("waitlisted_on", sa.Date(), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("declined_for", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_for", sa.Text(), nullable=True),
        sa.Column("trajectory_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("signal_id"),
        schema="monitor",
    )
    op.create_index("signal_of_programme", "signal", ["programme"], unique=False, schema="monitor")
    op.create_table(
        "step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        schema="monitor",
    )
    op.create_table(
        "subject_sequence",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        schema="monitor",
    )
    op.create_table(
        "subscriber",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("patterns", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subscribed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused')", name="subscriber_state_is_known"),
        sa.CheckConstraint("position >= 0", name="subscriber_position_is_not_negative"),
        sa.PrimaryKeyConstraint("name"),
        schema="monitor",
    )
    op.create_table(
        "tally",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("trajectory_id", "month", "kind", "label"),
        schema="monitor",
    )
    op.create_table(
        "trajectory",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("tandem_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("trajectory_id"),
        schema="monitor",
    )
    op.create_index("trajectory_of_programme", "trajectory", ["programme"], unique=False, schema="monitor")
    # What was heard is never changed, not even by the monitor itself.
    op.execute("REVOKE UPDATE, DELETE ON monitor.event_log FROM kansen_monitor")


def downgrade() -> None:
    """Back to nothing."""
    op.drop_index("trajectory_of_programme", table_name="trajectory", schema="monitor")
    op.drop_table("trajectory", schema="monitor")
    op.drop_table("tally", schema="monitor")
    op.drop_table("subscriber", schema="monitor")
    op.drop_table("subject_sequence", schema="monitor")
    op.drop_table("step", schema="monitor")
    op.drop_index("signal_of_programme", table_name="signal", schema="monitor")
    op.drop_table("signal", schema="monitor")
    op.drop_index("request_of_programme", table_name="request", schema="monitor")
    op.drop_table("request", schema="monitor")
    op.drop_table("report", schema="monitor")
    op.drop_table("programme", schema="monitor")
    op.drop_index("payment_of_programme", table_name="payment", schema="monitor")
    op.drop_table("payment", schema="monitor")
    op.drop_index("parked_open", table_name="parked", schema="monitor", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_table("parked", schema="monitor")
    op.drop_index(
        "outbox_unpublished", table_name="outbox", schema="monitor", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_table("outbox", schema="monitor")
    op.drop_index(
        "inbox_retrying", table_name="inbox", schema="monitor", postgresql_where=sa.text("state = 'retrying'")
    )
    op.drop_table("inbox", schema="monitor")
    op.drop_index("gap_open", table_name="gap", schema="monitor", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("gap", schema="monitor")
    op.drop_table("event_log", schema="monitor")
