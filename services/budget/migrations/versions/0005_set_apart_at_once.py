"""A request's money is set apart when it comes in: none waits any more for that."""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What still waited lapses: it can be asked again."""
    op.drop_constraint("request_state", "request", schema="budget")
    op.drop_constraint("request_is_decided_whole", "request", schema="budget")
    op.execute(
        "UPDATE budget.request SET state = 'lapsed', reason = 'not-set-apart', decided_at = submitted_at"
        " WHERE state = 'submitted'"
    )
    op.create_check_constraint(
        "request_state",
        "request",
        "state IN ('reserved', 'approved', 'refused', 'withdrawn', 'lapsed')",
        schema="budget",
    )
    op.create_check_constraint(
        "request_is_decided_whole",
        "request",
        "(state = 'reserved') = (decided_at IS NULL) AND (state = 'reserved') = (reason IS NULL)",
        schema="budget",
    )
