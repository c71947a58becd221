"""What a request is for, in codes: the family's own words stay with its plan."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Requests from before have none."""
    op.create_table(
        "motive",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("elsewhere", sa.Text(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["budget.request.id"]),
        sa.PrimaryKeyConstraint("request_id"),
        schema="budget",
    )


def downgrade() -> None:
    """Without what requests are for."""
    op.drop_table("motive", schema="budget")
