"""Who wrote down that a family moved or is reached another way, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From now on; what was changed before is not known."""
    op.create_table(
        "family_change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.CheckConstraint("what IN ('moved', 'contact-changed')", name="what_is_known"),
        sa.ForeignKeyConstraint(["family_id"], ["intake.family.id"]),
        sa.PrimaryKeyConstraint("position"),
        schema="intake",
        comment="Who wrote down that a family moved or is reached another way; rows are only added",
    )
    op.create_index("family_change_family", "family_change", ["family_id", "position"], schema="intake")
    op.execute("REVOKE UPDATE, DELETE ON intake.family_change FROM kansen_intake")


def downgrade() -> None:
    """Without who did it, as it was."""
    op.drop_table("family_change", schema="intake")
