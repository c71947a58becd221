"""What workflows ask of budget, each once."""

from temporalio import activity

from services.budget import handlers
from services.budget.contracts import (
    BatchMade,
    BudgetActivities,
    CancelBatch,
    CloseEnvelope,
    DecisionRecorded,
    Done,
    EnvelopeResult,
    EnvelopeReturned,
    MakeBatch,
    OpenEnvelope,
    RecordDecision,
    ReleaseBatch,
)
from services.shared.database import Database
from services.shared.temporal import once


class Activities(BudgetActivities):
    """The contract on the real database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="budget.open_envelope")
    async def open_envelope(self, command: OpenEnvelope) -> EnvelopeResult:
        return await once(self._database, EnvelopeResult, lambda tx, now: handlers.open_envelope(tx, command, now=now))

    @activity.defn(name="budget.close_envelope")
    async def close_envelope(self, command: CloseEnvelope) -> EnvelopeReturned:
        return await once(
            self._database, EnvelopeReturned, lambda tx, now: handlers.close_envelope(tx, command, now=now)
        )

    @activity.defn(name="budget.record_decision")
    async def record_decision(self, command: RecordDecision) -> DecisionRecorded:
        return await once(
            self._database, DecisionRecorded, lambda tx, now: handlers.record_decision(tx, command, now=now)
        )

    @activity.defn(name="budget.make_batch")
    async def make_batch(self, command: MakeBatch) -> BatchMade:
        return await once(self._database, BatchMade, lambda tx, now: handlers.make_batch(tx, command, now=now))

    @activity.defn(name="budget.release_batch")
    async def release_batch(self, command: ReleaseBatch) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.release_batch(tx, command, now=now))

    @activity.defn(name="budget.cancel_batch")
    async def cancel_batch(self, command: CancelBatch) -> Done:
        return await once(self._database, Done, lambda tx, _: handlers.cancel_batch(tx, command))
