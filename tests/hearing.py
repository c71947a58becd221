"""A service hears an event, without a broker: its own handlers for it, in one transaction."""

from datetime import datetime

from services.shared.consumer import Consumer
from services.shared.database import Database
from services.shared.events import Event


async def hears(database: Database, consumer: Consumer, *events: Event, now: datetime) -> None:
    """Let a consumer handle these, in order, as if the bus had brought them."""
    for event in events:
        async with database.transaction() as tx:
            await consumer.handlers[event.type](tx, event, now)
