"""`family_scope` and `reading` as they first came to each service that knows families.

Part of migrations that have run: never changed here. A later change is a migration of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create_family_tables(schema: str) -> None:
    """Both tables in one schema; its role may add readings and read them, never change or remove one."""
    op.create_table(
        "family_scope",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("trajectory_id", sa.Uuid(), nullable=True),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("tandem_id", sa.Uuid(), nullable=True),
        sa.Column("supporter_id", sa.Uuid(), nullable=True),
        sa.Column("buddy_id", sa.Uuid(), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_for", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("num_nonnulls(signal_id, trajectory_id) > 0", name="scope_is_of_something"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("signal_id"),
        sa.UniqueConstraint("trajectory_id"),
        schema=schema,
        comment="Where each family stands, from events: what decides who may see it",
    )
    op.create_index("family_scope_family", "family_scope", ["family_id"], schema=schema)
    op.create_index("family_scope_place", "family_scope", ["programme", "area"], schema=schema)
    for column in ("team", "supporter_id", "buddy_id", "received_by"):
        op.create_index(
            f"family_scope_{column}",
            "family_scope",
            [column],
            schema=schema,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_table(
        "reading",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
        schema=schema,
        comment="Who looked at which family, and at what; rows are only added",
    )
    op.create_index("reading_family", "reading", ["family_id", "position"], schema=schema)
    op.create_index("reading_person", "reading", ["person", "position"], schema=schema)
    op.execute(f"REVOKE UPDATE, DELETE ON {schema}.reading FROM kansen_{schema}")
