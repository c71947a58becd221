"""Attempts to reach a family have a place in time, so that they are sealed as other histories are."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What there is already is sealed as it stands."""
    place = sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False)
    op.add_column("contact_attempt", place, schema="intake")
    op.create_index("contact_attempt_position", "contact_attempt", ["position"], unique=True, schema="intake")


def downgrade() -> None:
    """Unsealed, as it was."""
    op.execute("DELETE FROM intake.seal WHERE history = 'contact_attempt'")
    op.drop_column("contact_attempt", "position", schema="intake")
