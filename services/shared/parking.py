"""Messages that could not be handled: kept with their reason, visible, and handled again when somebody asks."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.shared.database import Database
from services.shared.events import Envelope
from services.shared.logs import logger
from services.shared.types import stable_id

RESEND_BATCH = 16
KILLS = "kills-its-process"

_log = logger(__name__)


class Parking:
    """The parked messages of one consumer."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._tables = database.tables
        self._consumer = consumer

    async def park(self, envelope: Envelope, body: bytes, reason: str, place: str, attempts: int) -> None:
        inbox, parked = self._tables.inbox, self._tables.parked
        _log.error("event parked", consumer=self._consumer, type=envelope.type, id=str(envelope.id), reason=reason)
        async with self._database.transaction() as tx:
            values = {"state": "parked", "attempts": attempts, "body": None, "next_attempt_at": None}
            await tx.execute(
                insert(inbox)
                .values(
                    consumer=self._consumer,
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
                    id=stable_id(self._consumer, envelope.id),
                    consumer=self._consumer,
                    event_id=envelope.id,
                    type=envelope.type,
                    body=body,
                    reason=reason,
                    place=place,
                    attempts=attempts,
                )
                .on_conflict_do_nothing()
            )

    async def park_unreadable(self, body: bytes, reason: str) -> None:
        _log.error("unreadable message parked", consumer=self._consumer, reason=reason, bytes=len(body))
        async with self._database.transaction() as tx:
            await tx.execute(
                insert(self._tables.parked)
                .values(
                    id=stable_id(self._consumer, body.hex()),
                    consumer=self._consumer,
                    body=body,
                    reason=reason,
                    place="?",
                    attempts=1,
                )
                .on_conflict_do_nothing()
            )

    async def take_resent(self) -> list[tuple[UUID, bytes]]:
        parked = self._tables.parked
        due = (
            select(parked.c.id)
            .where(
                parked.c.consumer == self._consumer,
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
