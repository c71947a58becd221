"""The tables of budget: the ledger, and what gives each euro in it its reason; constraints are the last word."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from services.budget.events import EnvelopeOpened
from services.shared.scope_keeping import keep_own_scopes
from services.shared.tables import SharedTables

metadata = MetaData(schema="budget")
tables = SharedTables(metadata, families=True)
keep_own_scopes(
    tables,
    EnvelopeOpened,
)

_MOMENT = DateTime(timezone=True)
_EXTERNAL = "code IN ('grant', 'funder')"

programme = Table(
    "programme",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("executor_payee_id", Uuid, ForeignKey("budget.payee.id"), nullable=False),
    Column("debtor_name", Text, nullable=False),
    Column("debtor_iban", Text, nullable=False),
)

programme_version = Table(
    "programme_version",
    metadata,
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", Text, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("funded_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("programme", "version"),
)

source = Table(
    "source",
    metadata,
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("share_weight", Integer, nullable=False),
    Column("id", Uuid, nullable=False, unique=True),
    PrimaryKeyConstraint("programme", "code"),
    CheckConstraint("share_weight > 0", name="source_carries_a_share"),
)

line_payee = Table(
    "line_payee",
    metadata,
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("line", Text, nullable=False),
    Column("payee_id", Uuid, ForeignKey("budget.payee.id"), nullable=False),
    PrimaryKeyConstraint("programme", "line"),
)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("ledger", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("owner", Uuid, nullable=False),
    Column("debits_pending", BigInteger, nullable=False, server_default="0"),
    Column("debits_posted", BigInteger, nullable=False, server_default="0"),
    Column("credits_pending", BigInteger, nullable=False, server_default="0"),
    Column("credits_posted", BigInteger, nullable=False, server_default="0"),
    Column("debits_must_not_exceed_credits", Boolean, nullable=False),
    Column("credits_must_not_exceed_debits", Boolean, nullable=False),
    UniqueConstraint("programme", "code", "owner"),
    UniqueConstraint("id", "programme", "ledger"),
    CheckConstraint(
        "(ledger = 'budget' AND code IN ('grant', 'pool', 'costs', 'envelope', 'spent'))"
        " OR (ledger = 'funding' AND code IN ('funder', 'source', 'charged'))",
        name="account_has_its_place",
    ),
    CheckConstraint(
        f"credits_must_not_exceed_debits = ({_EXTERNAL}) AND debits_must_not_exceed_credits = NOT ({_EXTERNAL})",
        name="account_is_bounded_on_one_side",
    ),
    CheckConstraint(
        "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
        name="account_counts_up",
    ),
    CheckConstraint(
        "NOT debits_must_not_exceed_credits OR debits_pending + debits_posted <= credits_posted",
        name="account_debits_do_not_exceed_credits",
    ),
    CheckConstraint(
        "NOT credits_must_not_exceed_debits OR credits_pending + credits_posted <= debits_posted",
        name="account_credits_do_not_exceed_debits",
    ),
)

transfer = Table(
    "transfer",
    metadata,
    Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("ledger", Text, nullable=False),
    Column("debit_account", Uuid, nullable=False),
    Column("credit_account", Uuid, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pending_id", Uuid, ForeignKey("budget.transfer.id"), unique=True),
    Column("code", Text, nullable=False),
    Column("category", Text),
    Column("request_id", Uuid),
    Column("payment_id", Uuid),
    Column("at", _MOMENT, nullable=False),
    ForeignKeyConstraint(
        ["debit_account", "programme", "ledger"],
        ["budget.account.id", "budget.account.programme", "budget.account.ledger"],
    ),
    ForeignKeyConstraint(
        ["credit_account", "programme", "ledger"],
        ["budget.account.id", "budget.account.programme", "budget.account.ledger"],
    ),
    CheckConstraint("amount_cents > 0", name="transfer_moves_something"),
    CheckConstraint("debit_account <> credit_account", name="transfer_has_two_sides"),
    CheckConstraint("kind IN ('posted', 'pending', 'post-pending', 'void-pending')", name="transfer_kind"),
    CheckConstraint(
        "(pending_id IS NOT NULL) = (kind IN ('post-pending', 'void-pending'))", name="transfer_resolves_a_pending_one"
    ),
    Index("transfer_by_payment", "payment_id"),
    Index("transfer_by_debit_account", "debit_account"),
    Index("transfer_by_credit_account", "credit_account"),
)

envelope = Table(
    "envelope",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("opened_at", _MOMENT, nullable=False),
    Column("closed_at", _MOMENT),
    Column("close_reason", Text),
    Column("returned_cents", BigInteger),
    ForeignKeyConstraint(
        ["programme", "programme_version"], ["budget.programme_version.programme", "budget.programme_version.version"]
    ),
    CheckConstraint("amount_cents >= 0", name="envelope_is_not_negative"),
    CheckConstraint(
        "(closed_at IS NULL) = (returned_cents IS NULL) AND (closed_at IS NULL) = (close_reason IS NULL)",
        name="envelope_is_closed_whole",
    ),
    CheckConstraint("returned_cents BETWEEN 0 AND amount_cents", name="envelope_returns_what_it_had"),
)

payee = Table(
    "payee",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
)

payee_version = Table(
    "payee_version",
    metadata,
    Column("payee_id", Uuid, ForeignKey("budget.payee.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("iban", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("registered_by", Uuid, nullable=False),
    Column("registered_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("payee_id", "version"),
    CheckConstraint("iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'", name="payee_iban"),
    CheckConstraint("country ~ '^[A-Z]{2}$'", name="payee_country"),
)

request = Table(
    "request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, ForeignKey("budget.envelope.trajectory_id"), nullable=False),
    Column("programme", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("payee_id", Uuid, nullable=False),
    Column("payee_version", Integer, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    Column("submitted_at", _MOMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("digest", Text),
    Column("decided_at", _MOMENT),
    ForeignKeyConstraint(
        ["payee_id", "payee_version"], ["budget.payee_version.payee_id", "budget.payee_version.version"]
    ),
    UniqueConstraint("id", "state"),
    UniqueConstraint("id", "asked_by"),
    CheckConstraint("amount_cents > 0", name="request_asks_something"),
    CheckConstraint("state IN ('reserved', 'approved', 'refused', 'withdrawn', 'lapsed')", name="request_state"),
    CheckConstraint(
        "(state = 'reserved') = (decided_at IS NULL) AND (state = 'reserved') = (reason IS NULL)",
        name="request_is_decided_whole",
    ),
    CheckConstraint("state <> 'approved' OR digest IS NOT NULL", name="request_approval_names_what_was_seen"),
    Index("request_by_trajectory", "trajectory_id", "submitted_at"),
)

payee_proposal = Table(
    "payee_proposal",
    metadata,
    Column("payee_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False, unique=True),
    Column("trajectory_id", Uuid, ForeignKey("budget.envelope.trajectory_id"), nullable=False),
    Column("programme", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("elsewhere", Text, nullable=False),
    Column("goal_id", Uuid),
    Column("plan", Text),
    Column("name", Text, nullable=False),
    Column("iban", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", _MOMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("answered_by", Uuid),
    Column("answered_at", _MOMENT),
    Column("settled_at", _MOMENT),
    CheckConstraint("amount_cents > 0", name="payee_proposal_asks_something"),
    CheckConstraint(
        "state IN ('waiting', 'registered', 'refused', 'withdrawn', 'lapsed')", name="payee_proposal_state"
    ),
    CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="payee_proposal_is_answered_whole"),
    CheckConstraint(
        "state NOT IN ('registered', 'refused') OR (answered_by IS NOT NULL AND answered_by <> proposed_by)",
        name="payee_proposal_has_four_eyes",
    ),
    CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="payee_proposal_refused_for_a_reason"),
    Index("payee_proposal_by_trajectory", "trajectory_id"),
)

motive = Table(
    "motive",
    metadata,
    Column("request_id", Uuid, ForeignKey("budget.request.id"), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("elsewhere", Text, nullable=False),
    Column("goal_id", Uuid),
    Column("plan", Text),
)

decider = Table(
    "decider",
    metadata,
    Column("request_id", Uuid, nullable=False),
    Column("person", Uuid, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    PrimaryKeyConstraint("request_id", "person"),
    ForeignKeyConstraint(["request_id", "asked_by"], ["budget.request.id", "budget.request.asked_by"]),
    CheckConstraint("person <> asked_by", name="decider_is_never_the_asker"),
)

payment = Table(
    "payment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("category", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("request_id", Uuid, unique=True),
    Column("request_state", Text),
    Column("trajectory_id", Uuid),
    Column("line", Text),
    Column("due_on", Date),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("payee_id", Uuid, nullable=False),
    Column("payee_version", Integer, nullable=False),
    Column("end_to_end_id", Text, nullable=False, unique=True),
    Column("reservation_id", Uuid, ForeignKey("budget.transfer.id"), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("released_at", _MOMENT),
    Column("booked_on", Date),
    Column("bounce_reason", Text),
    ForeignKeyConstraint(
        ["payee_id", "payee_version"], ["budget.payee_version.payee_id", "budget.payee_version.version"]
    ),
    ForeignKeyConstraint(["request_id", "request_state"], ["budget.request.id", "budget.request.state"]),
    UniqueConstraint("programme", "line", "due_on", "attempt"),
    CheckConstraint("amount_cents > 0", name="payment_pays_something"),
    CheckConstraint("state IN ('waiting', 'released', 'booked', 'bounced')", name="payment_state"),
    CheckConstraint(
        "(request_id IS NULL AND request_state IS NULL AND trajectory_id IS NULL"
        " AND line IS NOT NULL AND due_on IS NOT NULL)"
        " OR (request_id IS NOT NULL AND request_state IS NOT NULL AND request_state = 'approved'"
        " AND trajectory_id IS NOT NULL AND line IS NULL AND due_on IS NULL)",
        name="payment_is_of_an_approved_request_or_a_line",
    ),
    CheckConstraint("state NOT IN ('released', 'booked') OR released_at IS NOT NULL", name="payment_was_released"),
    CheckConstraint("state <> 'booked' OR booked_on IS NOT NULL", name="payment_was_booked"),
    CheckConstraint("(state = 'bounced') = (bounce_reason IS NOT NULL)", name="payment_bounced_for_a_reason"),
    Index("payment_by_state", "programme", "state", "created_at"),
)
Index(
    "payment_line_once",
    payment.c.programme,
    payment.c.line,
    payment.c.due_on,
    unique=True,
    postgresql_where=text("state <> 'bounced'"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, ForeignKey("budget.programme.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("payments", Integer, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("released_at", _MOMENT),
    UniqueConstraint("programme", "number"),
    CheckConstraint("state IN ('made', 'released', 'cancelled')", name="batch_state"),
    CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name="batch_was_released"),
    CheckConstraint("payments > 0 AND total_cents > 0", name="batch_pays_something"),
)

batch_payment = Table(
    "batch_payment",
    metadata,
    Column("batch_id", Uuid, ForeignKey("budget.batch.id"), nullable=False),
    Column("payment_id", Uuid, ForeignKey("budget.payment.id"), nullable=False),
    Column("live", Boolean, nullable=False),
    PrimaryKeyConstraint("batch_id", "payment_id"),
)
Index("batch_payment_once", batch_payment.c.payment_id, unique=True, postgresql_where=text("live"))

releaser = Table(
    "releaser",
    metadata,
    Column("batch_id", Uuid, ForeignKey("budget.batch.id"), nullable=False),
    Column("person", Uuid, nullable=False),
    PrimaryKeyConstraint("batch_id", "person"),
)

payment_file = Table(
    "payment_file",
    metadata,
    Column("batch_id", Uuid, ForeignKey("budget.batch.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("payments", Integer, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
)

news_read = Table(
    "news_read",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("read_at", _MOMENT, nullable=False),
    comment="Who asked has read what was decided: it is no news any more",
)
