"""A small service of its own, run as real processes that die where a test says: supporters log hours, a reader adds up.

`python -m tests.faults.rehearsal write|relay|read ...`. Adding up is deliberately not idempotent: an event that has its
effect twice, or never, shows in the total.
"""

import argparse
import asyncio
import os
import signal
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert

from services.plans.events import Contributor, HoursLogged
from services.shared.bus import Bus
from services.shared.consumer import Consumer
from services.shared.database import Database, Transaction
from services.shared.inbox import Inbox
from services.shared.logs import configure_logs
from services.shared.relay import Relay
from services.shared.tables import SharedTables
from services.shared.types import stable_id

metadata = MetaData(schema="rehearsal")
tables = SharedTables(metadata)
total = Table("total", metadata, Column("trajectory_id", Uuid, primary_key=True), Column("minutes", BigInteger))
heard = Table(
    "heard",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("trajectory_id", Uuid),
    Column("minutes", Integer),
)

FAMILIES = 10
POISON_MINUTES = 13
SOURCE = "urn:nld:oin:00000000000000000000:systeem:plans"


def rehearsal_database(url: str) -> Database:
    return Database(url, tables=tables, source=SOURCE)


def hours(number: int) -> HoursLogged:
    """The number-th log entry: families take turns, and each entry of a family has its own number of minutes."""
    return HoursLogged(
        trajectory_id=stable_id("rehearsal", number % FAMILIES),
        contributor=Contributor.BUDDY,
        minutes=100 + number,
        on=date(2024, 3, 29),
    )


async def write(database: Database, count: int, *, first: int = 0, per_second: float = 0) -> None:
    """Log hours one by one, each in its own transaction."""
    for number in range(first, first + count):
        async with database.transaction() as tx:
            await tx.publish(hours(number), now=datetime(2024, 3, 29, 12, 0, tzinfo=UTC))
        if per_second:
            await asyncio.sleep(1 / per_second)


def reader(name: str) -> Consumer:
    """Adds up the minutes of each trajectory. It cannot stand the number thirteen."""
    consumer = Consumer(name)

    @consumer.handles(HoursLogged)
    async def on_hours_logged(tx: Transaction, event: HoursLogged, now: datetime) -> None:
        await tx.execute(
            insert(total)
            .values(trajectory_id=event.trajectory_id, minutes=event.minutes)
            .on_conflict_do_update(
                index_elements=[total.c.trajectory_id], set_={"minutes": total.c.minutes + event.minutes}
            )
        )
        await tx.execute(heard.insert().values(trajectory_id=event.trajectory_id, minutes=event.minutes))
        if event.minutes == POISON_MINUTES:
            raise ZeroDivisionError("thirteen")

    return consumer


async def what_was_heard(database: Database) -> list[tuple[UUID, int]]:
    async with database.connection() as connection:
        rows = await connection.execute(select(heard.c.trajectory_id, heard.c.minutes).order_by(heard.c.position))
        return [(row.trajectory_id, row.minutes) for row in rows]


async def unpublished(database: Database) -> int:
    async with database.connection() as connection:
        waiting = select(func.count()).where(tables.outbox.c.published_at.is_(None))
        return (await connection.execute(waiting)).scalar_one()


def die() -> None:
    """As a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, countdown: int) -> None:
    """Make this process die the `countdown`-th time that it comes to a point."""
    left = [countdown]

    def reached(times: int = 1) -> None:
        left[0] -= times
        if left[0] <= 0:
            die()

    publish, receive, handle = Relay._publish, Inbox.receive_batch, Inbox._handle

    async def dying_publish(self: Relay, exchange: Any, rows: Any) -> None:
        if point == "before-publish":
            reached()
        if point == "first-confirm":

            class Watched:
                async def publish(self, *arguments: Any, **options: Any) -> None:
                    await exchange.publish(*arguments, **options)
                    reached()

            exchange_or_watched: Any = Watched()
        else:
            exchange_or_watched = exchange
        await publish(self, exchange_or_watched, rows)
        if point == "after-confirm":
            reached()

    async def dying_receive(self: Inbox, messages: Any) -> None:
        await receive(self, messages)
        if point == "after-effect":
            reached(len(messages))

    async def dying_handle(self: Inbox, *arguments: Any) -> None:
        await handle(self, *arguments)
        if point == "before-commit":
            reached()

    Relay._publish = dying_publish  # type: ignore[method-assign]  # the fault is the point
    Inbox.receive_batch = dying_receive  # type: ignore[method-assign]  # same
    Inbox._handle = dying_handle  # type: ignore[method-assign, assignment]  # same


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["write", "relay", "read"])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--per-second", type=float, default=0)
    parser.add_argument("--name", default="rehearsal")
    parser.add_argument("--die", default="")
    parser.add_argument("--after", type=int, default=1)
    arguments = parser.parse_args()
    configure_logs("rehearsal", "warning")
    if arguments.die:
        arm(arguments.die, arguments.after)
    database = rehearsal_database(os.environ["REHEARSAL_DATABASE"])
    broker = os.environ["REHEARSAL_BROKER"]
    if arguments.what == "write":
        await write(database, arguments.count, first=arguments.first, per_second=arguments.per_second)
        if arguments.die == "after-commit":
            die()
    elif arguments.what == "relay":
        await Relay(database, broker).run()
    else:
        bus = Bus(database, reader(arguments.name), broker)
        await bus.start()
        await bus.run()


if __name__ == "__main__":
    asyncio.run(main())
