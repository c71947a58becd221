"""The ledger, programmes, envelopes, payees and requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The ledger, programmes, envelopes, payees and requests."""
    op.create_table(
        "payee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="budget",
    )
    op.create_table(
        "payee_version",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name="payee_country"),
        sa.CheckConstraint("iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'", name="payee_iban"),
        sa.ForeignKeyConstraint(
            ["payee_id"],
            ["budget.payee.id"],
        ),
        sa.PrimaryKeyConstraint("payee_id", "version"),
        schema="budget",
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("executor_payee_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("debtor_iban", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["executor_payee_id"],
            ["budget.payee.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="budget",
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("debits_pending", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("debits_posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credits_pending", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credits_posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("debits_must_not_exceed_credits", sa.Boolean(), nullable=False),
        sa.Column("credits_must_not_exceed_debits", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(ledger = 'budget' AND code IN ('grant', 'pool', 'costs', 'envelope', 'spent')) OR "
            "(ledger = 'funding' AND code IN ('funder', 'source', 'charged'))",
            name="account_has_its_place",
        ),
        sa.CheckConstraint(
            "credits_must_not_exceed_debits = (code IN ('grant', 'funder')) AND "
            "debits_must_not_exceed_credits = NOT (code IN ('grant', 'funder'))",
            name="account_is_bounded_on_one_side",
        ),
        sa.CheckConstraint(
            "NOT credits_must_not_exceed_debits OR credits_pending + credits_posted <= debits_posted",
            name="account_credits_do_not_exceed_debits",
        ),
        sa.CheckConstraint(
            "NOT debits_must_not_exceed_credits OR debits_pending + debits_posted <= credits_posted",
            name="account_debits_do_not_exceed_credits",
        ),
        sa.CheckConstraint(
            "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
            name="account_counts_up",
        ),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "programme", "ledger"),
        sa.UniqueConstraint("programme", "code", "owner"),
        schema="budget",
    )
    op.create_table(
        "line_payee",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payee_id"],
            ["budget.payee.id"],
        ),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.PrimaryKeyConstraint("programme", "line"),
        schema="budget",
    )
    op.create_table(
        "programme_version",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("definition_hash", sa.Text(), nullable=False),
        sa.Column("funded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.PrimaryKeyConstraint("programme", "version"),
        schema="budget",
    )
    op.create_table(
        "source",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("share_weight", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("share_weight > 0", name="source_carries_a_share"),
        sa.ForeignKeyConstraint(
            ["programme"],
            ["budget.programme.id"],
        ),
        sa.PrimaryKeyConstraint("programme", "code"),
        sa.UniqueConstraint("id"),
        schema="budget",
    )
    op.create_table(
        "envelope",
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("returned_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (returned_cents IS NULL) AND (closed_at IS NULL) = (close_reason IS NULL)",
            name="envelope_is_closed_whole",
        ),
        sa.CheckConstraint("amount_cents >= 0", name="envelope_is_not_negative"),
        sa.CheckConstraint("returned_cents BETWEEN 0 AND amount_cents", name="envelope_returns_what_it_had"),
        sa.ForeignKeyConstraint(
            ["programme", "programme_version"],
            ["budget.programme_version.programme", "budget.programme_version.version"],
        ),
        sa.PrimaryKeyConstraint("trajectory_id"),
        schema="budget",
    )
    op.create_table(
        "transfer",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("debit_account", sa.Uuid(), nullable=False),
        sa.Column("credit_account", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pending_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(pending_id IS NOT NULL) = (kind IN ('post-pending', 'void-pending'))",
            name="transfer_resolves_a_pending_one",
        ),
        sa.CheckConstraint("kind IN ('posted', 'pending', 'post-pending', 'void-pending')", name="transfer_kind"),
        sa.CheckConstraint("amount_cents > 0", name="transfer_moves_something"),
        sa.CheckConstraint("debit_account <> credit_account", name="transfer_has_two_sides"),
        sa.ForeignKeyConstraint(
            ["credit_account", "programme", "ledger"],
            ["budget.account.id", "budget.account.programme", "budget.account.ledger"],
        ),
        sa.ForeignKeyConstraint(
            ["debit_account", "programme", "ledger"],
            ["budget.account.id", "budget.account.programme", "budget.account.ledger"],
        ),
        sa.ForeignKeyConstraint(
            ["pending_id"],
            ["budget.transfer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pending_id"),
        sa.UniqueConstraint("position"),
        schema="budget",
    )
    op.create_index("transfer_by_credit_account", "transfer", ["credit_account"], unique=False, schema="budget")
    op.create_index("transfer_by_debit_account", "transfer", ["debit_account"], unique=False, schema="budget")
    op.create_index("transfer_by_payment", "transfer", ["payment_id"], unique=False, schema="budget")
    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trajectory_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("payee_version", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('submitted', 'reserved')) = (decided_at IS NULL) AND "
            "(state IN ('submitted', 'reserved')) = (reason IS NULL)",
            name="request_is_decided_whole",
        ),
        sa.CheckConstraint("state <> 'approved' OR digest IS NOT NULL", name="request_approval_names_what_was_seen"),
        sa.CheckConstraint(
            "state IN ('submitted', 'reserved', 'approved', 'refused', 'withdrawn', 'lapsed')", name="request_state"
        ),
        sa.CheckConstraint("amount_cents > 0", name="request_asks_something"),
        sa.ForeignKeyConstraint(
            ["payee_id", "payee_version"],
            ["budget.payee_version.payee_id", "budget.payee_version.version"],
        ),
        sa.ForeignKeyConstraint(
            ["trajectory_id"],
            ["budget.envelope.trajectory_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "asked_by"),
        sa.UniqueConstraint("id", "state"),
        schema="budget",
    )
    op.create_index(
        "request_by_trajectory", "request", ["trajectory_id", "submitted_at"], unique=False, schema="budget"
    )
    op.create_table(
        "decider",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("person <> asked_by", name="decider_is_never_the_asker"),
        sa.ForeignKeyConstraint(
            ["request_id", "asked_by"],
            ["budget.request.id", "budget.request.asked_by"],
        ),
        sa.PrimaryKeyConstraint("request_id", "person"),
        schema="budget",
    )
