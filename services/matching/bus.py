"""What matching hears."""

from datetime import datetime

from services.intake.events import FAMILY_SCOPE_EVENTS
from services.matching import handlers
from services.plans.events import TrajectoryClosed
from services.shared.consumer import Consumer
from services.shared.database import Transaction
from services.shared.scope_keeping import keep_scopes

consumer = Consumer("matching")


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    """Its people are free for another family."""
    await handlers.close_trajectory(tx, event.trajectory_id, event.outcome.value, now=now)


keep_scopes(consumer, *FAMILY_SCOPE_EVENTS, TrajectoryClosed)
