"""Drafts of intakes, how a family likes to be reached, citizen numbers, and families that turn out to be one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

WORDS_OF_SURNAMES = r"""
UPDATE intake.household_member SET surname_words = ARRAY(
    SELECT DISTINCT word
    FROM regexp_split_to_table(replace(lower(surname), 'ij', 'y'), '[^[:alnum:]]+') AS word
    WHERE length(word) > 1
)
"""


def upgrade() -> None:
    """The words of surnames that are known already are found in the plainest way; an intake writes them anew."""
    op.add_column("family", sa.Column("contact_channel", sa.Text(), nullable=True), schema="intake")
    op.add_column("family", sa.Column("contact_moment", sa.Text(), nullable=True), schema="intake")
    op.add_column("family", sa.Column("merged_into", sa.Uuid(), nullable=True), schema="intake")
    op.create_foreign_key(
        None, "family", "family", ["merged_into"], ["id"], source_schema="intake", referent_schema="intake"
    )
    op.create_check_constraint("merged_into_another", "family", "merged_into <> id", schema="intake")
    op.create_index(
        "family_merged_into",
        "family",
        ["merged_into"],
        schema="intake",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.add_column(
        "household_member",
        sa.Column("surname_words", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        schema="intake",
    )
    op.execute(WORDS_OF_SURNAMES)
    op.create_index(
        "household_member_surname_words",
        "household_member",
        ["surname_words"],
        schema="intake",
        postgresql_using="gin",
    )
    op.create_table(
        "intake_draft",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("known_family_id", sa.Uuid(), nullable=True),
        sa.Column("bsn", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("version > 0", name="version_is_counted"),
        sa.ForeignKeyConstraint(["known_family_id"], ["intake.family.id"]),
        sa.ForeignKeyConstraint(["signal_id"], ["intake.signal.id"]),
        sa.PrimaryKeyConstraint("signal_id"),
        schema="intake",
        comment="An intake that is not done yet, step by step as it was typed; gone when it is done or erased",
    )
    op.create_table(
        "citizen_number",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["intake.family.id"]),
        sa.PrimaryKeyConstraint("family_id"),
        schema="intake",
        comment="A BSN under a key that the database does not have; the mark is the same for the same number",
    )
    op.create_index("citizen_number_mark", "citizen_number", ["mark"], schema="intake")
    op.create_table(
        "family_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("moved", postgresql.JSONB(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Uuid(), nullable=False),
        sa.Column("unmerged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unmerged_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(unmerged_at IS NULL) = (unmerged_by IS NULL)", name="unmerged_by_somebody"),
        sa.ForeignKeyConstraint(["kept_id"], ["intake.family.id"]),
        sa.ForeignKeyConstraint(["merged_id"], ["intake.family.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
        comment="Which two files turned out to be of one family, by whom, and what moved: ids only,"
        " so that it can be undone",
    )
    op.create_index("family_merge_kept", "family_merge", ["kept_id"], schema="intake")
    op.create_index("family_merge_merged", "family_merge", ["merged_id"], schema="intake")
    op.execute("REVOKE DELETE ON intake.family_merge FROM kansen_intake")


def downgrade() -> None:
    """Without them. Families that were merged stay so, for what moved is no longer known."""
    op.drop_table("family_merge", schema="intake")
    op.drop_table("citizen_number", schema="intake")
    op.drop_table("intake_draft", schema="intake")
    op.drop_index("household_member_surname_words", table_name="household_member", schema="intake")
    op.drop_column("household_member", "surname_words", schema="intake")
    op.drop_index("family_merged_into", table_name="family", schema="intake")
    op.drop_constraint("merged_into_another", "family", schema="intake")
    op.drop_column("family", "merged_into", schema="intake")
    op.drop_column("family", "contact_moment", schema="intake")
    op.drop_column("family", "contact_channel", schema="intake")
