"""Who gets events on a queue of their own, and from where."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.monitor.commands import CatchUp, Subscribe, SubscriberName
from services.monitor.store import event_log, subscriber
from services.shared.database import Transaction
from services.shared.outcomes import Refused

ACTIVE = "active"
SUBSCRIBERS_MAX = 100


async def subscribe(tx: Transaction, command: Subscribe, *, now: datetime) -> Refused | None:
    """Add a subscriber. The same request again changes nothing; the name with other patterns is refused."""
    patterns = list(command.patterns)
    known = (await tx.execute(select(subscriber.c.patterns).where(subscriber.c.name == command.name))).first()
    if known is not None:
        return None if known.patterns == patterns else Refused("name-taken")
    if (await tx.execute(select(func.count()).select_from(subscriber))).scalar_one() >= SUBSCRIBERS_MAX:
        return Refused("too-many-subscribers")
    last = await last_position(tx)
    if command.position is not None and command.position > last:
        return Refused("position-not-there-yet")
    row = {
        "name": command.name,
        "patterns": patterns,
        "position": last if command.position is None else command.position,
        "state": ACTIVE,
        "subscribed_at": now,
    }
    await tx.execute(insert(subscriber).values(row).on_conflict_do_nothing())
    return None


async def catch_up(tx: Transaction, name: SubscriberName, command: CatchUp) -> Refused | None:
    """Send again from a position of the log on; the subscriber knows repeated events by their id."""
    if command.position > await last_position(tx):
        return Refused("position-not-there-yet")
    moved = update(subscriber).where(subscriber.c.name == name).values(position=command.position)
    return None if (await tx.execute(moved)).rowcount else Refused("no-such-subscriber")


async def last_position(tx: Transaction) -> int:
    """The newest position of the log, 0 while it is empty."""
    newest: int = (await tx.execute(select(func.coalesce(func.max(event_log.c.position), 0)))).scalar_one()
    return newest
