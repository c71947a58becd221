"""Brings messages from a consumer's queue to its inbox, and watches that it stays connected."""

import asyncio
from typing import Any

from aio_pika.exceptions import AMQPError
from faststream import AckPolicy
from faststream.rabbit import RabbitMessage

from services.shared.consumer import Consumer, Message
from services.shared.database import Database
from services.shared.health import OK
from services.shared.inbox import Inbox
from services.shared.logs import logger
from services.shared.rabbit import EXCHANGE, broker, queue

BATCH_SIZE = 64
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
        self._arrived: asyncio.Queue[RabbitMessage] = asyncio.Queue()

    async def start(self) -> None:
        """Declare and bind the queue, then read it. Raises when the broker is away."""
        await self._broker.connect()
        self._declared = await self._broker.declare_queue(self._queue)
        for key in self.consumer.routing_keys:
            await self._declared.bind(EXCHANGE, key)
        await self._broker.start()

    async def run(self) -> None:
        """Retry what failed and watch the queue, until cancelled.

        Raises QueueWithoutConsumer, or what kept a message out of the database; the process must start again then.
        """
        working = {asyncio.create_task(self._take_in()), asyncio.create_task(self.inbox.run_retries())}
        try:
            without = 0
            while True:
                done, _ = await asyncio.wait(working, timeout=WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    ended.result()
                without = 0 if await self.check() == OK else without + 1
                if without > WITHOUT_CONSUMER_MAX and await self._is_reachable():
                    raise QueueWithoutConsumer(self.consumer.name)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
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

    async def _on_message(self, message: RabbitMessage) -> None:
        """Only queues; the prefetch bounds how many can wait here."""
        self._arrived.put_nowait(message)

    async def _take_in(self) -> None:
        """Take in what has arrived, in order, and ack it when it is in the database; until cancelled.

        What could not be put there keeps its place: this raises, the process ends, and with its connection every
        message that it held goes back to the queue in the old order. A nack would put it behind later ones.
        """
        while True:
            batch = [await self._arrived.get()]
            while len(batch) < BATCH_SIZE and not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            await self.inbox.receive_batch(
                [Message(message.body, int(message.headers.get("x-delivery-count", 0))) for message in batch]
            )
            try:
                await batch[-1].raw_message.ack(multiple=True)
            except (AMQPError, RuntimeError) as error:
                # The connection is gone: the messages come again, and the inbox knows them.
                _log.info("ack lost", consumer=self.consumer.name, exc_info=error)
