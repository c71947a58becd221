"""Where each family stands, so that one filter says who may see it; and who looked."""

from alembic import op

from services.shared.migrations.family_tables import create_family_tables

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

KNOWN_ALREADY = """
INSERT INTO intake.family_scope
    (signal_id, trajectory_id, family_id, programme, area, received_by, closed_on, closed_for)
SELECT signal.id, enrolment.trajectory_id, signal.family_id, signal.programme, coalesce(family.area, signal.area),
    signal.received_by, enrolment.ended_on,
    CASE WHEN enrolment.outcome = 'consent-withdrawn' THEN ARRAY(
        SELECT DISTINCT consent.purpose FROM intake.consent AS consent
        WHERE consent.family_id = signal.family_id AND consent.programme = signal.programme
            AND consent.answer = 'withdrawn'
    ) ELSE '{}' END
FROM intake.signal AS signal
LEFT JOIN intake.family AS family ON family.id = signal.family_id
LEFT JOIN intake.enrolment AS enrolment ON enrolment.signal_id = signal.id
WHERE family.erased_at IS NULL
"""


def upgrade() -> None:
    """Both tables, and the families that are known already."""
    create_family_tables("intake")
    op.execute(KNOWN_ALREADY)
