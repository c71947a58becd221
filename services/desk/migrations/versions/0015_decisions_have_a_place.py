"""Decisions have a place in time, so that what was decided is sealed as other histories are."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What there is already is sealed as it stands."""
    place = sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False)
    op.add_column("decision", place, schema="desk")
    op.create_index("decision_position", "decision", ["position"], unique=True, schema="desk")


def downgrade() -> None:
    """Unsealed, as it was."""
    op.execute("DELETE FROM desk.seal WHERE history = 'decision'")
    op.drop_column("decision", "position", schema="desk")
