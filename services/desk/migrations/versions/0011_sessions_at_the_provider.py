"""Which session of the provider a session of ours came from, so that it ends with that."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who signed in before does not end with the provider: those sessions last ten hours at most."""
    op.add_column("session", sa.Column("subject", sa.Uuid(), nullable=True), schema="desk")
    op.add_column("session", sa.Column("provider_session", sa.Uuid(), nullable=True), schema="desk")
    op.create_index(
        "session_subject", "session", ["subject"], schema="desk", postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    """Then only signing out here ends a session here."""
    op.drop_index("session_subject", table_name="session", schema="desk")
    op.drop_column("session", "provider_session", schema="desk")
    op.drop_column("session", "subject", schema="desk")
