"""What is told when a family is met; bounds on public forms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is told when a family is met; bounds on public forms."""
    op.create_table(
        "first_contact",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("needs", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("via", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("call_consent", sa.Integer(), nullable=True),
        sa.Column("referrer_name", sa.Text(), nullable=True),
        sa.Column("referrer_phone", sa.Text(), nullable=True),
        sa.Column("referrer_email", sa.Text(), nullable=True),
        sa.Column("reach_first", sa.Text(), nullable=True),
        sa.CheckConstraint("reach_first IN ('family', 'referrer')", name="reach_first_is_known"),
        sa.ForeignKeyConstraint(["signal_id"], ["intake.signal.id"]),
        sa.PrimaryKeyConstraint("signal_id"),
        schema="intake",
        comment="What was told when a family was met, besides who and where",
    )
    op.create_table(
        "public_form",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        schema="intake",
        comment="Public forms of the last hour, by a digest of where they came from",
    )
    op.create_index("public_form_at", "public_form", ["at"], unique=False, schema="intake")
    op.create_table(
        "public_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        schema="intake",
        comment="What the addresses of today's public forms are mixed with",
    )


def downgrade() -> None:
    """Back to families without it."""
    op.drop_table("public_salt", schema="intake")
    op.drop_index("public_form_at", table_name="public_form", schema="intake")
    op.drop_table("public_form", schema="intake")
    op.drop_table("first_contact", schema="intake")
