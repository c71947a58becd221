"""Until it has a tandem, a family is also theirs who did its intake."""

from services.shared.migrations.family_intake_by import add_intake_by, drop_intake_by

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of whom is heard from now on."""
    add_intake_by("matching")


def downgrade() -> None:
    """Only who met a family has it."""
    drop_intake_by("matching")
