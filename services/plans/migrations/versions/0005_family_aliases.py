"""Old ids of families that were merged go on leading to the one family."""

from services.shared.migrations.family_aliases import create_family_aliases, drop_family_aliases

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is merged from now on."""
    create_family_aliases("plans")


def downgrade() -> None:
    """Without them an old id is unknown."""
    drop_family_aliases("plans")
