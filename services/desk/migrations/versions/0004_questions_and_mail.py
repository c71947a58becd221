"""Who must decide stands with its task; a decider can ask something back; and mail is sent once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The seats of a decision, the roles in which somebody decided, questions, and what was mailed."""
    op.create_table(
        "task_mandate",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("deciders", sa.Integer(), nullable=False),
        sa.Column("seats", ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("deciders > 0", name="somebody_decides"),
        sa.ForeignKeyConstraint(["task_id"], ["desk.task.id"]),
        sa.PrimaryKeyConstraint("task_id"),
        schema="desk",
    )
    op.add_column("decision", sa.Column("roles", ARRAY(sa.Text()), nullable=True), schema="desk")
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("answer_task_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_of", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.CheckConstraint("asked_by <> asked_of", name="question_goes_to_another"),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name="question_is_answered_whole",
        ),
        sa.ForeignKeyConstraint(["task_id"], ["desk.task.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("answer_task_id"),
        schema="desk",
    )
    op.create_index(
        "question_open", "question", ["task_id"], unique=True, schema="desk", postgresql_where=sa.text("answer IS NULL")
    )
    op.create_index("question_task", "question", ["task_id", "asked_at"], schema="desk")
    op.create_table(
        "mail_choice",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("chosen_at", _MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('nl', 'en')", name="mail_language"),
        sa.PrimaryKeyConstraint("person"),
        schema="desk",
    )
    op.create_table(
        "mail",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("wanted_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("sent", sa.Boolean(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (sent IS NULL)", name="mail_ended"),
        sa.PrimaryKeyConstraint("person", "about"),
        schema="desk",
        comment="What must be mailed to whom, once; the mail itself is kept nowhere",
    )
    op.create_index("mail_waiting", "mail", ["try_at"], schema="desk", postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    """Without mail, questions and seats."""
    for table in ("mail", "mail_choice", "question", "task_mandate"):
        op.drop_table(table, schema="desk")
    op.drop_column("decision", "roles", schema="desk")
