"""How far each trajectory is and the moments of its timeline, as the desk hears them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables of codes and dates."""
    op.create_table(
        "course",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("phase_since", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("trajectory_id"),
        schema="desk",
        comment="How far each trajectory is, as the desk heard it",
    )
    op.create_index("course_family", "course", ["family_id"], schema="desk")
    op.create_index("course_newest", "course", [sa.text("started_on DESC"), "trajectory_id"], schema="desk")
    op.create_table(
        "moment",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        schema="desk",
        comment="What happened when, in codes: no words of anybody",
    )
    op.create_index("moment_trajectory", "moment", ["trajectory_id", "on_date"], schema="desk")


def downgrade() -> None:
    """Back to a desk without dossiers."""
    op.drop_table("moment", schema="desk")
    op.drop_table("course", schema="desk")
