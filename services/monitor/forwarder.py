"""Carries events from the log to each subscriber's own queue: in order, none forgotten, nobody waiting for another."""

import asyncio
from contextlib import suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, DeliveryError
from sqlalchemy import Row, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.monitor.domain.patterns import wants
from services.monitor.handlers.subscribers import ACTIVE
from services.monitor.store import event_log, subscriber
from services.shared.database import Database
from services.shared.events import CONTENT_TYPE
from services.shared.logs import logger
from services.shared.rabbit import CONNECT_TIMEOUT_SECONDS, HEARTBEAT_SECONDS, subscriber_queue
from services.shared.service import Part

FORWARD_EXCHANGE = "kansen.monitor.forward"
"""Direct, with the subscriber's name as key: unlike the default exchange it reaches only the monitor's own queues."""
POLL_SECONDS = 1.0
FAILURE_WAIT_SECONDS = 5.0
CONFIRM_TIMEOUT_SECONDS = 10
BATCH_SIZE = 200
BACKLOG_MAX = 10_000
"""So many messages may wait in a subscriber's queue; the rest waits in the log, where it costs the broker nothing."""
FORWARD_AT_ONCE = 4
"""Each batch holds a database connection; the handlers of the same process need the rest of the pool."""

_log = logger(__name__)


async def forward(part: Part) -> None:
    """Serve every subscriber until cancelled."""
    await Forwarder(part.database, part.settings.rabbitmq_url_for("monitor")).run()


class Forwarder:
    """One task for each subscriber that is behind. A cursor moves only after the broker's confirm.

    A forwarder that dies in between sends a batch again: a subscriber hears each event at least once, with the same
    id. Any number of forwarders may run: a subscriber's row is locked while a batch is under way.
    """

    def __init__(self, database: Database, rabbitmq_url: str) -> None:
        self._database = database
        self._url = rabbitmq_url
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()
        self._at_once = asyncio.Semaphore(FORWARD_AT_ONCE)
        self._queues_made: set[str] = set()

    async def run(self) -> None:
        """Look for subscribers that are behind, once in POLL_SECONDS, until cancelled."""
        working: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                try:
                    behind = await self._behind()
                except (SQLAlchemyError, OSError) as error:
                    _log.warning("forwarder waits", exc_info=error)
                    behind = []
                for name in behind:
                    if name not in working or working[name].done():
                        working[name] = asyncio.create_task(self._serve(name))
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in working.values():
                task.cancel()
            await asyncio.gather(*working.values(), return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Leave the broker. Safe to repeat; forwarding connects again."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(AMQPError, OSError, RuntimeError, asyncio.CancelledError):
                await connection.close()

    async def forward_batch(self, name: str) -> int:
        """Forward what comes next for one subscriber; gives by how many positions its cursor moved.

        0 when it has everything, when its queue is full, or when another forwarder is at it.
        """
        connection = await self._connected()
        async with self._at_once, connection.channel(publisher_confirms=True, on_return_raises=True) as channel:
            exchange = await channel.declare_exchange(FORWARD_EXCHANGE, aio_pika.ExchangeType.DIRECT, durable=True)
            queue = await channel.declare_queue(
                subscriber_queue(name),
                durable=True,
                arguments={"x-queue-type": "quorum", "x-single-active-consumer": True},
            )
            await queue.bind(exchange, name)
            self._queues_made.add(name)
            room = min(BATCH_SIZE, BACKLOG_MAX - (queue.declaration_result.message_count or 0))
            return await self._move_cursor(name, exchange, room) if room > 0 else 0

    async def _move_cursor(self, name: str, exchange: AbstractExchange, room: int) -> int:
        mine = subscriber.c.name == name
        async with self._database.connection() as connection:
            locked = select(subscriber).where(mine, subscriber.c.state == ACTIVE).with_for_update(skip_locked=True)
            found = (await connection.execute(locked)).first()
            if found is None:
                return 0
            # Positions become visible in their order (see `lock_log`), so nothing appears behind the cursor later.
            following = (
                select(event_log.c.position, event_log.c.event_id, event_log.c.routing_key, event_log.c.body)
                .where(event_log.c.position > found.position)
                .order_by(event_log.c.position)
                .limit(BATCH_SIZE)
            )
            rows = (await connection.execute(following)).all()
            if not rows:
                return 0
            wanted = [row for row in rows if wants(found.patterns, row.routing_key)]
            await _publish(exchange, name, wanted[:room])
            position: int = rows[-1].position if len(wanted) <= room else wanted[room - 1].position
            await connection.execute(update(subscriber).where(mine).values(position=position))
        return position - int(found.position)

    async def _behind(self) -> list[str]:
        """Who is behind, and who is new and may look for its queue before there is anything in it."""
        last = select(func.coalesce(func.max(event_log.c.position), 0)).scalar_subquery()
        query = select(subscriber.c.name, (subscriber.c.position < last).label("late"))
        async with self._database.connection() as connection:
            rows = await connection.execute(query.where(subscriber.c.state == ACTIVE).order_by(subscriber.c.name))
            return [row.name for row in rows if row.late or row.name not in self._queues_made]

    async def _serve(self, name: str) -> None:
        try:
            while await self.forward_batch(name):
                pass
        except (AMQPError, DeliveryError, SQLAlchemyError, OSError, TimeoutError, RuntimeError) as error:
            _log.warning("subscriber waits", subscriber=name, exc_info=error)
            await asyncio.sleep(FAILURE_WAIT_SECONDS)

    async def _connected(self) -> AbstractConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed:
                self._connection = await aio_pika.connect(
                    f"{self._url}?heartbeat={HEARTBEAT_SECONDS}", timeout=CONNECT_TIMEOUT_SECONDS
                )
            return self._connection


async def _publish(exchange: AbstractExchange, name: str, rows: list[Row[*tuple[Any, ...]]]) -> None:
    """The very bytes that were heard, all confirmed. Raises the first refusal."""
    async with asyncio.timeout(CONFIRM_TIMEOUT_SECONDS):
        confirms = [
            exchange.publish(
                aio_pika.Message(
                    row.body,
                    content_type=CONTENT_TYPE,
                    message_id=str(row.event_id),
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                ),
                name,
                mandatory=True,
            )
            for row in rows
        ]
        for result in await asyncio.gather(*confirms, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
