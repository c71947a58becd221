"""Who asked a question back has its answer told until they read it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was answered before counts as read: it stood with the decision all along."""
    op.add_column("question", sa.Column("answer_read_at", sa.DateTime(timezone=True)), schema="desk")
    op.execute("UPDATE desk.question SET answer_read_at = answered_at")


def downgrade() -> None:
    """Nobody knows who read what."""
    op.drop_column("question", "answer_read_at", schema="desk")
