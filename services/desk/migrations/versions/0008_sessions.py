"""Who is signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions of colleagues."""
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["desk.colleague.person"]),
        sa.PrimaryKeyConstraint("id"),
        schema="desk",
    )
    op.create_index(
        "session_open",
        "session",
        ["person"],
        unique=False,
        schema="desk",
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Nobody is signed in."""
    op.drop_index("session_open", table_name="session", schema="desk", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("session", schema="desk")
