"""Hears events so that each one has its effect once: inbox row first, attempts counted, poison parked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import Database, Transaction, is_unavailable
from services.shared.events import Envelope, Event, UnreadableEvent, read_envelope
from services.shared.logs import describe, logger
from services.shared.trace import trace
from services.shared.types import stable_id

ATTEMPTS_MAX = 8
RETRY_FIRST_SECONDS = 0.2
RETRY_FACTOR = 3.0
RETRY_SECONDS_MAX = 120.0
RETRY_POLL_SECONDS = 0.5
RESEND_BATCH = 16
SUSPECT_DELIVERIES = 3
"""A message that was being handled when its process died this often is tried by itself from then on."""
DATABASE_WAIT_SECONDS = 0.1
DATABASE_WAIT_SECONDS_MAX = 2.0
DATABASE_WAIT_SECONDS_TOTAL = 20.0
"""So long a message waits for a database that is away; then its process starts again and waits for it there."""
KILLS = "kills-its-process"

_log = logger(__name__)

Handler = Callable[[Transaction, Any, datetime], Awaitable[None]]


@dataclass(frozen=True)
class Heard[E: Event]:
    """An event with what its envelope says of it, for handlers that keep more than the event itself."""

    event: E
    envelope: Envelope
    body: bytes


@dataclass(frozen=True)
class Message:
    """Bytes from the queue; `deliveries` is how often the broker delivered them before."""

    body: bytes
    deliveries: int = 0


@dataclass(frozen=True)
class _Readable:
    body: bytes
    envelope: Envelope
    event: Event


class Consumer:
    """What one service does with others' events: a queue, and a handler for each type.

    A handler is `async def on_family_enrolled(tx, event, now)`; `now` is the event's own time, so that a late message
    has the effect it would have had. It must not commit. One consumer has one queue and one inbox name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.handlers: dict[str, Handler] = {}
        self.on_everything: Callable[[Transaction, Heard[Event]], Awaitable[None]] | None = None

    def handles[E: Event](
        self, kind: type[E]
    ) -> Callable[[Callable[[Transaction, E, datetime], Awaitable[None]]], Callable[..., Awaitable[None]]]:
        """Register a handler; its name must be the event's (`on_family_enrolled`). Raises TypeError otherwise."""

        def register(handler: Callable[[Transaction, E, datetime], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
            name = getattr(handler, "__name__", "")
            if name != kind.handler_name:
                raise TypeError(f"{name} handles {kind.__name__}: call it {kind.handler_name}")
            if kind.type in self.handlers:
                raise TypeError(f"{self.name} handles {kind.type} already")
            self.handlers[kind.type] = cast(Handler, handler)
            return handler

        return register

    def hears_everything(
        self, handler: Callable[[Transaction, Heard[Event]], Awaitable[None]]
    ) -> Callable[[Transaction, Heard[Event]], Awaitable[None]]:
        """Register one handler for every type there is."""
        self.on_everything = handler
        return handler

    @property
    def routing_keys(self) -> list[str]:
        """What its queue is bound to."""
        if self.on_everything is not None:
            return ["#"]
        return sorted(Event.known[kind].routing_key for kind in self.handlers)

    def hears(self, kind: str) -> bool:
        return self.on_everything is not None or kind in self.handlers


class Inbox:
    """Runs a consumer against its service's database: the transaction around each handler, retries, parking."""

    def __init__(self, database: Database, consumer: Consumer) -> None:
        self._database = database
        self._tables = database.tables
        self.consumer = consumer
        # One thing at a time: the order of arrival is the order of effects. Other queues go on beside it.
        self._turn = asyncio.Lock()
        self._claim_statement = text(
            f"INSERT INTO {self._tables.inbox.fullname} (consumer, event_id, type, subject, state, attempts)"  # noqa: S608 - a table's own name
            " SELECT :consumer, id, type, subject, 'done', 1"
            " FROM unnest(:ids, :types, :subjects) AS arriving (id, type, subject)"
            " ON CONFLICT DO NOTHING RETURNING event_id"
        ).bindparams(
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("types", type_=ARRAY(Text)),
            bindparam("subjects", type_=ARRAY(Uuid)),
        )
        self._wake = asyncio.Event()

    async def receive(self, body: bytes, *, deliveries: int = 0) -> None:
        """Take in one message; see `receive_batch`."""
        await self.receive_batch([Message(body, deliveries)])

    async def receive_batch(self, messages: Sequence[Message]) -> None:
        """Take in messages in their order. When this returns they are in the database, whatever became of them: ack.

        All in one transaction, for speed; when anything in it fails, each by itself, so that one that fails takes no
        other with it. Raises only when the database stays away.
        """
        readable: list[_Readable] = []
        for message in messages:
            read = self._read(message)
            if isinstance(read, str):
                await self._while_database_is_away(partial(self._park_unreadable, message.body, read))
            elif message.deliveries >= SUSPECT_DELIVERIES:
                await self._while_database_is_away(partial(self._keep_for_retry, read, attempts=0))
            else:
                readable.append(read)
        if not readable:
            return
        async with self._turn:
            try:
                await self._handle_together(readable)
            except Exception:
                # Which one it was shows when each is tried alone; what failed is logged there.
                for each in readable:
                    await self._while_database_is_away(partial(self._handle_alone, each))

    def _read(self, message: Message) -> _Readable | str:
        try:
            envelope = read_envelope(message.body)
            return _Readable(message.body, envelope, envelope.event())
        except UnreadableEvent as error:
            return str(error)

    async def _handle_together(self, batch: Sequence[_Readable]) -> None:
        async with self._database.transaction() as tx:
            new = await self._claim(tx, [each.envelope for each in batch])
            for each in batch:
                if each.envelope.id in new:
                    new.discard(each.envelope.id)
                    await self._handle(tx, each)

    async def _handle_alone(self, one: _Readable) -> None:
        try:
            await self._handle_together([one])
        except Exception as error:
            if is_unavailable(error):
                raise
            _log.warning("event failed", consumer=self.consumer.name, id=str(one.envelope.id), exc_info=error)
            await self._keep_for_retry(one, attempts=1)

    async def _while_database_is_away(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, again and again while the database is away, for DATABASE_WAIT_SECONDS_TOTAL at most."""
        wait, waited = DATABASE_WAIT_SECONDS, 0.0
        while True:
            try:
                await work()
                return
            except Exception as error:
                if not is_unavailable(error) or waited >= DATABASE_WAIT_SECONDS_TOTAL:
                    raise
                _log.warning("database away, message waits", consumer=self.consumer.name, exc_info=error)
                await asyncio.sleep(wait)
                waited += wait
                wait = min(wait * 2, DATABASE_WAIT_SECONDS_MAX)

    async def run_retries(self) -> None:
        """Try again what failed and what an operator sent again; until cancelled."""
        while True:
            try:
                while await self.retry_due():
                    pass
            except (SQLAlchemyError, OSError) as error:
                _log.warning("retries wait", consumer=self.consumer.name, exc_info=error)
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), RETRY_POLL_SECONDS)
            except TimeoutError:
                continue

    async def retry_due(self) -> int:
        """Try the event that is due first, and what was sent again; gives how many were tried."""
        due = await self._lease_due()
        if due is not None:
            await self._retry(*due)
        resent = await self._take_resent()
        for parked_id, body in resent:
            await self._resend(parked_id, body)
        return (due is not None) + len(resent)

    async def _claim(self, tx: Transaction, envelopes: Sequence[Envelope]) -> set[UUID]:
        """Write the inbox rows; gives the ids of those that were not there yet."""
        rows = await tx.execute(
            self._claim_statement,
            {
                "consumer": self.consumer.name,
                "ids": [envelope.id for envelope in envelopes],
                "types": [envelope.type for envelope in envelopes],
                "subjects": [envelope.subject for envelope in envelopes],
            },
        )
        return {row.event_id for row in rows}

    async def _handle(self, tx: Transaction, one: _Readable) -> None:
        with trace(one.envelope.traceparent):
            if self.consumer.on_everything is not None:
                await self.consumer.on_everything(tx, Heard(one.event, one.envelope, one.body))
            else:
                handler = self.consumer.handlers.get(one.envelope.type)
                if handler is None:
                    raise UnreadableEvent("not-handled-here")
                await handler(tx, one.event, one.envelope.time)

    async def _keep_for_retry(self, one: _Readable, *, attempts: int) -> None:
        inbox = self._tables.inbox
        async with self._database.transaction() as tx:
            await tx.execute(
                insert(inbox)
                .values(
                    consumer=self.consumer.name,
                    event_id=one.envelope.id,
                    type=one.envelope.type,
                    subject=one.envelope.subject,
                    state="retrying",
                    attempts=attempts,
                    body=one.body,
                    next_attempt_at=_after(RETRY_FIRST_SECONDS),
                )
                .on_conflict_do_nothing()
            )
        self._wake.set()

    async def _lease_due(self) -> tuple[UUID, bytes, int] | None:
        """Count the attempt and put the next one off first, so that an attempt that kills its process still counts.

        One at a time: what kills the process takes no innocent event with it.
        """
        inbox = self._tables.inbox
        due = (
            select(inbox.c.event_id)
            .where(
                inbox.c.consumer == self.consumer.name,
                inbox.c.state == "retrying",
                inbox.c.next_attempt_at <= func.clock_timestamp(),
            )
            .order_by(inbox.c.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        wait = func.least(RETRY_FIRST_SECONDS * func.power(RETRY_FACTOR, inbox.c.attempts), RETRY_SECONDS_MAX)
        async with self._database.transaction() as tx:
            rows = await tx.execute(
                update(inbox)
                .where(inbox.c.consumer == self.consumer.name, inbox.c.event_id.in_(due))
                .values(
                    attempts=inbox.c.attempts + 1,
                    next_attempt_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, wait),
                )
                .returning(inbox.c.event_id, inbox.c.body, inbox.c.attempts)
            )
            row = rows.first()
            return (row.event_id, row.body, row.attempts) if row is not None else None

    async def _retry(self, event_id: UUID, body: bytes, attempts: int) -> None:
        envelope = read_envelope(body)
        if attempts > ATTEMPTS_MAX:
            await self._park(envelope, body, KILLS, "?", attempts - 1)
            return
        inbox = self._tables.inbox
        mine = (inbox.c.consumer == self.consumer.name) & (inbox.c.event_id == event_id)
        async with self._turn:
            try:
                async with self._database.transaction() as tx:
                    row = (await tx.execute(select(inbox.c.state).where(mine).with_for_update())).one()
                    if row.state != "retrying":
                        return
                    await self._handle(tx, _Readable(body, envelope, envelope.event()))
                    await tx.execute(
                        update(inbox).where(mine).values(state="done", body=None, handled_at=func.clock_timestamp())
                    )
            except Exception as error:
                if is_unavailable(error):
                    raise
                if attempts >= ATTEMPTS_MAX:
                    told = describe(error)
                    await self._park(envelope, body, told["error"], told["at"], attempts)

    async def _park(self, envelope: Envelope, body: bytes, reason: str, place: str, attempts: int) -> None:
        inbox, parked = self._tables.inbox, self._tables.parked
        _log.error("event parked", consumer=self.consumer.name, type=envelope.type, id=str(envelope.id), reason=reason)
        async with self._database.transaction() as tx:
            values = {"state": "parked", "attempts": attempts, "body": None, "next_attempt_at": None}
            await tx.execute(
                insert(inbox)
                .values(
                    consumer=self.consumer.name,
                    event_id=envelope.id,
                    type=envelope.type,
                    subject=envelope.subject,
                    **values,
                )
                .on_conflict_do_update(
                    index_elements=[inbox.c.consumer, inbox.c.event_id], set_=values, where=inbox.c.state != "done"
                )
            )
            await tx.execute(
                insert(parked)
                .values(
                    id=stable_id(self.consumer.name, envelope.id),
                    consumer=self.consumer.name,
                    event_id=envelope.id,
                    type=envelope.type,
                    body=body,
                    reason=reason,
                    place=place,
                    attempts=attempts,
                )
                .on_conflict_do_nothing()
            )

    async def _park_unreadable(self, body: bytes, reason: str) -> None:
        _log.error("unreadable message parked", consumer=self.consumer.name, reason=reason, bytes=len(body))
        async with self._database.transaction() as tx:
            await tx.execute(
                insert(self._tables.parked)
                .values(
                    id=stable_id(self.consumer.name, body.hex()),
                    consumer=self.consumer.name,
                    body=body,
                    reason=reason,
                    place="?",
                    attempts=1,
                )
                .on_conflict_do_nothing()
            )

    async def _take_resent(self) -> list[tuple[UUID, bytes]]:
        parked = self._tables.parked
        due = (
            select(parked.c.id)
            .where(
                parked.c.consumer == self.consumer.name,
                parked.c.resolved_at.is_(None),
                parked.c.resend_at <= func.clock_timestamp(),
            )
            .limit(RESEND_BATCH)
            .with_for_update(skip_locked=True)
        )
        async with self._database.transaction() as tx:
            rows = await tx.execute(
                update(parked)
                .where(parked.c.id.in_(due))
                .values(resend_at=None, attempts=parked.c.attempts + 1)
                .returning(parked.c.id, parked.c.body)
            )
            return [(row.id, row.body) for row in rows]

    async def _resend(self, parked_id: UUID, body: bytes) -> None:
        """Handle a parked message once more; it stays parked, with its newest reason, when that fails again."""
        inbox, parked = self._tables.inbox, self._tables.parked
        try:
            envelope = read_envelope(body)
            event = envelope.event()
            async with self._turn, self._database.transaction() as tx:
                mine = (inbox.c.consumer == self.consumer.name) & (inbox.c.event_id == envelope.id)
                claimed = await self._claim(tx, [envelope])
                state = (await tx.execute(select(inbox.c.state).where(mine).with_for_update())).scalar_one()
                if claimed or state != "done":
                    await self._handle(tx, _Readable(body, envelope, event))
                done = {"state": "done", "handled_at": func.clock_timestamp()}
                await tx.execute(update(inbox).where(mine).values(done))
                await tx.execute(
                    update(parked).where(parked.c.id == parked_id).values(resolved_at=func.clock_timestamp())
                )
        except Exception as error:
            if is_unavailable(error):
                raise
            told = describe(error)
            reason = str(error) if isinstance(error, UnreadableEvent) else told["error"]
            async with self._database.transaction() as tx:
                await tx.execute(update(parked).where(parked.c.id == parked_id).values(reason=reason, place=told["at"]))


def _after(seconds: float) -> Any:
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


async def count_parked(database: Database) -> int:
    """How many messages are parked and not yet dealt with."""
    parked = database.tables.parked
    async with database.connection() as connection:
        statement = select(func.count()).select_from(parked).where(parked.c.resolved_at.is_(None))
        return (await connection.execute(statement)).scalar_one()


async def request_resend(database: Database, parked_id: UUID | None = None) -> int:
    """Ask the consumer to handle one parked message, or all of them, once more; gives how many were marked."""
    parked = database.tables.parked
    marked = update(parked).where(parked.c.resolved_at.is_(None)).values(resend_at=func.clock_timestamp())
    if parked_id is not None:
        marked = marked.where(parked.c.id == parked_id)
    async with database.transaction() as tx:
        return (await tx.execute(marked)).rowcount
