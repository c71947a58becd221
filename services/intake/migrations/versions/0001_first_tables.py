"""Intake as it begins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Intake as it begins."""
    op.create_table(
        "family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("house_number", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("interpreter", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "erased_at IS NULL OR num_nonnulls(area, street, house_number, postcode, city, phone, email) = 0",
            name="erased_family_is_empty",
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
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
        schema="intake",
    )
    op.create_index(
        "inbox_retrying",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        schema="intake",
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
        schema="intake",
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["position"],
        unique=False,
        schema="intake",
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
        schema="intake",
    )
    op.create_index(
        "parked_open",
        "parked",
        ["parked_at"],
        unique=False,
        schema="intake",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "programme",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("funded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code"),
        schema="intake",
        comment="One row a programme: whether it is open, and the lock under which its places are given away",
    )
    op.create_table(
        "step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        schema="intake",
    )
    op.create_table(
        "subject_sequence",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        schema="intake",
    )
    op.create_table(
        "consent",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name="answer_is_known"),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.PrimaryKeyConstraint("position"),
        schema="intake",
        comment="What a family answered, purpose by purpose; rows are only added",
    )
    op.create_index(
        "consent_latest",
        "consent",
        ["family_id", "programme", "purpose", sa.literal_column("position DESC")],
        unique=False,
        schema="intake",
    )
    op.create_table(
        "expected_birth",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.PrimaryKeyConstraint("family_id", "number"),
        schema="intake",
    )
    op.create_table(
        "household_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), server_default="", nullable=False),
        sa.Column("surname", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.CheckConstraint("role IN ('parent', 'child', 'other')", name="role_is_known"),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("family_id", "number", name="household_member_number"),
        schema="intake",
    )
    op.create_index("household_member_birth_date", "household_member", ["birth_date"], unique=False, schema="intake")
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("erase_on", sa.Date(), nullable=True),
        sa.Column("contact_erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed') OR family_id IS NOT NULL", name="family_is_known_after_intake"),
        sa.CheckConstraint(
            "state IN ('open', 'intake-done', 'waiting', 'enrolled', 'declined', 'closed')", name="state_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index("signal_erase", "signal", ["programme", "erase_on"], unique=False, schema="intake")
    op.create_index("signal_family", "signal", ["family_id"], unique=False, schema="intake")
    op.create_index(
        "signal_in_line", "signal", ["programme", "state", "received_at", "id"], unique=False, schema="intake"
    )
    op.create_table(
        "contact_attempt",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signal_id"],
            ["intake.signal.id"],
        ),
        sa.PrimaryKeyConstraint("signal_id", "attempt"),
        sa.UniqueConstraint("attempt_id"),
        schema="intake",
    )
    op.create_table(
        "enrolment",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("from_waiting_list", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_on IS NULL) = (outcome IS NULL)", name="ended_with_an_outcome"),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.ForeignKeyConstraint(
            ["signal_id"],
            ["intake.signal.id"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id"),
        sa.UniqueConstraint("signal_id"),
        schema="intake",
    )
    op.create_index(
        "enrolment_active",
        "enrolment",
        ["family_id", "programme"],
        unique=True,
        schema="intake",
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index("enrolment_programme", "enrolment", ["programme"], unique=False, schema="intake")
    op.create_table(
        "intake_record",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_by", sa.Uuid(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("urgent_needs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("income_band", sa.Text(), nullable=True),
        sa.Column("returning", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["intake.family.id"],
        ),
        sa.ForeignKeyConstraint(
            ["signal_id"],
            ["intake.signal.id"],
        ),
        sa.PrimaryKeyConstraint("signal_id"),
        schema="intake",
    )
    op.create_index("intake_record_family", "intake_record", ["family_id"], unique=False, schema="intake")
    # What a family answered, and that somebody tried to reach it, is only added to.
    op.execute("REVOKE UPDATE, DELETE ON intake.consent, intake.contact_attempt FROM kansen_intake")


def downgrade() -> None:
    """Back to nothing."""
    op.drop_index("intake_record_family", table_name="intake_record", schema="intake")
    op.drop_table("intake_record", schema="intake")
    op.drop_index("enrolment_programme", table_name="enrolment", schema="intake")
    op.drop_index(
        "enrolment_active", table_name="enrolment", schema="intake", postgresql_where=sa.text("ended_on IS NULL")
    )
    op.drop_table("enrolment", schema="intake")
    op.drop_table("contact_attempt", schema="intake")
    op.drop_index("signal_in_line", table_name="signal", schema="intake")
    op.drop_index("signal_family", table_name="signal", schema="intake")
    op.drop_index("signal_erase", table_name="signal", schema="intake")
    op.drop_table("signal", schema="intake")
    op.drop_index("household_member_birth_date", table_name="household_member", schema="intake")
    op.drop_table("household_member", schema="intake")
    op.drop_table("expected_birth", schema="intake")
    op.drop_index("consent_latest", table_name="consent", schema="intake")
    op.drop_table("consent", schema="intake")
    op.drop_table("subject_sequence", schema="intake")
    op.drop_table("step", schema="intake")
    op.drop_table("programme", schema="intake")
    op.drop_index("parked_open", table_name="parked", schema="intake", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_table("parked", schema="intake")
    op.drop_index(
        "outbox_unpublished", table_name="outbox", schema="intake", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_table("outbox", schema="intake")
    op.drop_index("inbox_retrying", table_name="inbox", schema="intake", postgresql_where=sa.text("state = 'retrying'"))
    op.drop_table("inbox", schema="intake")
    op.drop_table("family", schema="intake")
