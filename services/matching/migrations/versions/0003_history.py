"""Who answered for a family, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table; its rows are only added."""
    op.create_table(
        "change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "what IN ('chosen', 'declined', 'confirmed', 'again', 'ended')", name=op.f("change_what_known")
        ),
        sa.PrimaryKeyConstraint("position"),
        schema="matching",
        comment="Who answered for a family, when and why; rows are only added",
    )
    op.create_index("change_of_trajectory", "change", ["trajectory_id", "position"], schema="matching")
    op.execute("REVOKE UPDATE, DELETE ON matching.change FROM kansen_matching")


def downgrade() -> None:
    """Back to a matching without a history."""
    op.drop_table("change", schema="matching")
