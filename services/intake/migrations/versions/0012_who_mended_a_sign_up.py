"""Who mended what a family is called or how it is reached, before its intake, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From now on; what was mended before is not known."""
    op.create_table(
        "signal_change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["signal_id"], ["intake.signal.id"]),
        sa.PrimaryKeyConstraint("position"),
        schema="intake",
        comment="Who mended what a family is called or how it is reached, before its intake; rows are only added",
    )
    op.create_index("signal_change_signal", "signal_change", ["signal_id", "position"], schema="intake")
    op.execute("REVOKE UPDATE, DELETE ON intake.signal_change FROM kansen_intake")


def downgrade() -> None:
    """Without who did it, as it was."""
    op.execute("DELETE FROM intake.seal WHERE history = 'signal_change'")
    op.drop_table("signal_change", schema="intake")
