"""Who did the intake, in `family_scope`, as it first came to each service that knows families.

Part of migrations that have run: never changed here. A later change is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op


def add_intake_by(schema: str) -> None:
    """Until it has a tandem, a family is also theirs who did its intake."""
    op.add_column("family_scope", sa.Column("intake_by", sa.Uuid(), nullable=True), schema=schema)
    op.create_index(
        "family_scope_intake_by",
        "family_scope",
        ["intake_by"],
        schema=schema,
        postgresql_where=sa.text("intake_by IS NOT NULL"),
    )


def drop_intake_by(schema: str) -> None:
    """The way back: only who met a family has it until there is a tandem."""
    op.drop_column("family_scope", "intake_by", schema=schema)
