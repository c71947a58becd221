"""The broker refuses what a service has no right to."""

import asyncio

import aio_pika
import pytest
from aio_pika.abc import AbstractRobustConnection
from aiormq.exceptions import ChannelAccessRefused

from deploy.broker import definitions, routing_keys
from deploy.local.rabbitmq import RabbitMQ
from deploy.services import OWNERS
from services.shared.rabbit import EXCHANGE
from services.shared.settings import Settings

PATIENCE_SECONDS = 20


def test_no_two_services_may_publish_the_same_event() -> None:
    keys = [key for owner in OWNERS for key in routing_keys(owner)]

    assert sorted(keys) == sorted(set(keys))


def test_definitions_are_the_same_every_time_they_are_made(placeholder_settings: Settings) -> None:
    assert definitions(placeholder_settings) == definitions(placeholder_settings)


def test_definitions_hold_no_password_that_can_be_read(placeholder_settings: Settings) -> None:
    password = placeholder_settings.rabbitmq_url_for("budget").split(":")[2].split("@")[0]

    assert password not in str(definitions(placeholder_settings))


async def _connect(settings: Settings, rabbitmq: RabbitMQ, service: str) -> AbstractRobustConnection:
    url = settings.rabbitmq_url_for(service)
    return await aio_pika.connect_robust(url)


async def _publish(settings: Settings, rabbitmq: RabbitMQ, *, service: str, key: str) -> None:
    connection = await _connect(settings, rabbitmq, service)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EXCHANGE)
        await exchange.publish(aio_pika.Message(b"{}"), routing_key=key, mandatory=False)


async def test_a_service_may_publish_its_own_events(stack_settings: Settings, rabbitmq: RabbitMQ) -> None:
    await _publish(stack_settings, rabbitmq, service="intake", key=routing_keys("intake")[0])


async def test_a_service_may_not_publish_the_events_of_another(stack_settings: Settings, rabbitmq: RabbitMQ) -> None:
    with pytest.raises(ChannelAccessRefused):
        await _publish(stack_settings, rabbitmq, service="budget", key=routing_keys("intake")[0])


async def test_a_service_may_not_read_the_queue_of_another(stack_settings: Settings, rabbitmq: RabbitMQ) -> None:
    owner = await _connect(stack_settings, rabbitmq, "intake")
    async with owner:
        channel = await owner.channel()
        await channel.declare_queue("kansen.intake.trial", durable=True, arguments={"x-queue-type": "quorum"})
    other = await _connect(stack_settings, rabbitmq, "budget")
    async with other:
        channel = await other.channel()
        queue = await channel.get_queue("kansen.intake.trial", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await queue.get(no_ack=False, timeout=5)


async def test_every_queue_of_ours_has_the_policy_that_keeps_what_cannot_be_delivered(
    stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    connection = await _connect(stack_settings, rabbitmq, "plans")
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue("kansen.plans.trial", durable=True, arguments={"x-queue-type": "quorum"})

    policies = dict(line.split("\t") for line in _queues(rabbitmq, "policy"))

    assert policies["kansen.plans.trial"] == "kansen"
    assert policies["kansen.dead"] == "kansen-dead"


async def test_what_a_consumer_refuses_is_kept_as_a_dead_letter(stack_settings: Settings, rabbitmq: RabbitMQ) -> None:
    owner = await aio_pika.connect_robust(rabbitmq.url)
    consumer = await _connect(stack_settings, rabbitmq, "monitor")
    async with owner, consumer:
        reading = await consumer.channel()
        queue = await reading.declare_queue("kansen.monitor.trial", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(EXCHANGE, "trial.refused")
        publishing = await owner.channel()
        exchange = await publishing.get_exchange(EXCHANGE)
        await exchange.publish(aio_pika.Message(b"poison"), routing_key="trial.refused")
        message = await queue.get(timeout=PATIENCE_SECONDS)
        assert message is not None
        await message.reject(requeue=False)

        dead = await publishing.get_queue("kansen.dead")
        async with asyncio.timeout(PATIENCE_SECONDS), dead.iterator() as letters:
            letter = await anext(letters)
            await letter.ack()

    assert letter.body == b"poison"


def _queues(rabbitmq: RabbitMQ, column: str) -> list[str]:
    return rabbitmq.control("list_queues", "-p", "kansen", "name", column).strip().splitlines()[1:]
