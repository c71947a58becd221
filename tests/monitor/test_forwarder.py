"""Each subscriber gets what it asked for, in order, on a queue that only it may read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aiormq.exceptions import ChannelAccessRefused
from sqlalchemy import select

from deploy.broker import subscriber_definitions, subscriber_owner
from deploy.local.rabbitmq import RabbitMQ
from services.monitor import forwarder, handlers
from services.monitor.bus import consumer
from services.monitor.commands import CatchUp, Subscribe
from services.monitor.forwarder import Forwarder
from services.monitor.store import event_log, subscriber
from services.shared.database import Database
from services.shared.events import CONTENT_TYPE, read_envelope
from services.shared.inbox import Inbox
from services.shared.outcomes import Refused
from services.shared.rabbit import EXCHANGE, queue_name
from services.shared.settings import Settings
from tests.monitor.heard import MET_ON, a_half_year

WAIT_SECONDS = 20
LIST_QUEUES = ("list_queues", "-p", "kansen", "name")


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    database = service_database("monitor")
    inbox = Inbox(database, consumer)
    for body in a_half_year():
        await inbox.receive(body)
    return database


@pytest.fixture
async def forward(database: Database, stack_settings: Settings, rabbitmq: RabbitMQ) -> AsyncIterator[Forwarder]:
    forwarder = Forwarder(database, stack_settings.rabbitmq_url_for("monitor"))
    yield forwarder
    await forwarder.close()


async def _subscribe(database: Database, name: str, *patterns: str, position: int | None = 0) -> Refused | None:
    async with database.transaction() as tx:
        return await handlers.subscribe(tx, Subscribe(name=name, patterns=patterns, position=position), now=MET_ON)


async def _log(database: Database, *types: str) -> list[bytes]:
    async with database.transaction() as tx:
        query = select(event_log.c.body).order_by(event_log.c.position)
        return list((await tx.execute(query.where(event_log.c.type.in_(types)) if types else query)).scalars())


async def _cursor(database: Database, name: str) -> int:
    async with database.transaction() as tx:
        found: int = (await tx.execute(select(subscriber.c.position).where(subscriber.c.name == name))).scalar_one()
        return found


@asynccontextmanager
async def _queue(settings: Settings, rabbitmq: RabbitMQ, name: str) -> AsyncIterator[AbstractQueue]:
    """The subscriber's own view: its user, its queue."""
    rabbitmq.add_definitions(subscriber_owner(name), subscriber_definitions(settings, name))
    connection = await aio_pika.connect(settings.rabbitmq_url_for(subscriber_owner(name)))
    async with connection, connection.channel() as channel:
        yield await channel.get_queue(queue_name(f"monitor.{name}"), ensure=False)


async def _read(queue: AbstractQueue, count: int) -> list[bytes]:
    bodies: list[bytes] = []
    async with asyncio.timeout(WAIT_SECONDS), queue.iterator() as messages:
        async for message in messages:
            assert message.content_type == CONTENT_TYPE
            assert message.message_id == str(read_envelope(message.body).id)
            bodies.append(message.body)
            await message.ack()
            if len(bodies) == count:
                break
    return bodies


async def _until_served(forward: Forwarder, name: str) -> None:
    while await forward.forward_batch(name):
        pass


async def test_a_subscriber_gets_the_very_bytes_that_were_heard_in_their_order(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    await _subscribe(database, "everything", "#")

    await _until_served(forward, "everything")

    wanted = await _log(database)
    async with _queue(stack_settings, rabbitmq, "everything") as queue:
        assert await _read(queue, len(wanted)) == wanted


async def test_a_subscriber_gets_only_what_it_asked_for(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    await _subscribe(database, "intake-only", "signal.received", "family.*")

    await _until_served(forward, "intake-only")

    wanted = await _log(database, "nl.signals.received.v1", "nl.families.enrolled.v1", "nl.families.declined.v1")
    async with _queue(stack_settings, rabbitmq, "intake-only") as queue:
        assert await _read(queue, len(wanted)) == wanted


async def test_catching_up_sends_again_from_the_position_on(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    wanted = await _log(database)
    await _subscribe(database, "late", "#", position=None)
    await _until_served(forward, "late")
    async with database.transaction() as tx:
        assert await handlers.catch_up(tx, "late", CatchUp(position=len(wanted) - 3)) is None

    await _until_served(forward, "late")

    async with _queue(stack_settings, rabbitmq, "late") as queue:
        assert await _read(queue, 3) == wanted[-3:]


async def test_what_does_not_fit_in_a_full_queue_waits_in_the_log(
    database: Database,
    forward: Forwarder,
    stack_settings: Settings,
    rabbitmq: RabbitMQ,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forwarder, "BACKLOG_MAX", 4)
    wanted = await _log(database)
    await _subscribe(database, "slow", "#")
    await _subscribe(database, "quick", "#")
    await _until_served(forward, "slow")
    assert await _cursor(database, "slow") < len(wanted)

    received: list[bytes] = []
    async with _queue(stack_settings, rabbitmq, "quick") as queue:
        while len(received) < len(wanted):
            await forward.forward_batch("quick")
            received += await _read(queue, min(4, len(wanted) - len(received)))

    assert received == wanted
    assert await _cursor(database, "slow") < len(wanted)
    async with _queue(stack_settings, rabbitmq, "slow") as queue:
        first = await _read(queue, 4)
        await forward.forward_batch("slow")
        assert first + await _read(queue, 4) == wanted[:8]


async def test_the_cursor_stays_where_it_was_when_the_broker_does_not_confirm(
    database: Database, forward: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _subscribe(database, "unlucky", "#")

    async def lose(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(forwarder, "_publish", lose)
        with pytest.raises(TimeoutError):
            await forward.forward_batch("unlucky")
    assert await _cursor(database, "unlucky") == 0

    await _until_served(forward, "unlucky")
    assert await _cursor(database, "unlucky") == len(await _log(database))


async def test_two_forwarders_at_once_send_everything_once(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    other = Forwarder(database, stack_settings.rabbitmq_url_for("monitor"))
    wanted = await _log(database)
    await _subscribe(database, "once", "#")

    await asyncio.gather(*(each.forward_batch("once") for each in (forward, other, forward, other)))
    await other.close()
    async with database.transaction() as tx:
        await handlers.catch_up(tx, "once", CatchUp(position=len(wanted) - 1))
    await _until_served(forward, "once")

    async with _queue(stack_settings, rabbitmq, "once") as queue:
        assert await _read(queue, len(wanted) + 1) == [*wanted, wanted[-1]]


async def test_the_forwarder_serves_by_itself_whoever_is_behind(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    wanted = await _log(database)
    await _subscribe(database, "served", "#")
    running = asyncio.create_task(forward.run())
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while await _cursor(database, "served") < len(wanted):
                assert not running.done()
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async with _queue(stack_settings, rabbitmq, "served") as queue:
        assert await _read(queue, len(wanted)) == wanted


async def test_a_new_subscriber_finds_its_queue_before_there_is_anything_in_it(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    await _subscribe(database, "early", "#", position=None)
    running = asyncio.create_task(forward.run())
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while queue_name("monitor.early") not in await asyncio.to_thread(rabbitmq.control, *LIST_QUEUES):
                assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_subscriber_may_not_read_the_queue_of_another(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    for name in ("mine", "theirs"):
        await _subscribe(database, name, "#")
        await _until_served(forward, name)

    async with _queue(stack_settings, rabbitmq, "mine") as queue:
        theirs = await queue.channel.get_queue(queue_name("monitor.theirs"), ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await theirs.get(fail=False, timeout=WAIT_SECONDS)


async def test_a_subscriber_may_not_publish_anything(
    database: Database, forward: Forwarder, stack_settings: Settings, rabbitmq: RabbitMQ
) -> None:
    await _subscribe(database, "quiet", "#")
    await _until_served(forward, "quiet")

    async with _queue(stack_settings, rabbitmq, "quiet") as queue:
        exchange = await queue.channel.get_exchange(EXCHANGE, ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await exchange.publish(aio_pika.Message(b"{}"), routing_key="family.enrolled", mandatory=False)


async def test_the_same_subscription_again_changes_nothing(database: Database) -> None:
    assert await _subscribe(database, "twice", "family.*") is None
    assert await _subscribe(database, "twice", "family.*") is None
    assert await _subscribe(database, "twice", "tandem.*") == Refused("name-taken")


async def test_nobody_subscribes_to_the_future(database: Database) -> None:
    assert await _subscribe(database, "ahead", "#", position=10_000) == Refused("position-not-there-yet")
