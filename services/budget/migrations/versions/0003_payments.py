"""Payments, batches and their files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Payments, batches and their files."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name="batch_was_released"),
        sa.CheckConstraint("state IN ('made', 'released', 'cancelled')", name="batch_state"),
        sa.CheckConstraint("payments > 0 AND total_cents > 0", name="batch_pays_something"),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("programme", "number"),
        schema="budget",
    )
    op.create_table(
        "payment_file",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["budget.batch.id"],
        ),
        sa.PrimaryKeyConstraint("batch_id"),
        schema="budget",
    )
    op.create_table(
        "releaser",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["budget.batch.id"],
        ),
        sa.PrimaryKeyConstraint("batch_id", "person"),
        schema="budget",
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("request_state", sa.Text(), nullable=True),
        sa.Column("trajectory_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("payee_version", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("bounce_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(request_id IS NULL AND request_state IS NULL AND trajectory_id IS NULL AND "
            "line IS NOT NULL AND due_on IS NOT NULL) OR (request_id IS NOT NULL AND "
            "request_state IS NOT NULL AND request_state = 'approved' AND "
            "trajectory_id IS NOT NULL AND line IS NULL AND due_on IS NULL)",
            name="payment_is_of_an_approved_request_or_a_line",
        ),
        sa.CheckConstraint("(state = 'bounced') = (bounce_reason IS NOT NULL)", name="payment_bounced_for_a_reason"),
        sa.CheckConstraint("state <> 'booked' OR booked_on IS NOT NULL", name="payment_was_booked"),
        sa.CheckConstraint("state IN ('waiting', 'released', 'booked', 'bounced')", name="payment_state"),
        sa.CheckConstraint(
            "state NOT IN ('released', 'booked') OR released_at IS NOT NULL", name="payment_was_released"
        ),
        sa.CheckConstraint("amount_cents > 0", name="payment_pays_something"),
        sa.ForeignKeyConstraint(
            ["payee_id", "payee_version"],
            ["budget.payee_version.payee_id", "budget.payee_version.version"],
        ),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "request_state"],
            ["budget.request.id", "budget.request.state"],
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["budget.transfer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("end_to_end_id"),
        sa.UniqueConstraint("programme", "line", "due_on", "attempt"),
        sa.UniqueConstraint("request_id"),
        sa.UniqueConstraint("reservation_id"),
        schema="budget",
    )
    op.create_index("payment_by_state", "payment", ["programme", "state", "created_at"], unique=False, schema="budget")
    op.create_index(
        "payment_line_once",
        "payment",
        ["programme", "line", "due_on"],
        unique=True,
        schema="budget",
        postgresql_where=sa.text("state <> 'bounced'"),
    )
    op.create_table(
        "batch_payment",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["budget.batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["budget.payment.id"],
        ),
        sa.PrimaryKeyConstraint("batch_id", "payment_id"),
        schema="budget",
    )
    op.create_index(
        "batch_payment_once",
        "batch_payment",
        ["payment_id"],
        unique=True,
        schema="budget",
        postgresql_where=sa.text("live"),
    )
