"""Where each family stands, so that one filter says who may see it; and who looked."""

from alembic import op

from services.shared.migrations.family_tables import create_family_tables

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

KNOWN_ALREADY = """
INSERT INTO plans.family_scope
    (trajectory_id, family_id, programme, area, tandem_id, supporter_id, buddy_id, closed_on)
SELECT id, family_id, programme, area, tandem_id, supporter_id, buddy_id, closed_on FROM plans.trajectory
"""


def upgrade() -> None:
    """Both tables, and the families that are known already."""
    create_family_tables("plans")
    op.execute(KNOWN_ALREADY)
