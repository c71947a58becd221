"""Where each family stands, so that one filter says who may see it; and who looked."""

from alembic import op

from services.shared.migrations.family_tables import create_family_tables

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

KNOWN_ALREADY = """
INSERT INTO matching.family_scope (trajectory_id, family_id, programme, area, tandem_id, supporter_id, buddy_id)
SELECT DISTINCT ON (request.trajectory_id) request.trajectory_id, request.family_id, request.programme, request.area,
    tandem.id, tandem.supporter_id, tandem.buddy_id
FROM matching.request AS request
LEFT JOIN matching.tandem AS tandem
    ON tandem.trajectory_id = request.trajectory_id AND tandem.state IN ('trial', 'confirmed')
ORDER BY request.trajectory_id, request.number DESC
"""


def upgrade() -> None:
    """Both tables, and the families that are known already."""
    create_family_tables("matching")
    op.execute("ALTER TABLE matching.person ADD COLUMN team text")
    op.execute(KNOWN_ALREADY)
