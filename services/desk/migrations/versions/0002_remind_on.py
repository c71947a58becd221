"""A task is reminded of from a day that it knows itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A day instead of a moment that was written down when it came."""
    op.drop_column("task", "reminded_at", schema="desk")
    op.add_column("task", sa.Column("remind_on", sa.Date(), nullable=True), schema="desk")
