"""Hears events so that each one has its effect once: inbox row first, attempts counted, poison parked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import SQLAlchemyError

from services.shared.consumer import Away, Consumer, Heard, Message
from services.shared.database import Database, Transaction, is_unavailable
from services.shared.events import Envelope, Event, UnreadableEvent, read_envelope
from services.shared.logs import describe, logger
from services.shared.parking import KILLS, Parking
from services.shared.trace import trace

ATTEMPTS_MAX = 8
RETRY_FIRST_SECONDS = 0.2
RETRY_FACTOR = 3.0
RETRY_SECONDS_MAX = 120.0
RETRY_POLL_SECONDS = 0.5
SUSPECT_DELIVERIES = 3
"""A message that was being handled when its process died this often is tried by itself from then on."""
AWAY_WAIT_SECONDS = 0.1
AWAY_WAIT_SECONDS_MAX = 2.0
AWAY_WAIT_SECONDS_TOTAL = 20.0
"""So long a message waits for a database, or whatever else is away; then its process starts again and waits there."""
_log = logger(__name__)


@dataclass(frozen=True)
class _Readable:
    body: bytes
    envelope: Envelope
    event: Event


class Inbox:
    """Runs a consumer against its service's database: the transaction around each handler, retries, parking."""

    def __init__(self, database: Database, consumer: Consumer) -> None:
        self._database = database
        self._tables = database.tables
        self.consumer = consumer
        self._parking = Parking(database, consumer.name)
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
        other with it. Raises only when what it needs stays away.
        """
        readable: list[_Readable] = []
        for message in messages:
            read = self._read(message)
            if isinstance(read, str):
                await self._until_back(partial(self._parking.park_unreadable, message.body, read))
            elif message.deliveries >= SUSPECT_DELIVERIES:
                await self._until_back(partial(self._keep_for_retry, read, attempts=0))
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
                    await self._until_back(partial(self._handle_alone, each))

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
            if _is_away(error):
                raise
            _log.warning("event failed", consumer=self.consumer.name, id=str(one.envelope.id), exc_info=error)
            await self._keep_for_retry(one, attempts=1)

    async def _until_back(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, again and again while what it needs is away, for AWAY_WAIT_SECONDS_TOTAL at most."""
        wait, waited = AWAY_WAIT_SECONDS, 0.0
        while True:
            try:
                await work()
                return
            except Exception as error:
                if not _is_away(error) or waited >= AWAY_WAIT_SECONDS_TOTAL:
                    raise
                _log.warning("message waits", consumer=self.consumer.name, exc_info=error)
                await asyncio.sleep(wait)
                waited += wait
                wait = min(wait * 2, AWAY_WAIT_SECONDS_MAX)

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
        resent = await self._parking.take_resent()
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
            await self._parking.park(envelope, body, KILLS, "?", attempts - 1)
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
                if isinstance(error, Away):
                    await self._uncount(event_id)
                    return
                if is_unavailable(error):
                    raise
                if attempts >= ATTEMPTS_MAX:
                    told = describe(error)
                    await self._parking.park(envelope, body, told["error"], told["at"], attempts)

    async def _uncount(self, event_id: UUID) -> None:
        """An attempt that could not be made was none."""
        inbox = self._tables.inbox
        mine = (inbox.c.consumer == self.consumer.name) & (inbox.c.event_id == event_id)
        async with self._database.transaction() as tx:
            await tx.execute(update(inbox).where(mine).values(attempts=inbox.c.attempts - 1))

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


def _is_away(error: BaseException) -> bool:
    return isinstance(error, Away) or is_unavailable(error)


def _after(seconds: float) -> Any:
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
