"""What cannot wait comes before what is due later. Of what was asked before this, nobody told the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What tasks are about, while it is urgent."""
    op.create_table(
        "urgent_subject",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
        schema="desk",
        comment="What tasks are about that cannot wait, until it is settled: few at a time",
    )


def downgrade() -> None:
    """Everything waits for its day again."""
    op.drop_table("urgent_subject", schema="desk")
