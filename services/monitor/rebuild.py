"""`python -m services.monitor.rebuild`: makes all facts behind the figures again from the event log."""

import asyncio

from services.monitor.__main__ import SERVICE
from services.monitor.handlers import rebuild
from services.shared.logs import configure_logs, logger
from services.shared.settings import Settings, load_settings

_log = logger(__name__)


async def rebuild_facts(settings: Settings) -> int:
    """Replay the whole log in one transaction; gives the number of events."""
    database = SERVICE.database(settings)
    try:
        async with database.transaction() as tx:
            return await rebuild(tx)
    finally:
        await database.close()


if __name__ == "__main__":
    _settings = load_settings()
    configure_logs("monitor-rebuild", _settings.log_level)
    _log.info("rebuilt", events=asyncio.run(rebuild_facts(_settings)))
