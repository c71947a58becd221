"""One service's transactions: state, inbox row and outbox rows together, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection as PsycopgConnection
from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.shared.events import Envelope, Event
from services.shared.logs import logger
from services.shared.tables import SharedTables
from services.shared.trace import current_traceparent

POOL_SIZE = 8
POOL_OVERFLOW = 4
POOL_WAIT_SECONDS = 20
STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 10_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_SECONDS = 10
NOTIFY_EVERY_SECONDS = 0.02

_log = logger(__name__)


class Transaction:
    """What a handler is handed: a way to read and write (SQLAlchemy Core), and to tell the world. It never commits."""

    def __init__(self, database: "Database", connection: AsyncConnection) -> None:
        self.connection = connection
        self.published = 0
        self.tables = database.tables
        self._database = database

    async def execute(
        self, statement: Executable, parameters: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement of SQLAlchemy Core in this transaction."""
        return await self.connection.execute(statement, parameters)

    async def publish(self, event: Event, *, now: datetime) -> Envelope:
        """Put an event in the outbox; it leaves when, and only when, this transaction commits."""
        tables = self._database.tables
        sequence = tables.subject_sequence
        counted = (
            insert(sequence)
            .values(subject=event.subject, last=1)
            .on_conflict_do_update(index_elements=[sequence.c.subject], set_={"last": sequence.c.last + 1})
            .returning(sequence.c.last)
        )
        number = (await self.execute(counted)).scalar_one()
        envelope = Envelope.around(
            event, source=self._database.source, sequence=number, time=now, traceparent=current_traceparent()
        )
        await self.execute(
            tables.outbox.insert().values(
                event_id=envelope.id,
                type=event.type,
                routing_key=event.routing_key,
                subject=event.subject,
                sequence=number,
                body=envelope.body(),
            )
        )
        self.published += 1
        if (also := tables.on_own_event.get(event.type)) is not None:
            await also(self, event)
        return envelope


class Database:
    """One service's schema, as its own role.

    `transaction()` is the only place where anything commits. After a commit with events `on_publish` is called and
    the channel `<schema>_outbox` is notified, at most once in NOTIFY_EVERY_SECONDS (a wake-up, never the truth).
    """

    def __init__(self, url: str, *, tables: SharedTables, source: str) -> None:
        self.url = url
        self.schema = tables.schema
        self.tables = tables
        self.source = source
        self.on_publish: Callable[[], None] | None = None
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "application_name": f"kansen-{self.schema}",
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
                f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC",
            },
        )
        self._notify_task: asyncio.Task[None] | None = None
        self._notify_again = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits when the block ends, rolls back when it raises."""
        async with self.engine.begin() as connection:
            transaction = Transaction(self, connection)
            yield transaction
        if transaction.published:
            if self.on_publish is not None:
                self.on_publish()
            self._notify_soon()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A plain connection in a transaction of its own, for the machinery of this library."""
        async with self.engine.begin() as connection:
            yield connection

    def _notify_soon(self) -> None:
        self._notify_again = True
        if self._notify_task is None or self._notify_task.done():
            self._notify_task = asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        while self._notify_again:
            self._notify_again = False
            try:
                async with self.connection() as connection:
                    await connection.execute(
                        text("SELECT pg_notify(:channel, '')"), {"channel": f"{self.schema}_outbox"}
                    )
            except (DBAPIError, OSError) as error:
                _log.info("notify failed, the relay finds the events by polling", exc_info=error)
            await asyncio.sleep(NOTIFY_EVERY_SECONDS)

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` at every notification until cancelled; a lost connection raises."""
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await PsycopgConnection.connect(plain, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)
        async with connection:
            await connection.execute(f'LISTEN "{self.schema}_outbox"'.encode())
            wake()
            async for _ in connection.notifies():
                wake()

    async def close(self) -> None:
        if self._notify_task is not None:
            await self._notify_task
        await self.engine.dispose()


def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the database is away (wait for it), not that the work is wrong (count it)."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    # 57P01-57P03: shutting down or starting; 53300: too many connections; class 08, or no state: connection lost.
    state = getattr(error.orig, "sqlstate", None)
    lost = state is None and isinstance(error, OperationalError)
    return lost or error.connection_invalidated or (state or "").startswith(("08", "57P0", "53300"))


def gave_up_waiting(error: BaseException) -> bool:
    """Whether a statement ended at a bound of ours: it waited for a lock, or took, too long."""
    # 55P03: the lock is not available; 57014: cancelled, by its own timeout.
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("55P03", "57014")
