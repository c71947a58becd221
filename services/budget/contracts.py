"""What a workflow may ask of budget."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from services.budget.events import Verdict
from services.shared.types import Cents, Code, Digest

TASK_QUEUE = "budget"

PAYMENTS_EVERY_DAYS = 7
"""So often a batch is made, counted from the programme's first day; in the morning."""


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
    """No batch when there is nothing to pay."""

    batch_id: UUID | None = None
    payments: int = 0


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
