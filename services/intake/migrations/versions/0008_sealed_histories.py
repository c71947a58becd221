"""Histories are sealed: what is changed in them afterwards shows."""

from services.shared.migrations.seals import create_seals, drop_seals

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What there is already is sealed as it stands."""
    create_seals("intake")


def downgrade() -> None:
    """Without seals, as it was."""
    drop_seals("intake")
