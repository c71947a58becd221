"""Where each family stands, so that one filter says who may see it; and who looked."""

from alembic import op

from services.shared.migrations.family_tables import create_family_tables

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

# The desk knows of these which programme they are in; their areas and tandems come with what happens next.
KNOWN_ALREADY = """
INSERT INTO desk.family_scope (signal_id, family_id, programme)
SELECT subject_id, (array_agg(family_id))[1], min(programme) FROM desk.task
WHERE kind IN ('contact-family', 'do-intake') GROUP BY subject_id;
INSERT INTO desk.family_scope (trajectory_id, family_id, programme)
SELECT subject_id, (array_agg(family_id))[1], min(programme) FROM desk.task
WHERE kind IN ('choose-tandem', 'evaluate-trial', 'make-plan', 'hold-review', 'take-measurement', 'give-aftercare')
GROUP BY subject_id
"""


def upgrade() -> None:
    """Both tables, and the families that have tasks already."""
    create_family_tables("desk")
    op.execute(KNOWN_ALREADY)
