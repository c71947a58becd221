"""Declares every consumer's queue and bindings before anything is told, so that the first event has somewhere to go."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import aio_pika

from deploy.consumers import bound_consumers
from services.shared.rabbit import CONNECT_TIMEOUT_SECONDS, EXCHANGE, QUEUE_ARGUMENTS, queue_name
from services.shared.settings import Settings


def declare_queues(settings: Settings) -> list[str]:
    """Declare, as the broker's owner, the exchange and each consumer's queue; gives the queues. Safe to repeat."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _declare(settings)).result()


async def _declare(settings: Settings) -> list[str]:
    names = []
    connection = await aio_pika.connect(settings.rabbitmq_url.get_secret_value(), timeout=CONNECT_TIMEOUT_SECONDS)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        for bound in await bound_consumers(settings):
            consumer = bound.consumer
            queue = await channel.declare_queue(queue_name(consumer.name), durable=True, arguments=QUEUE_ARGUMENTS)
            for key in consumer.routing_keys:
                await queue.bind(exchange, key)
            names.append(queue.name)
    return names
