"""What budget tells the world."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.shared.events import Event
from services.shared.roles import Role
from services.shared.types import Cents, Code, Digest


class Verdict(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ApprovalAbout(StrEnum):
    """What is decided: spend on a request, or release a batch."""

    REQUEST = "request"
    BATCH = "batch"


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """Who must decide: `deciders` different people who have one of `roles`, never one of `excluded`.

    `seats` are the roles of the deciders one by one, where the mandate wants different ones: each approval takes one.
    `digest` is of what they see (amount, category, payee, trajectory): a decision about something else is refused.
    """

    roles: tuple[Role, ...]
    deciders: int
    excluded: tuple[UUID, ...]
    digest: Digest
    remind_after_working_days: int
    escalate_after_working_days: int
    escalate_to: Role
    lapse_after_weeks: int
    seats: tuple[Role, ...] = ()


class ProposalAnswer(StrEnum):
    """How the check of a proposed organisation ended."""

    REGISTERED = "registered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ProgrammeFunded(Event, domain="programmes", subject_field="programme_id"):
    """A programme can start: its sources have granted their money. `programme_id` is derived from its code."""

    programme_id: UUID
    programme: Code
    programme_version: int
    sources: dict[Code, Cents]
    starts_on: date
    ends_on: date


class EnvelopeOpened(Event, domain="family-budgets", subject_field="trajectory_id"):
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    amount_cents: Cents


class EnvelopeClosed(Event, domain="family-budgets", subject_field="trajectory_id"):
    """What was not spent went back to the programme."""

    trajectory_id: UUID
    spent_cents: Cents
    returned_cents: Cents


class SpendingRequestSubmitted(Event, domain="spending-requests", subject_field="request_id"):
    request_id: UUID
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    category: Code
    amount_cents: Cents
    urgent: bool
    asked_by: UUID


class SpendingRequestReserved(Event, domain="spending-requests", subject_field="request_id"):
    """The money is set apart; a decision can be asked."""

    request_id: UUID
    trajectory_id: UUID
    amount_cents: Cents


class ApprovalAsked(Event, domain="approvals", subject_field="subject_id"):
    """People must decide: about a request whose money is set apart, or about a batch that was made."""

    subject_id: UUID
    about: ApprovalAbout
    programme: Code
    family_id: UUID | None
    mandate: Mandate
    trajectory_id: UUID | None = None


class SpendingRequestDecided(Event, domain="spending-requests", subject_field="request_id"):
    """Approved, refused, withdrawn or lapsed; refused by rule (no room, no mandate) has no deciders."""

    request_id: UUID
    trajectory_id: UUID
    programme: Code
    category: Code
    amount_cents: Cents
    urgent: bool
    verdict: Verdict
    reason: Code
    deciders: tuple[UUID, ...]


class SpendingRequestWithdrawn(Event, domain="spending-requests", subject_field="request_id"):
    """The asker takes a request back before it is decided."""

    request_id: UUID
    trajectory_id: UUID


class PayeeProposalMade(Event, domain="payee-proposals", subject_field="payee_id"):
    """Somebody asks money for an organisation that is not registered: another must check it first."""

    payee_id: UUID
    request_id: UUID
    trajectory_id: UUID
    programme: Code
    proposed_by: UUID
    urgent: bool
    category: Code | None = None


class PayeeProposalAnswered(Event, domain="payee-proposals", subject_field="payee_id"):
    """Registered: the request goes on. Refused: it is back with who asked. Otherwise nobody needs it any more."""

    payee_id: UUID
    request_id: UUID
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    proposed_by: UUID
    answer: ProposalAnswer


class PayeeProposalSettled(Event, domain="payee-proposals", subject_field="payee_id"):
    """Who asked has seen to what came back."""

    payee_id: UUID
    request_id: UUID


class PaymentBatchMade(Event, domain="payment-batches", subject_field="batch_id"):
    batch_id: UUID
    programme: Code
    payments: int
    total_cents: Cents


class PaymentBatchReleased(Event, domain="payment-batches", subject_field="batch_id"):
    batch_id: UUID
    programme: Code
    releasers: tuple[UUID, ...]


class PaymentConfirmed(Event, domain="payments", subject_field="payment_id"):
    """The bank booked it: spent, split over the sources to the cent."""

    payment_id: UUID
    request_id: UUID | None
    trajectory_id: UUID | None
    programme: Code
    category: Code
    amount_cents: Cents
    split: dict[Code, Cents]


class PaymentBounced(Event, domain="payments", subject_field="payment_id"):
    """It was given back: the money is in the envelope again. `split`: what each source bears less, if it was booked."""

    payment_id: UUID
    request_id: UUID | None
    trajectory_id: UUID | None
    amount_cents: Cents
    reason: Code
    split: dict[Code, Cents] = Field(default_factory=dict)
