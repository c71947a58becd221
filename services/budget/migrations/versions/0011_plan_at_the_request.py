"""Whether there were goals of a plan to choose from when money was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of requests from before nobody knows."""
    for table in ("motive", "payee_proposal"):
        op.add_column(table, sa.Column("plan", sa.Text(), nullable=True), schema="budget")


def downgrade() -> None:
    """Without it nobody knows."""
    for table in ("motive", "payee_proposal"):
        op.drop_column(table, "plan", schema="budget")
