"""Where each family stands, so that one filter says who may see it; and who looked."""

from alembic import op

from services.shared.migrations.family_tables import create_family_tables

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

# Their areas and tandems come with what happens next; until then whoever may see all of a programme sees them.
KNOWN_ALREADY = """
INSERT INTO budget.family_scope (trajectory_id, family_id, programme, closed_on)
SELECT trajectory_id, family_id, programme, closed_at::date FROM budget.envelope
"""


def upgrade() -> None:
    """Both tables, and the families that are known already."""
    create_family_tables("budget")
    op.execute(KNOWN_ALREADY)
