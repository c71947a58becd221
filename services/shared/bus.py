"""Brings messages from a consumer's queue to its inbox, and watches that it stays connected."""

import asyncio
from typing import Any

from faststream import AckPolicy
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import Database
from services.shared.health import OK
from services.shared.inbox import Consumer, Inbox
from services.shared.logs import logger
from services.shared.rabbit import EXCHANGE, broker, queue

DATABASE_WAIT_SECONDS = 1.0
WATCH_SECONDS = 2.0
WITHOUT_CONSUMER_MAX = 3

_log = logger(__name__)


class QueueWithoutConsumer(Exception):
    """The broker says that nobody reads the queue (faststream #2758): the process must start again."""


class Bus:
    """One consumer on its queue. Messages are acked when they are in the database, never held long without an ack."""

    def __init__(self, database: Database, consumer: Consumer, rabbitmq_url: str) -> None:
        self.consumer = consumer
        self.inbox = Inbox(database, consumer)
        self._broker = broker(rabbitmq_url)
        self._queue = queue(consumer.name)
        self._broker.subscriber(self._queue, ack_policy=AckPolicy.MANUAL)(self._on_message)
        self._declared: Any = None

    async def start(self) -> None:
        """Declare and bind the queue, then read it. Raises when the broker is away."""
        await self._broker.connect()
        self._declared = await self._broker.declare_queue(self._queue)
        for key in self.consumer.routing_keys:
            await self._declared.bind(EXCHANGE, key)
        await self._broker.start()

    async def run(self) -> None:
        """Retry what failed and watch the queue, until cancelled. Raises QueueWithoutConsumer."""
        retries = asyncio.create_task(self.inbox.run_retries())
        try:
            without = 0
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                if retries.done():
                    retries.result()
                without = 0 if await self.check() == OK else without + 1
                if without > WITHOUT_CONSUMER_MAX and await self._is_reachable():
                    raise QueueWithoutConsumer(self.consumer.name)
        finally:
            retries.cancel()
            await asyncio.gather(retries, return_exceptions=True)
            await self._broker.stop()

    async def check(self) -> str:
        """The health of this consumer: ok only when the broker itself counts a reader on the queue."""
        if not await self._is_reachable():
            return "broker away"
        try:
            async with asyncio.timeout(WATCH_SECONDS):
                result = await self._declared.declare()
        except Exception:
            return "queue not readable"
        return OK if result.consumer_count else "no consumer"

    async def _is_reachable(self) -> bool:
        return await self._broker.ping(timeout=WATCH_SECONDS)

    async def _on_message(self, body: bytes, message: Any) -> None:
        deliveries = int(message.headers.get("x-delivery-count", 0))
        try:
            await self.inbox.receive(body, deliveries=deliveries)
        except (SQLAlchemyError, OSError) as error:
            # The database is away. Give the message back, slowly: the wait bounds the redeliveries a minute.
            _log.warning("database away, message goes back", consumer=self.consumer.name, exc_info=error)
            await asyncio.sleep(DATABASE_WAIT_SECONDS)
            await message.nack(requeue=True)
            return
        await message.ack()
