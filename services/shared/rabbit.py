"""The broker as it must be used: durable, confirmed, bounded. The only place that knows aio-pika and FastStream."""

from typing import Any

import aio_pika
from aio_pika.abc import AbstractRobustConnection, AbstractRobustExchange
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

EXCHANGE = "kansen.events"
QUEUE_PREFIX = "kansen"
PREFETCH = 128
CONNECT_TIMEOUT_SECONDS = 10
RECONNECT_SECONDS = 1
HEARTBEAT_SECONDS = 15
CONFIRM_TIMEOUT_SECONDS = 30
GRACEFUL_STOP_SECONDS = 8
QUEUE_ARGUMENTS: dict[str, Any] = {"x-queue-type": "quorum", "x-single-active-consumer": True}
"""What `queue` below says, in the broker's own words: for whoever declares a queue without FastStream."""


def queue_name(consumer: str) -> str:
    """The durable queue of one consumer and purpose: `kansen.budget`, `kansen.monitor.subscriber`."""
    return f"{QUEUE_PREFIX}.{consumer}"


def subscriber_queue(name: str) -> str:
    """The durable queue of one subscriber of the monitor: `kansen.monitor.dashboard`."""
    return queue_name(f"monitor.{name}")


def queue(consumer: str) -> RabbitQueue:
    """A quorum queue with one active consumer at a time, so that a subject's events are handled in their order.

    What may change later (delivery limit, dead letters, lengths) is set by policy (`deploy/broker.py`), never here.
    """
    return RabbitQueue(
        queue_name(consumer),
        queue_type=QueueType.QUORUM,
        durable=True,
        arguments={"x-single-active-consumer": True},
    )


def broker(url: str) -> RabbitBroker:
    """FastStream's broker with defaults that lose nothing.

    Handlers get the whole message with its `body`, `headers` and `ack`: reading it is the inbox's work.
    """

    async def undecoded(message: RabbitMessage) -> RabbitMessage:
        return message

    return RabbitBroker(
        f"{url}?heartbeat={HEARTBEAT_SECONDS}",
        decoder=undecoded,
        default_channel=Channel(prefetch_count=PREFETCH, on_return_raises=True),
        timeout=CONNECT_TIMEOUT_SECONDS,
        reconnect_interval=RECONNECT_SECONDS,
        graceful_timeout=GRACEFUL_STOP_SECONDS,
        fail_fast=False,
        apply_types=False,
        logger=None,
    )


async def publishing_exchange(url: str) -> tuple[AbstractRobustConnection, AbstractRobustExchange]:
    """A connection and the exchange on a channel with publisher confirms, on which an unroutable event is an error."""
    connection = await aio_pika.connect_robust(
        f"{url}?heartbeat={HEARTBEAT_SECONDS}", timeout=CONNECT_TIMEOUT_SECONDS, reconnect_interval=RECONNECT_SECONDS
    )
    try:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(EXCHANGE, ensure=True)
    except BaseException:
        await connection.close()
        raise
    return connection, exchange  # type: ignore[return-value]  # a robust channel gives a robust exchange
