"""What families cannot wait for is work at the desk until it was asked. Of who came in before this, nobody told it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

REACHING = """
UPDATE desk.task SET roles = array_append(roles, 'supporter')
WHERE kind = 'contact-family' AND closed_at IS NULL AND NOT 'supporter' = ANY (roles)
"""


def upgrade() -> None:
    """Needs and the requests for them; and who speaks with families may take what is open of reaching them."""
    op.create_table(
        "urgent_need",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("settled_as", sa.Text()),
        sa.PrimaryKeyConstraint("trajectory_id", "need"),
        schema="desk",
        comment="What an enrolled family cannot wait for, until its trajectory closes; settled: without asking money",
    )
    op.create_table(
        "need_request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
        schema="desk",
        comment="Requests and proposals for what cannot wait, unless they came to nothing",
    )
    op.create_index("need_request_trajectory", "need_request", ["trajectory_id"], schema="desk")
    op.execute(REACHING)


def downgrade() -> None:
    """Nobody is asked."""
    op.drop_table("need_request", schema="desk")
    op.drop_table("urgent_need", schema="desk")
