"""Deletes what has served: published events, handled inbox rows and steps past their keeping."""

import asyncio
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.exc import SQLAlchemyError

from services.shared.database import Database
from services.shared.logs import logger
from services.shared.relay import KEEP_PUBLISHED
from services.shared.temporal import delete_old_steps

EVERY_SECONDS = 3600.0
KEEP_HANDLED = timedelta(days=180)
"""Longer than any event can be sent again (KEEP_PUBLISHED), or twice would not be once."""

_log = logger(__name__)


async def tidy(database: Database) -> dict[str, int]:
    """Delete what is past its keeping; gives the number of rows of each kind."""
    outbox, inbox = database.tables.outbox, database.tables.inbox
    now = func.clock_timestamp()
    async with database.connection() as connection:
        published = await connection.execute(delete(outbox).where(outbox.c.published_at < now - KEEP_PUBLISHED))
        handled = await connection.execute(
            delete(inbox).where(inbox.c.state == "done", inbox.c.handled_at < now - KEEP_HANDLED)
        )
    return {"outbox": published.rowcount, "inbox": handled.rowcount, "step": await delete_old_steps(database)}


async def keep_tidy(database: Database) -> None:
    """Tidy once in EVERY_SECONDS, until cancelled."""
    while True:
        try:
            _log.info("tidied", **await tidy(database))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("tidying failed", exc_info=error)
        await asyncio.sleep(EVERY_SECONDS)
