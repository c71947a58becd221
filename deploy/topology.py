"""Declares every consumer's queue and bindings before anything is told, so that the first event has somewhere to go."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import aio_pika

from deploy.services import OWNERS, package_of
from services.shared.inbox import Consumer
from services.shared.rabbit import CONNECT_TIMEOUT_SECONDS, EXCHANGE, QUEUE_ARGUMENTS, queue_name
from services.shared.service import Part, Service
from services.shared.settings import Settings
from services.shared.temporal import connect


def declare_queues(settings: Settings) -> list[str]:
    """Declare, as the broker's owner, the exchange and each consumer's queue; gives the queues. Safe to repeat."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _declare(settings)).result()


async def consumers(settings: Settings) -> list[Consumer]:
    """Every consumer of every service."""
    temporal = await connect(settings, lazy=True)
    found: list[Consumer] = []
    for owner in OWNERS:
        service: Service = import_module(f"{package_of(owner)}.__main__").SERVICE
        database = service.database(settings)
        found += service.consumers_for(Part(settings=settings, database=database, temporal=temporal))
        await database.close()
    return found


async def _declare(settings: Settings) -> list[str]:
    names = []
    connection = await aio_pika.connect(settings.rabbitmq_url.get_secret_value(), timeout=CONNECT_TIMEOUT_SECONDS)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        for consumer in await consumers(settings):
            queue = await channel.declare_queue(queue_name(consumer.name), durable=True, arguments=QUEUE_ARGUMENTS)
            for key in consumer.routing_keys:
                await queue.bind(exchange, key)
            names.append(queue.name)
    return names
