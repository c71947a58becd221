"""Carries events from a service's outbox to the broker: at least once, in order, never one forgotten."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aio_pika
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import AMQPError, DeliveryError
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import Database
from services.shared.events import CONTENT_TYPE
from services.shared.logs import logger
from services.shared.rabbit import CONFIRM_TIMEOUT_SECONDS, publishing_exchange

BATCH_SIZE = 500
POLL_SECONDS = 1.0
FAILURE_WAIT_SECONDS = 0.5
FAILURE_WAIT_SECONDS_MAX = 10.0
KEEP_PUBLISHED = timedelta(days=90)
"""Published rows stay for resending and for audits; the inbox keeps its rows longer (KEEP_HANDLED)."""

_log = logger(__name__)


class Relay:
    """Publishes a service's outbox. Any number may run: one at a time holds the transaction lock of a batch.

    Order: rows leave by position; rows of one subject are committed in order because they share the subject's
    sequence row. A row is marked only after the broker's confirm, so a relay that is killed in between publishes it
    again and the inbox of each consumer drops the second one.
    """

    def __init__(self, database: Database, rabbitmq_url: str) -> None:
        self._database = database
        self._url = rabbitmq_url
        self._wake = asyncio.Event()
        self._publisher: tuple[Any, AbstractExchange] | None = None

    def wake(self) -> None:
        """There may be something to publish."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        listener = asyncio.create_task(self._listen())
        wait = FAILURE_WAIT_SECONDS
        try:
            while True:
                try:
                    self._wake.clear()
                    while await self.publish_batch() == BATCH_SIZE:
                        pass
                    wait = FAILURE_WAIT_SECONDS
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                except (AMQPError, DeliveryError, SQLAlchemyError, OSError, TimeoutError, RuntimeError) as error:
                    _log.warning("relay waits", schema=self._database.schema, exc_info=error)
                    await self._disconnect()
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, FAILURE_WAIT_SECONDS_MAX)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
            await self._disconnect()

    async def publish_batch(self) -> int:
        """Publish and mark the next rows; gives their number, 0 when another relay is at it or nothing is left."""
        outbox = self._database.tables.outbox
        exchange = await self._connect()
        async with self._database.connection() as connection:
            lock = select(func.pg_try_advisory_xact_lock(func.hashtext(f"{self._database.schema}.outbox")))
            if not (await connection.execute(lock)).scalar_one():
                return 0
            rows = (
                await connection.execute(
                    select(outbox.c.position, outbox.c.event_id, outbox.c.routing_key, outbox.c.body)
                    .where(outbox.c.published_at.is_(None))
                    .order_by(outbox.c.position)
                    .limit(BATCH_SIZE)
                )
            ).all()
            if not rows:
                return 0
            await self._publish(exchange, rows)
            await connection.execute(
                update(outbox)
                .where(outbox.c.position.in_([row.position for row in rows]))
                .values(published_at=func.clock_timestamp())
            )
        return len(rows)

    async def _publish(self, exchange: AbstractExchange, rows: Sequence[Row[Any, Any, Any, Any]]) -> None:
        async with asyncio.timeout(CONFIRM_TIMEOUT_SECONDS):
            results = await asyncio.gather(
                *(
                    exchange.publish(
                        aio_pika.Message(
                            row.body,
                            content_type=CONTENT_TYPE,
                            message_id=str(row.event_id),
                            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                        ),
                        row.routing_key,
                        # The monitor hears everything, so an event that no queue takes means that the topology is
                        # not there yet: wait for it, loudly, rather than lose what was told.
                        mandatory=True,
                    )
                    for row in rows
                ),
                return_exceptions=True,
            )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _connect(self) -> AbstractExchange:
        if self._publisher is None:
            self._publisher = await publishing_exchange(self._url)
        return self._publisher[1]

    async def _disconnect(self) -> None:
        if self._publisher is not None:
            connection, self._publisher = self._publisher[0], None
            with suppress(AMQPError, OSError, RuntimeError, asyncio.CancelledError):
                await connection.close()

    async def _listen(self) -> None:
        while True:
            try:
                await self._database.listen(self.wake)
            except Exception as error:
                _log.info("relay listens again", schema=self._database.schema, exc_info=error)
            await asyncio.sleep(POLL_SECONDS)


async def outbox_age_seconds(database: Database) -> float:
    """How long the oldest unpublished event has been waiting; 0 when none is."""
    outbox = database.tables.outbox
    age = select(func.extract("epoch", func.clock_timestamp() - func.min(outbox.c.recorded_at))).where(
        outbox.c.published_at.is_(None)
    )
    async with database.connection() as connection:
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        return float((await connection.execute(age)).scalar_one() or 0.0)
