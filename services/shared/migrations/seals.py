"""`seal` as it first came to each service that keeps a history.

Part of migrations that have run: never changed here. A later change is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create_seals(schema: str) -> None:
    """One table; its role may add seals and read them, never change or remove one."""
    op.create_table(
        "seal",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("upto > after", name="seal_goes_on"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("history", "after", name="sealed_once"),
        schema=schema,
        comment="What stood in histories when, in a chain under a key that the database does not have",
    )
    op.execute(f"REVOKE UPDATE, DELETE ON {schema}.seal FROM kansen_{schema}")


def drop_seals(schema: str) -> None:
    """The way back: what was sealed is so no more."""
    op.drop_table("seal", schema=schema)
