"""Organisations that somebody proposes to pay, with the request that waits for them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "payee_proposal",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("elsewhere", sa.Text(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount_cents > 0", name="payee_proposal_asks_something"),
        sa.CheckConstraint(
            "state IN ('waiting', 'registered', 'refused', 'withdrawn', 'lapsed')", name="payee_proposal_state"
        ),
        sa.CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="payee_proposal_is_answered_whole"),
        sa.CheckConstraint(
            "state NOT IN ('registered', 'refused') OR (answered_by IS NOT NULL AND answered_by <> proposed_by)",
            name="payee_proposal_has_four_eyes",
        ),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="payee_proposal_refused_for_a_reason"),
        sa.ForeignKeyConstraint(["trajectory_id"], ["budget.envelope.trajectory_id"]),
        sa.PrimaryKeyConstraint("payee_id"),
        sa.UniqueConstraint("request_id"),
        schema="budget",
    )
    op.create_index("payee_proposal_by_trajectory", "payee_proposal", ["trajectory_id"], schema="budget")


def downgrade() -> None:
    """Requests that wait for an organisation are asked again."""
    op.drop_table("payee_proposal", schema="budget")
