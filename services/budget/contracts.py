"""What a workflow may ask of budget."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from services.budget.events import Verdict
from services.shared.roles import Role
from services.shared.types import Cents, Code, Digest

TASK_QUEUE = "budget"


@dataclass(frozen=True, kw_only=True)
class OpenEnvelope:
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int


@dataclass(frozen=True, kw_only=True)
class EnvelopeResult:
    """`opened` is false when the programme has no money left for another family."""

    opened: bool
    amount_cents: Cents = 0


@dataclass(frozen=True, kw_only=True)
class CloseEnvelope:
    """Open requests lapse; what is left returns to the programme. Payments under way are still booked."""

    trajectory_id: UUID
    reason: Code


@dataclass(frozen=True, kw_only=True)
class EnvelopeReturned:
    returned_cents: Cents


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


@dataclass(frozen=True, kw_only=True)
class Reserve:
    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Either the money is set apart and `mandate` says who decides, or `refused` says why not (already recorded)."""

    mandate: Mandate | None = None
    refused: Code | None = None
    family_id: UUID | None = None
    trajectory_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RecordDecision:
    request_id: UUID
    verdict: Verdict
    reason: Code
    deciders: tuple[UUID, ...]
    digest: Digest


@dataclass(frozen=True, kw_only=True)
class DecisionRecorded:
    """`verdict` is what stands now; `changed` is false when it stood already."""

    verdict: Verdict
    changed: bool


@dataclass(frozen=True, kw_only=True)
class MakeBatch:
    """Gather what is approved and not yet paid, at most `limit` payments, with the programme's own cost lines due."""

    programme: Code
    programme_version: int
    number: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class BatchMade:
    """No batch when there is nothing to pay. `release` says who must release it."""

    batch_id: UUID | None = None
    payments: int = 0
    release: Mandate | None = None


@dataclass(frozen=True, kw_only=True)
class ReleaseBatch:
    batch_id: UUID
    releasers: tuple[UUID, ...]
    digest: Digest


@dataclass(frozen=True, kw_only=True)
class CancelBatch:
    """Not released: its payments wait for the next batch."""

    batch_id: UUID


@dataclass(frozen=True, kw_only=True)
class Done:
    """`changed` is false where there was nothing to do."""

    changed: bool


class BudgetActivities(ABC):
    @abstractmethod
    @activity.defn(name="budget.open_envelope")
    async def open_envelope(self, command: OpenEnvelope) -> EnvelopeResult: ...

    @abstractmethod
    @activity.defn(name="budget.close_envelope")
    async def close_envelope(self, command: CloseEnvelope) -> EnvelopeReturned: ...

    @abstractmethod
    @activity.defn(name="budget.reserve")
    async def reserve(self, command: Reserve) -> Reserved: ...

    @abstractmethod
    @activity.defn(name="budget.record_decision")
    async def record_decision(self, command: RecordDecision) -> DecisionRecorded: ...

    @abstractmethod
    @activity.defn(name="budget.make_batch")
    async def make_batch(self, command: MakeBatch) -> BatchMade: ...

    @abstractmethod
    @activity.defn(name="budget.release_batch")
    async def release_batch(self, command: ReleaseBatch) -> Done: ...

    @abstractmethod
    @activity.defn(name="budget.cancel_batch")
    async def cancel_batch(self, command: CancelBatch) -> Done: ...
