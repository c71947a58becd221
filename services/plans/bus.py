"""What plans hears."""

from datetime import datetime

from services.intake.events import FAMILY_SCOPE_EVENTS, FamilyErased, FamilyMoved
from services.matching.events import TANDEM_SCOPE_EVENTS, TandemConfirmed, TandemEnded
from services.plans import handlers
from services.plans.domain import Change
from services.shared.consumer import Consumer
from services.shared.database import Transaction
from services.shared.scope_keeping import keep_scopes

consumer = Consumer("plans")


@consumer.handles(FamilyMoved)
async def on_family_moved(tx: Transaction, event: FamilyMoved, now: datetime) -> None:
    if event.trajectory_id is not None:
        await handlers.move_family(tx, event.trajectory_id, event.area)
        await handlers.remember(tx, event.trajectory_id, Change.FAMILY_MOVED, now=now, reason=event.area)


@consumer.handles(FamilyErased)
async def on_family_erased(tx: Transaction, event: FamilyErased, now: datetime) -> None:
    await handlers.erase_texts(tx, event.trajectory_ids, event.family_id)
    for trajectory_id in event.trajectory_ids:
        await handlers.remember(tx, trajectory_id, Change.TEXTS_ERASED, now=now)


@consumer.handles(TandemConfirmed)
async def on_tandem_confirmed(tx: Transaction, event: TandemConfirmed, now: datetime) -> None:
    await handlers.confirm_tandem(
        tx,
        event.trajectory_id,
        tandem_id=event.tandem_id,
        supporter_id=event.supporter_id,
        buddy_id=event.buddy_id,
    )
    await handlers.remember(tx, event.trajectory_id, Change.TANDEM_CONFIRMED, now=now)


@consumer.handles(TandemEnded)
async def on_tandem_ended(tx: Transaction, event: TandemEnded, now: datetime) -> None:
    await handlers.end_tandem(tx, event.trajectory_id, event.tandem_id)
    await handlers.remember(tx, event.trajectory_id, Change.TANDEM_ENDED, now=now, reason=event.reason)


keep_scopes(consumer, *FAMILY_SCOPE_EVENTS, *TANDEM_SCOPE_EVENTS)
