"""`family_alias` as it first came to each service that knows families.

Part of migrations that have run: never changed here. A later change is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op


def create_family_aliases(schema: str) -> None:
    """Which file went into which."""
    op.create_table(
        "family_alias",
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("merged_id <> family_id", name="alias_of_another"),
        sa.PrimaryKeyConstraint("merged_id"),
        schema=schema,
        comment="Which file went into which, from events: the old id goes on leading to the family",
    )
    op.create_index("family_alias_family", "family_alias", ["family_id"], schema=schema)


def drop_family_aliases(schema: str) -> None:
    """The way back: old ids lead nowhere again."""
    op.drop_table("family_alias", schema=schema)
