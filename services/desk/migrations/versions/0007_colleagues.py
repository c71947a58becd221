"""The colleagues whom the desk knows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who work can be given to, and whose work is left lying."""
    op.create_table(
        "colleague",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("programmes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("last_here_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
        schema="desk",
        comment="Staff as they last came in: whom work can be given to, and whose work is left lying",
    )
    op.create_index("colleague_team", "colleague", ["team"], unique=False, schema="desk")


def downgrade() -> None:
    """Without colleagues."""
    op.drop_table("colleague", schema="desk")
