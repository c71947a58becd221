"""A service hears an event, without a broker: its own handlers for it, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from services.shared.consumer import Consumer
from services.shared.database import Database
from services.shared.events import Event, read_envelope
from services.shared.tables import SharedTables


async def hears(database: Database, consumer: Consumer, *events: Event, now: datetime) -> None:
    """Let a consumer handle these, in order, as if the bus had brought them."""
    for event in events:
        async with database.transaction() as tx:
            await consumer.handlers[event.type](tx, event, now)


async def announced(database: Database, tables: SharedTables, kind: type[Event]) -> Sequence[Event]:
    """What a service told of one kind, in order."""
    outbox = tables.outbox
    query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.position)
    async with database.transaction() as tx:
        return [read_envelope(body).event() for body in (await tx.execute(query)).scalars()]
