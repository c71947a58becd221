"""What budget hears."""

from datetime import datetime

from services.budget import handlers
from services.budget.contracts import CloseEnvelope
from services.intake.events import (
    ConsentGiven,
    ConsentWithdrawn,
    FamilyEnrolled,
    FamilyErased,
    FamilyMerged,
    FamilyMoved,
    FamilyUnmerged,
)
from services.matching.events import (
    PersonChanged,
    PersonLeft,
    TandemChosen,
    TandemConfirmed,
    TandemEnded,
    TrialEvaluated,
)
from services.plans.events import TrajectoryClosed
from services.shared.consumer import Consumer
from services.shared.database import Transaction
from services.shared.scope_keeping import keep_scopes

consumer = Consumer("budget")


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    """However a trajectory closed, its envelope does not stay open."""
    command = CloseEnvelope(trajectory_id=event.trajectory_id, reason=event.reason)
    await handlers.close_envelope(tx, command, now=now)


keep_scopes(
    consumer,
    FamilyEnrolled,
    FamilyMoved,
    ConsentGiven,
    ConsentWithdrawn,
    FamilyErased,
    FamilyMerged,
    FamilyUnmerged,
    TandemChosen,
    TandemConfirmed,
    TandemEnded,
    TrialEvaluated,
    PersonChanged,
    PersonLeft,
    TrajectoryClosed,
)
