"""A consent with the words under which it was given, and their language: words may be mended, an answer never is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "consent",
        sa.Column("text", sa.Text(), nullable=True, comment="As it was shown; empty where no page of ours showed it"),
        schema="intake",
    )
    op.add_column("consent", sa.Column("text_language", sa.Text(), nullable=True), schema="intake")


def downgrade() -> None:
    """The version and the language of the talk stay."""
    op.drop_column("consent", "text_language", schema="intake")
    op.drop_column("consent", "text", schema="intake")
