"""Notes at tasks of the desk: words about a family stand here, where its other words are."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    op.create_table(
        "task_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["trajectory_id"], ["plans.trajectory.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index("task_note_of_task", "task_note", ["task_id", "written_at"], schema="plans")
    op.create_index("task_note_of_trajectory", "task_note", ["trajectory_id"], schema="plans")


def downgrade() -> None:
    """Without notes at tasks."""
    op.drop_table("task_note", schema="plans")
