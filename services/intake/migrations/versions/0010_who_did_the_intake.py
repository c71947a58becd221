"""Until it has a tandem, a family is also theirs who did its intake."""

from alembic import op

from services.shared.migrations.family_intake_by import add_intake_by, drop_intake_by

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

KNOWN_ALREADY = """
UPDATE intake.family_scope AS scope SET intake_by = record.completed_by
FROM intake.intake_record AS record WHERE record.signal_id = scope.signal_id
"""


def upgrade() -> None:
    """Of the intakes that are known already too."""
    add_intake_by("intake")
    op.execute(KNOWN_ALREADY)


def downgrade() -> None:
    """Only who met a family has it."""
    drop_intake_by("intake")
