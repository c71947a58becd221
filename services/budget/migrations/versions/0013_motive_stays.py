"""Why money was asked stays as who decides read it: no digest covers it, so nobody changes it, the owner included."""

from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

ROLE = "kansen_budget"


def upgrade() -> None:
    """As the other facts of the books."""
    op.execute(
        "CREATE TRIGGER motive_stays BEFORE UPDATE OR DELETE ON budget.motive "
        "FOR EACH ROW EXECUTE FUNCTION budget.stays_written()"
    )
    op.execute(
        "CREATE TRIGGER motive_is_kept BEFORE TRUNCATE ON budget.motive "
        "FOR EACH STATEMENT EXECUTE FUNCTION budget.stays_written()"
    )
    op.execute(f"REVOKE UPDATE, DELETE ON budget.motive FROM {ROLE}")


def downgrade() -> None:
    """As it was."""
    op.execute(f"GRANT UPDATE, DELETE ON budget.motive TO {ROLE}")
    op.execute("DROP TRIGGER motive_is_kept ON budget.motive")
    op.execute("DROP TRIGGER motive_stays ON budget.motive")
