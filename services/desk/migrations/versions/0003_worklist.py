"""The worklist: last days, put off until a day, who did what with a task, and searches that somebody keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two days of a task, its history, and saved searches."""
    op.add_column("task", sa.Column("fatal_on", sa.Date(), nullable=True), schema="desk")
    op.add_column("task", sa.Column("snoozed_until", sa.Date(), nullable=True), schema="desk")
    op.create_index(
        "task_taken",
        "task",
        ["taken_by"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "task_change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "written_in", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("other", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["desk.task.id"]),
        sa.PrimaryKeyConstraint("position"),
        schema="desk",
        comment="Rows are only added: who did what with a task, and why",
    )
    op.create_index("task_change_task", "task_change", ["task_id", "position"], unique=False, schema="desk")
    op.create_index("task_change_followed", "task_change", ["written_in", "position"], unique=False, schema="desk")
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("whose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("due", sa.Text(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "name"),
        schema="desk",
        comment="What somebody looks for in the worklist; its name is their own, and shown to nobody else",
    )
    op.execute("REVOKE UPDATE, DELETE ON desk.task_change FROM kansen_desk")


def downgrade() -> None:
    """Without the worklist's own tables."""
    op.drop_table("saved_search", schema="desk")
    op.drop_table("task_change", schema="desk")
    op.drop_index("task_taken", table_name="task", schema="desk", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_column("task", "snoozed_until", schema="desk")
    op.drop_column("task", "fatal_on", schema="desk")
