"""What budget hears."""

from datetime import datetime

from services.budget import handlers
from services.budget.contracts import CloseEnvelope
from services.intake.events import FAMILY_SCOPE_EVENTS
from services.matching.events import TANDEM_SCOPE_EVENTS
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


keep_scopes(consumer, *FAMILY_SCOPE_EVENTS, *TANDEM_SCOPE_EVENTS, TrajectoryClosed)
