"""What the API answers with: closed, and amounts in cents."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.budget.domain.requests import RequestState
from services.budget.payments_store import BatchState, PaymentState
from services.shared.types import Cents, Code, Digest


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Changed(Answer):
    """`changed` is false when it stood there already."""

    id: UUID
    changed: bool


class RequestSubmitted(Changed):
    """`refused` is the rule of the programme that says no, None when the money is set apart."""

    refused: Code | None


class PayeeAnswer(Answer):
    payee_id: UUID
    version: int
    name: str
    iban: str
    town: str
    country: str


class PayeeList(Answer):
    payees: tuple[PayeeAnswer, ...]


class BalanceAnswer(Answer):
    """What there is in all, what has left for good, what is set apart, and what is free."""

    total_cents: Cents
    spent_cents: Cents
    set_apart_cents: Cents
    free_cents: Cents


class SourceBalance(Answer):
    """A funder: what it granted and what it bears of all that was spent."""

    code: Code
    share_weight: int
    granted_cents: Cents
    charged_cents: Cents


class ProgrammeBalance(Answer):
    """The pool for families, the programme's own costs, and the sources."""

    programme: Code
    version: int
    families: BalanceAnswer
    costs: BalanceAnswer
    spent_cents: Cents
    sources: tuple[SourceBalance, ...]


class TrialLine(Answer):
    """All accounts of one kind together."""

    ledger: Code
    account: Code
    debits_pending_cents: Cents
    debits_posted_cents: Cents
    credits_pending_cents: Cents
    credits_posted_cents: Cents


class TrialBalance(Answer):
    """Debits less credits are zero in a ledger that is right; `balanced` says so."""

    programme: Code
    balanced: bool
    lines: tuple[TrialLine, ...]


class EnvelopeAnswer(Answer):
    trajectory_id: UUID
    programme: Code
    programme_version: int
    amount_cents: Cents
    opened_at: datetime
    closed_at: datetime | None
    balance: BalanceAnswer


class RequestAnswer(Answer):
    id: UUID
    trajectory_id: UUID
    programme: Code
    category: Code
    amount_cents: Cents
    urgent: bool
    payee_id: UUID
    asked_by: UUID
    submitted_at: datetime
    state: RequestState
    reason: Code | None
    decided_at: datetime | None


class RequestDetail(RequestAnswer):
    """`digest` is of the request with its payee as they stand now, while it is open: who decides sends what they saw.

    `payment` is where the money of an approved request is.
    """

    digest: Digest | None
    payment: PaymentState | None


class RequestList(Answer):
    requests: tuple[RequestAnswer, ...]


class BatchAnswer(Answer):
    id: UUID
    programme: Code
    number: int
    state: BatchState
    payments: int
    total_cents: Cents
    made_at: datetime
    released_at: datetime | None


class BatchList(Answer):
    batches: tuple[BatchAnswer, ...]


class AwaitingAnswer(Answer):
    payment_id: UUID
    end_to_end_id: str
    amount_cents: Cents
    released_at: datetime


class AwaitingList(Answer):
    payments: tuple[AwaitingAnswer, ...]
