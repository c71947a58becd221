"""A sign-up that goes on in another programme: from which, when, by whom and why."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("switched_from", sa.Uuid(), nullable=True),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("switched_by", sa.Uuid(), nullable=True),
        sa.Column("switch_reason", sa.Text(), nullable=True),
    ):
        op.add_column("signal", column, schema="intake")
    op.create_foreign_key(
        None, "signal", "signal", ["switched_from"], ["id"], source_schema="intake", referent_schema="intake"
    )
    op.create_unique_constraint(None, "signal", ["switched_from"], schema="intake")
    op.create_check_constraint(
        "switched_whole",
        "signal",
        "num_nonnulls(switched_from, switched_at, switched_by, switch_reason) IN (0, 4)",
        schema="intake",
    )


def downgrade() -> None:
    """A sign-up stands where it went on; where it came from is no longer known."""
    op.drop_constraint("switched_whole", "signal", schema="intake")
    for name in ("switched_from", "switched_at", "switched_by", "switch_reason"):
        op.drop_column("signal", name, schema="intake")
