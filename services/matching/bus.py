"""What matching hears."""

from datetime import datetime

from services.matching import handlers
from services.plans.events import TrajectoryClosed
from services.shared.consumer import Consumer
from services.shared.database import Transaction

consumer = Consumer("matching")


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    """Its people are free for another family."""
    await handlers.close_trajectory(tx, event.trajectory_id, event.outcome.value, now=now)
