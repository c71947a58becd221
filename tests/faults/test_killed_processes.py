"""Kill real processes where it hurts: every event arrives, each effect happens once, in order."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import aio_pika
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text, update
from sqlalchemy.exc import DBAPIError

from deploy.local.rabbitmq import RabbitMQ
from services.plans.events import HoursLogged
from services.shared.consumer import Consumer
from services.shared.database import Database, is_unavailable
from services.shared.events import CONTENT_TYPE, Envelope
from services.shared.inbox import ATTEMPTS_MAX, SUSPECT_DELIVERIES, Inbox
from services.shared.parking import KILLS, count_parked, request_resend
from services.shared.rabbit import EXCHANGE, queue_name
from services.shared.relay import BATCH_SIZE
from tests.faults.rehearsal import (
    POISON_MINUTES,
    SOURCE,
    heard,
    hours,
    metadata,
    reader,
    rehearsal_database,
    tables,
    unpublished,
    what_was_heard,
    write,
)

pytestmark = pytest.mark.engines

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.02
KILLED = -9


class Rehearsal:
    """A database and a queue of one test's own, and real processes on them."""

    def __init__(self, url: str, broker: str, name: str) -> None:
        self.url, self.broker, self.name = url, broker, name
        self.database: Database = rehearsal_database(url)
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        environment = os.environ | {"REHEARSAL_DATABASE": self.url, "REHEARSAL_BROKER": self.broker}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.rehearsal", *arguments, "--name", self.name, cwd=ROOT, env=environment
        )
        self.processes.append(process)
        return process

    async def dies(self, *arguments: str) -> None:
        process = await self.start(*arguments)
        assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == KILLED

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again, until it holds or patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await self.holds(condition):
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            if time.monotonic() > deadline:
                waiting, heard = await unpublished(self.database), await what_was_heard(self.database)
                pytest.fail(f"{waiting} events not published, {len(heard)} heard")

    async def holds(self, condition: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it holds now. A test that cuts connections cuts its own too: then it does not know yet."""
        try:
            return await condition()
        except DBAPIError as error:
            if not is_unavailable(error):
                raise
            return False

    async def everything_arrives_once(self, count: int) -> None:
        """All of the first `count` log entries were added up exactly once, each family's in their order."""

        async def arrived() -> bool:
            return len(await what_was_heard(self.database)) >= count and not await unpublished(self.database)

        await self.until(arrived)
        found = await what_was_heard(self.database)
        assert sorted(found) == sorted((hours(n).trajectory_id, hours(n).minutes) for n in range(count))
        by_family: dict[UUID, list[int]] = {}
        for family, minutes in found:
            by_family.setdefault(family, []).append(minutes)
        assert all(entries == sorted(entries) for entries in by_family.values())
        assert await count_parked(self.database) == 0

    async def send_raw(self, body: bytes) -> None:
        connection = await aio_pika.connect(self.broker)
        async with connection:
            channel = await connection.channel()
            await channel.default_exchange.publish(
                aio_pika.Message(body, content_type=CONTENT_TYPE), queue_name(self.name)
            )

    async def stop(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        await self.database.close()
        connection = await aio_pika.connect(self.broker)
        async with connection:
            channel = await connection.channel()
            await channel.queue_delete(queue_name(self.name))


@asynccontextmanager
async def declared_queue(broker: str, name: str) -> AsyncIterator[None]:
    """The queue is there before anyone publishes, as it is after `deploy.migrate`."""
    connection = await aio_pika.connect(broker)
    async with connection:
        channel = await connection.channel()
        made = await channel.declare_queue(
            queue_name(name), durable=True, arguments={"x-queue-type": "quorum", "x-single-active-consumer": True}
        )
        await made.bind(EXCHANGE, HoursLogged.routing_key)
    yield


@pytest.fixture
async def rehearsal(new_database: Callable[[], str], rabbitmq: RabbitMQ) -> AsyncIterator[Rehearsal]:
    url = make_url(new_database()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA rehearsal"))
        metadata.create_all(connection)
    engine.dispose()
    made = Rehearsal(url, rabbitmq.url, f"rehearsal-{uuid4().hex[:8]}")
    async with declared_queue(made.broker, made.name):
        yield made
        await made.stop()


async def test_events_of_a_writer_that_died_right_after_its_commit_are_told(rehearsal: Rehearsal) -> None:
    await rehearsal.dies("write", "--count", "30", "--die", "after-commit")
    await rehearsal.start("relay")
    await rehearsal.start("read")
    await rehearsal.everything_arrives_once(30)


@pytest.mark.parametrize(
    ("point", "after"), [("before-publish", 1), ("first-confirm", 1), ("first-confirm", 100), ("after-confirm", 1)]
)
async def test_a_relay_killed_anywhere_loses_nothing_and_doubles_nothing(
    rehearsal: Rehearsal, point: str, after: int
) -> None:
    await write(rehearsal.database, 200)
    await rehearsal.start("read")
    await rehearsal.dies("relay", "--die", point, "--after", str(after))
    assert await unpublished(rehearsal.database) == 200, "nothing counts as published before its confirm is recorded"
    await rehearsal.start("relay")
    await rehearsal.everything_arrives_once(200)


@pytest.mark.parametrize(
    ("point", "after"), [("before-commit", 1), ("before-commit", 40), ("after-effect", 1), ("after-effect", 40)]
)
async def test_a_consumer_killed_between_effect_and_ack_adds_up_once(
    rehearsal: Rehearsal, point: str, after: int
) -> None:
    await write(rehearsal.database, 100)
    await rehearsal.start("relay")
    await rehearsal.dies("read", "--die", point, "--after", str(after))
    await rehearsal.start("read")
    await rehearsal.everything_arrives_once(100)


async def test_two_relays_and_two_consumers_are_as_good_as_one(rehearsal: Rehearsal) -> None:
    for what in ("relay", "relay", "read", "read"):
        await rehearsal.start(what)
    await write(rehearsal.database, 2 * BATCH_SIZE + 100)
    await rehearsal.everything_arrives_once(2 * BATCH_SIZE + 100)


async def test_the_second_consumer_takes_over_when_the_first_is_killed(rehearsal: Rehearsal) -> None:
    await rehearsal.start("relay")
    first = await rehearsal.start("read")
    await write(rehearsal.database, 20)
    await rehearsal.everything_arrives_once(20)
    await rehearsal.start("read")
    first.kill()
    await write(rehearsal.database, 20, first=20)
    await rehearsal.everything_arrives_once(40)


async def test_a_broker_that_restarts_under_load_loses_nothing(rehearsal: Rehearsal, rabbitmq: RabbitMQ) -> None:
    await rehearsal.start("relay")
    await rehearsal.start("read")
    writer = await rehearsal.start("write", "--count", "300", "--per-second", "25")
    await rehearsal.until(lambda: _heard_at_least(rehearsal, 20))
    await asyncio.to_thread(rabbitmq.restart)
    assert await asyncio.wait_for(writer.wait(), PATIENCE_SECONDS) == 0, "nobody who writes notices the broker"
    await rehearsal.everything_arrives_once(300)


async def test_database_connections_that_are_cut_change_nothing(rehearsal: Rehearsal) -> None:
    await rehearsal.start("relay")
    await rehearsal.start("read")
    writing = asyncio.create_task(write(rehearsal.database, 300))
    owner = make_url(rehearsal.url).set(drivername="postgresql").render_as_string(hide_password=False)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = %s"
    )
    await writing
    for number in range(5):
        await rehearsal.until(partial(_heard_at_least, rehearsal, number * 50))
        async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
            await connection.execute(cut, ["ClientRead"])
    await rehearsal.everything_arrives_once(300)


async def test_garbage_is_parked_and_stops_nobody(rehearsal: Rehearsal) -> None:
    await rehearsal.start("relay")
    await rehearsal.start("read")
    for garbage in (b"\x00\xff\xfe", b"", b"[" * 100_000, b'{"specversion":"1.0"}', b'"family"'):
        await rehearsal.send_raw(garbage)
    await write(rehearsal.database, 10)
    await rehearsal.until(lambda: _parked(rehearsal, 5))
    assert {reason for reason, _ in await _parked_rows(rehearsal)} == {"not-json", "not-a-cloudevent"}
    await rehearsal.until(lambda: _heard_at_least(rehearsal, 10))
    assert len(await what_was_heard(rehearsal.database)) == 10


async def test_a_poison_event_is_parked_after_its_attempts_and_can_be_sent_again(rehearsal: Rehearsal) -> None:
    """Thirteen minutes cannot be added up; the others of the same family can, and thirteen can once it is mended."""
    await rehearsal.start("relay")
    broken = await rehearsal.start("read")
    async with rehearsal.database.transaction() as tx:
        poison = hours(0).model_copy(update={"minutes": POISON_MINUTES})
        envelope = await tx.publish(poison, now=datetime(2024, 3, 29, tzinfo=UTC))
    await write(rehearsal.database, 30)
    await rehearsal.until(lambda: _heard_at_least(rehearsal, 30))
    await _hurry(rehearsal)
    await rehearsal.until(lambda: _parked(rehearsal, 1))
    assert await _parked_rows(rehearsal) == [("builtins.ZeroDivisionError", ATTEMPTS_MAX)]
    assert len(await what_was_heard(rehearsal.database)) == 30, "an attempt that fails leaves nothing behind"
    broken.kill()
    await broken.wait()

    assert await request_resend(rehearsal.database) == 1
    mended = Mended(rehearsal)
    await mended.retry()
    assert await count_parked(rehearsal.database) == 0
    assert (envelope.subject, POISON_MINUTES) in await what_was_heard(rehearsal.database)
    assert await request_resend(rehearsal.database) == 0


class Mended:
    """The reader after its repair."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        consumer = Consumer(rehearsal.name)

        @consumer.handles(HoursLogged)
        async def on_hours_logged(tx, event, now):  # type: ignore[no-untyped-def]  # a short stand-in
            await tx.execute(heard.insert().values(trajectory_id=event.trajectory_id, minutes=event.minutes))

        self._inbox = Inbox(rehearsal.database, consumer)

    async def retry(self) -> None:
        while await self._inbox.retry_due():
            pass


async def test_an_event_that_kills_its_process_is_parked_and_takes_no_innocent_with_it(rehearsal: Rehearsal) -> None:
    """The broker counts three deaths; from then on the event is tried by itself, and each try is counted beforehand."""
    inbox = Inbox(rehearsal.database, reader(rehearsal.name))
    deadly = _cloudevent(hours(1), sequence=1)
    innocent = _cloudevent(hours(2), sequence=1)
    for body in (deadly, innocent):
        await inbox.receive(body, deliveries=SUSPECT_DELIVERIES)
    assert await what_was_heard(rehearsal.database) == []
    parked_after = 0
    while not await count_parked(rehearsal.database):
        await _make_due(rehearsal)
        due = await inbox._lease_due()
        assert due is not None
        parked_after += due[1] == deadly
        if due[1] == innocent or due[2] > ATTEMPTS_MAX:
            await inbox._retry(*due)
    assert parked_after == ATTEMPTS_MAX + 1, "so many lives, and then no more"
    assert await _parked_rows(rehearsal) == [(KILLS, ATTEMPTS_MAX)]
    assert await what_was_heard(rehearsal.database) == [(hours(2).trajectory_id, hours(2).minutes)]


def _cloudevent(event: HoursLogged, *, sequence: int) -> bytes:
    logged = datetime(2024, 3, 29, tzinfo=UTC)
    return Envelope.around(event, source=SOURCE, sequence=sequence, time=logged, traceparent=None).body()


async def _heard_at_least(rehearsal: Rehearsal, count: int) -> bool:
    return len(await what_was_heard(rehearsal.database)) >= count


async def _parked(rehearsal: Rehearsal, count: int) -> bool:
    return await count_parked(rehearsal.database) >= count


async def _parked_rows(rehearsal: Rehearsal) -> list[tuple[str, int]]:
    parked = tables.parked
    async with rehearsal.database.connection() as connection:
        rows = await connection.execute(parked.select().order_by(parked.c.parked_at))
        return [(row.reason, row.attempts) for row in rows]


async def _hurry(rehearsal: Rehearsal) -> None:
    """Let every retry be due now, until there are none: what minutes of waiting would bring."""
    while not await count_parked(rehearsal.database):
        await _make_due(rehearsal)
        await asyncio.sleep(0.05)


async def _make_due(rehearsal: Rehearsal) -> None:
    inbox = tables.inbox
    async with rehearsal.database.connection() as connection:
        due = update(inbox).where(inbox.c.state == "retrying").values(next_attempt_at=text("clock_timestamp()"))
        await connection.execute(due)
