"""The database as an audit reads it: everything at one moment, nothing changed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.shared.database import CONNECT_TIMEOUT_SECONDS, Database, Transaction
from services.shared.settings import Settings
from services.shared.tables import SharedTables

STATEMENT_TIMEOUT_MS = 120_000


class Books:
    """All services' tables, as the owner, in one snapshot."""

    def __init__(self, settings: Settings, connection: AsyncConnection) -> None:
        self.settings = settings
        self.connection = connection

    async def rows(self, sql: str, **parameters: Any) -> Sequence[Any]:
        """The rows of one query."""
        return (await self.connection.execute(text(sql), parameters)).all()

    async def count(self, sql: str, **parameters: Any) -> int:
        """The one number that a query gives."""
        number: int = (await self.connection.execute(text(sql), parameters)).scalar_one()
        return number

    def as_service(self, tables: SharedTables) -> Transaction:
        """The snapshot in the shape that a service's own queries read from."""
        url = self.settings.database_url_for(tables.schema)
        source = self.settings.source_of(tables.schema)
        return Transaction(Database(url, tables=tables, source=source), self.connection)


@asynccontextmanager
async def open_books(settings: Settings) -> AsyncIterator[Books]:
    """Raises an OperationalError of SQLAlchemy when the database does not answer."""
    engine = create_async_engine(
        settings.owner_database_url(),
        isolation_level="REPEATABLE READ",
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "application_name": "kansen-verify",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        },
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SET TRANSACTION READ ONLY"))
            yield Books(settings, connection)
    finally:
        await engine.dispose()
