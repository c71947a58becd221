"""The arms of the benchmark: ours beside raw, in turn, on the same engines, with fsync on."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import psycopg
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, create_engine, make_url, text

from services.plans.events import Contributor, HoursLogged
from services.shared.bus import Bus
from services.shared.consumer import Consumer, Message
from services.shared.database import Database, Transaction
from services.shared.events import CONTENT_TYPE, Envelope
from services.shared.rabbit import EXCHANGE, PREFETCH, queue_name
from services.shared.relay import BATCH_SIZE, Relay
from services.shared.tables import SharedTables
from services.shared.types import stable_id

SUBJECTS = 500
CONNECTIONS = 8
FSYNC_BYTES = 4096
FSYNC_TIMES = 200
ARM_SECONDS_MAX = 120.0
SOURCE = "urn:nld:oin:00000000000000000000:systeem:bench"

metadata = MetaData(schema="bench")
tables = SharedTables(metadata)
effect = Table("effect", metadata, Column("subject", Uuid), Column("minutes", Integer))
INSERT_EFFECT = effect.insert()


def sample(number: int) -> HoursLogged:
    """An event of ordinary size; subjects take turns, as families do."""
    return HoursLogged(
        trajectory_id=stable_id("bench", number % SUBJECTS),
        contributor=Contributor.BUDDY,
        minutes=number,
        on=date(2024, 3, 29),
    )


def sample_body(number: int) -> bytes:
    return Envelope.around(
        sample(number), source=SOURCE, sequence=number + 1, time=datetime(2024, 3, 29, tzinfo=UTC), traceparent=None
    ).body()


async def measure(
    folder: Path,
    database_url: str,
    broker_url: str,
    *,
    rounds: int,
    events: int,
    latency_events: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """All ratios and the machine's raw figures. Rates are per second, times in milliseconds; medians over rounds."""
    url = make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS bench"))
        metadata.create_all(connection)
        safe = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("fsync", "synchronous_commit")}
    engine.dispose()
    bench = _Bench(Database(url, tables=tables, source=SOURCE), url, broker_url)
    await bench.prepare()
    raw_publish: list[float] = []
    relay: list[float] = []
    raw_consume: list[float] = []
    consume: list[float] = []
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        arms = [(bench.raw_publish, raw_publish), (bench.relay, relay)]
        more = [(bench.raw_consume, raw_consume), (bench.consume, consume)]
        # The arm that goes first takes turns, so that neither always finds the engines warm.
        for arm, rates in [*arms, *more] if number % 2 == 0 else [*reversed(arms), *reversed(more)]:
            rates.append(await arm(events))
    confirms = await bench.confirm_times(latency_events)
    commits = await bench.commit_times(latency_events)
    latencies = await bench.latencies(latency_events)
    await bench.close()
    floor = statistics.median(commits) + statistics.median(confirms)
    p50, p99 = _quantile(latencies, 0.5), _quantile(latencies, 0.99)
    return {
        "processors": os.cpu_count() or 0,
        **{f"postgres_{name}": value for name, value in safe.items()},
        "raw_fsync_ms": statistics.median(fsync_times(folder)),
        "raw_commit_ms": statistics.median(commits),
        "raw_confirm_ms": statistics.median(confirms),
        "raw_publish_per_second": statistics.median(raw_publish),
        "relay_per_second": statistics.median(relay),
        "relay_ratio": statistics.median(ours / raw for ours, raw in zip(relay, raw_publish, strict=True)),
        "raw_consume_and_insert_per_second": statistics.median(raw_consume),
        "consume_per_second": statistics.median(consume),
        "consume_ratio": statistics.median(ours / raw for ours, raw in zip(consume, raw_consume, strict=True)),
        "commit_to_effect_p50_ms": p50,
        "commit_to_effect_p99_ms": p99,
        "commit_to_effect_p50_over_one_commit_and_one_confirm": p50 / floor,
        "commit_to_effect_p99_over_one_commit_and_one_confirm": p99 / floor,
    }


def fsync_times(folder: Path) -> list[float]:
    """Milliseconds for one write of 4 KiB and its fsync."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(FSYNC_TIMES):
            start = time.perf_counter()
            file.write(b"\0" * FSYNC_BYTES)
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return times


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


class _Bench:
    """The arms; each leaves its queue empty for the next one."""

    def __init__(self, database: Database, url: str, broker_url: str) -> None:
        self._database = database
        self._plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._broker = broker_url
        self._queue = queue_name("bench")

    async def prepare(self) -> None:
        self._connection = await aio_pika.connect_robust(self._broker)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        await self._channel.set_qos(prefetch_count=PREFETCH)
        queue = await self._channel.declare_queue(
            self._queue, durable=True, arguments={"x-queue-type": "quorum", "x-single-active-consumer": True}
        )
        self._exchange = await self._channel.get_exchange(EXCHANGE)
        await queue.bind(self._exchange, HoursLogged.routing_key)
        self._declared = queue

    async def close(self) -> None:
        await self._declared.delete(if_unused=False, if_empty=False)
        await self._connection.close()
        await self._database.close()

    async def _fill(self, events: int) -> None:
        for first in range(0, events, BATCH_SIZE):
            await asyncio.gather(
                *(_publish(self._exchange, sample_body(n)) for n in range(first, min(events, first + BATCH_SIZE)))
            )

    async def raw_publish(self, events: int) -> float:
        """Publishes a second straight from memory: confirms pipelined a batch deep, as the relay's are."""
        await self._declared.purge()
        bodies = [sample_body(n) for n in range(events)]
        connection = await aio_pika.connect(self._broker)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(EXCHANGE)
        start = time.perf_counter()
        for first in range(0, events, BATCH_SIZE):
            await asyncio.gather(*(_publish(exchange, body) for body in bodies[first : first + BATCH_SIZE]))
        rate = events / (time.perf_counter() - start)
        await connection.close()
        return rate

    async def relay(self, events: int) -> float:
        """Publishes a second out of the outbox: read, publish, confirm, mark, commit."""
        await self._declared.purge()
        async with self._database.transaction() as tx:
            for number in range(events):
                await tx.publish(sample(number), now=datetime(2024, 3, 29, tzinfo=UTC))
        relay = Relay(self._database, self._broker)
        await relay._connect()
        start = time.perf_counter()
        sent = 0
        while batch := await relay.publish_batch():
            sent += batch
        rate = sent / (time.perf_counter() - start)
        await relay._disconnect()
        return rate

    async def raw_consume(self, events: int) -> float:
        """Messages a second with one insert and commit each, then the ack; CONNECTIONS at once."""
        await self._declared.purge()
        await self._fill(events)
        done = asyncio.Event()
        seen = 0
        connections = [await psycopg.AsyncConnection.connect(self._plain, autocommit=True) for _ in range(CONNECTIONS)]
        free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()
        for connection in connections:
            free.put_nowait(connection)

        async def on_message(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            nonlocal seen
            connection = await free.get()
            await connection.execute(
                "INSERT INTO bench.effect (subject, minutes) VALUES (%s, %s)", (stable_id("raw"), len(message.body))
            )
            free.put_nowait(connection)
            await message.ack()
            seen += 1
            if seen == events:
                done.set()

        start = time.perf_counter()
        tag = await self._declared.consume(on_message)
        async with asyncio.timeout(ARM_SECONDS_MAX):
            await done.wait()
        rate = events / (time.perf_counter() - start)
        await self._declared.cancel(tag)
        for connection in connections:
            await connection.close()
        return rate

    async def consume(self, events: int) -> float:
        """The same through the inbox: read the event, inbox row, effect, commit, ack."""
        await self._declared.purge()
        await self._forget()
        await self._fill(events)
        done = asyncio.Event()
        start = time.perf_counter()
        bus = await self._start_bus(lambda seen: done.set() if seen == events else None)
        async with asyncio.timeout(ARM_SECONDS_MAX):
            await done.wait()
        rate = events / (time.perf_counter() - start)
        bus.cancel()
        await asyncio.gather(bus, return_exceptions=True)
        return rate

    async def confirm_times(self, times: int) -> list[float]:
        """Milliseconds for one publish and its confirm, alone."""
        return [await _timed(partial(_publish, self._exchange, sample_body(number))) for number in range(times)]

    async def commit_times(self, times: int) -> list[float]:
        """Milliseconds for one insert and its commit, alone."""
        async with await psycopg.AsyncConnection.connect(self._plain, autocommit=True) as connection:
            insert = "INSERT INTO bench.effect (subject, minutes) VALUES (%s, %s)"
            return [await _timed(partial(connection.execute, insert, (stable_id("raw"), 1))) for _ in range(times)]

    async def latencies(self, times: int) -> list[float]:
        """Milliseconds from a writer's commit to the committed effect, through outbox, relay, broker and inbox."""
        await self._declared.purge()
        await self._forget()
        arrived = asyncio.Event()
        bus = await self._start_bus(lambda _: arrived.set())
        relay = Relay(self._database, self._broker)
        self._database.on_publish = relay.wake
        relaying = asyncio.create_task(relay.run())
        found = []
        for number in range(times):
            arrived.clear()
            async with self._database.transaction() as tx:
                await tx.publish(sample(number), now=datetime(2024, 3, 29, tzinfo=UTC))
            start = time.perf_counter()
            async with asyncio.timeout(ARM_SECONDS_MAX):
                await arrived.wait()
            found.append((time.perf_counter() - start) * 1000)
        self._database.on_publish = None
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        bus.cancel()
        await asyncio.gather(bus, return_exceptions=True)
        return found

    async def _forget(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute(text("TRUNCATE bench.inbox, bench.effect, bench.outbox, bench.subject_sequence"))

    async def _start_bus(self, told: Callable[[int], None]) -> asyncio.Task[None]:
        consumer = Consumer("bench")

        @consumer.handles(HoursLogged)
        async def on_hours_logged(tx: Transaction, event: HoursLogged, now: datetime) -> None:
            await tx.execute(INSERT_EFFECT, {"subject": event.trajectory_id, "minutes": event.minutes})

        bus = Bus(self._database, consumer, self._broker)
        receive_batch, seen = bus.inbox.receive_batch, 0

        async def counted(messages: Sequence[Message]) -> None:
            nonlocal seen
            await receive_batch(messages)
            seen += len(messages)
            told(seen)

        bus.inbox.receive_batch = counted  # type: ignore[method-assign]  # watched from outside, not changed
        await bus.start()
        return asyncio.create_task(bus.run())


async def _publish(exchange: aio_pika.abc.AbstractExchange, body: bytes) -> None:
    message = aio_pika.Message(body, content_type=CONTENT_TYPE, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await exchange.publish(message, HoursLogged.routing_key, mandatory=True)


async def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    await work()
    return (time.perf_counter() - start) * 1000
