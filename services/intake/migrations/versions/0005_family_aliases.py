"""Old ids of families that were merged go on leading to the one family."""

from alembic import op

from services.shared.migrations.family_aliases import create_family_aliases, drop_family_aliases

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

KNOWN_ALREADY = """
INSERT INTO intake.family_alias (merged_id, family_id)
SELECT DISTINCT ON (merged_id) merged_id, kept_id FROM intake.family_merge
WHERE unmerged_at IS NULL ORDER BY merged_id, merged_at DESC
"""


def upgrade() -> None:
    """Intake knows which files were merged before; the others hear of it from now on."""
    create_family_aliases("intake")
    op.execute(KNOWN_ALREADY)


def downgrade() -> None:
    """Without them an old id is unknown."""
    drop_family_aliases("intake")
