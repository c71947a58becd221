"""What intake hears from others."""

from datetime import datetime

from services.budget.events import ProgrammeFunded
from services.intake import handlers
from services.matching.events import TANDEM_SCOPE_EVENTS
from services.plans.events import TrajectoryClosed
from services.shared.consumer import Consumer
from services.shared.database import Transaction
from services.shared.scope_keeping import keep_scopes

consumer = Consumer("intake")


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    await handlers.trajectory_closed(tx, event, now=now)


@consumer.handles(ProgrammeFunded)
async def on_programme_funded(tx: Transaction, event: ProgrammeFunded, now: datetime) -> None:
    await handlers.open_programme(tx, event, now=now)


keep_scopes(consumer, *TANDEM_SCOPE_EVENTS, TrajectoryClosed)
