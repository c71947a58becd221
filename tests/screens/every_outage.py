"""What can be wrong with a service while people work: it reaches its tables no more, or not in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, sql

from services.shared.settings import Settings

WAITS = "set lock_timeout = '5s'"


@asynccontextmanager
async def shut_out(settings: Settings, service: str) -> AsyncIterator[None]:
    """No process of this service reaches its tables: its role is shut out, and put out where it is in."""
    name = f"kansen_{service}"
    role = sql.Identifier(name)
    async with await _owner(settings) as owner:
        await owner.execute(sql.SQL("alter role {} nologin").format(role))
        try:
            await owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
            yield
        finally:
            await owner.execute(sql.SQL("alter role {} login").format(role))


@asynccontextmanager
async def slow(settings: Settings, service: str, table: str) -> AsyncIterator[None]:
    """Whoever asks for this table waits: somebody else has locked it."""
    async with await _owner(settings) as owner:
        await owner.execute(WAITS)
        async with owner.transaction():
            named = sql.Identifier(service, table)
            await owner.execute(sql.SQL("lock table {} in access exclusive mode").format(named))
            yield


async def _owner(settings: Settings) -> AsyncConnection:
    return await AsyncConnection.connect(settings.owner_database_url().replace("+psycopg", ""), autocommit=True)
