"""The contact journal, documents with a key for each family, and the history of every change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

CHANGES = (
    *("trajectory-opened", "phase-entered", "paused", "resumed", "trajectory-closed", "tandem-confirmed"),
    *("tandem-ended", "family-moved", "plan-drafted", "plan-agreed", "goal-added", "goal-reached", "goal-dropped"),
    *("step-added", "step-done", "review-held", "measurement-taken", "contact-written", "hours-logged"),
    *("aftercare-given", "document-added", "document-removed", "texts-erased"),
)
KINDS = ("visit", "outdoors", "call", "message", "group", "with-partner")
DOCUMENTS = ("plan", "letter", "decision", "proof", "other")


def _one_of(table: str, column: str, kinds: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"{table}_{column}_known"))


def upgrade() -> None:
    """Four tables; rows of the history are only added."""
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("present", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        _one_of("journal", "kind", KINDS),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("journal_minutes_of_one_day")),
        sa.ForeignKeyConstraint(["trajectory_id"], ["plans.trajectory.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index("journal_of_trajectory", "journal", ["trajectory_id", "on_date"], schema="plans")
    op.create_table(
        "document_key",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("family_id"),
        schema="plans",
        comment="One key a family, itself sealed: without it nothing of its documents can be read, in no copy either",
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _one_of("document", "kind", DOCUMENTS),
        _one_of("document", "scan", ("clean", "not-scanned")),
        sa.ForeignKeyConstraint(["trajectory_id"], ["plans.trajectory.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="plans",
    )
    op.create_index("document_of_trajectory", "document", ["trajectory_id", "added_at"], schema="plans")
    op.create_table(
        "change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _one_of("change", "what", CHANGES),
        sa.PrimaryKeyConstraint("position"),
        schema="plans",
        comment="Who changed what, when and why; rows are only added. No person: it follows from the programme",
    )
    op.create_index("change_of_trajectory", "change", ["trajectory_id", "position"], schema="plans")
    op.execute("REVOKE UPDATE, DELETE ON plans.change FROM kansen_plans")


def downgrade() -> None:
    """Back to a plan without a journal."""
    for table in ("change", "document", "document_key", "journal"):
        op.drop_table(table, schema="plans")
