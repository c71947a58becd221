"""What was decided is news to who asked until it was read."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of each request once: only who asked it is told."""
    op.create_table(
        "news_read",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
        schema="budget",
        comment="Who asked has read what was decided: it is no news any more",
    )


def downgrade() -> None:
    """News for two weeks, read or not."""
    op.drop_table("news_read", schema="budget")
