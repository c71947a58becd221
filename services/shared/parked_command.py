"""`parked`: the messages that could not be handled, and sending them again."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import MetaData, Row, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from services.shared.database import CONNECT_TIMEOUT_SECONDS, Database
from services.shared.parking import request_resend
from services.shared.settings import Settings, load_settings
from services.shared.tables import SharedTables

LIST_MAX = 500
FAILED = 1
NOT_FOUND = 3
_WITH_PARKED = text(
    "SELECT schemaname FROM pg_tables WHERE tablename = 'parked'"
    " AND schemaname IN (SELECT schemaname FROM pg_tables WHERE tablename = 'inbox') ORDER BY schemaname"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list` (without anything), `show ID`, `resend ID` or `resend --all`; everywhere `--service`."""
    parser.add_argument("what", nargs="?", choices=["list", "show", "resend"], default="list")
    parser.add_argument("id", nargs="?", type=UUID, help="of a parked message, as listed")
    parser.add_argument("--all", action="store_true", help="resend: everything that is parked")
    parser.add_argument("--service", help="only of this service")


def run(arguments: argparse.Namespace) -> int:
    """Do it on the stack that the settings name; 3 when there is no such message."""
    settings = load_settings()
    if arguments.what == "show" and arguments.id is None:
        return _complain("show which one? ./kansen parked show ID")
    if arguments.what == "resend" and (arguments.id is None) != arguments.all:
        return _complain("resend which? ./kansen parked resend ID, or --all")
    try:
        known = services_with_parked(settings)
        if arguments.service is not None and arguments.service not in known:
            return _complain(f"no service is called {arguments.service}: {', '.join(known) or 'none is there yet'}")
        services = [arguments.service] if arguments.service else known
        return asyncio.run(_run(settings, services, arguments))
    except DBAPIError as error:
        return _complain(f"the database does not answer ({type(error.orig).__name__}): is the stack up?")


def services_with_parked(settings: Settings) -> list[str]:
    """The services whose tables are in the database."""
    engine = create_engine(settings.owner_database_url(), connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS})
    try:
        with engine.connect() as connection:
            return list(connection.execute(_WITH_PARKED).scalars())
    finally:
        engine.dispose()


async def _run(settings: Settings, services: list[str], arguments: argparse.Namespace) -> int:
    if arguments.what == "list":
        await _for_each(settings, services, _list)
        return 0
    if arguments.what == "show":
        shown = await _for_each(settings, services, lambda database: _show(database, arguments.id))
        return 0 if any(shown) else _complain("no such message is parked", NOT_FOUND)
    marked = await _for_each(settings, services, lambda database: request_resend(database, arguments.id))
    if arguments.id is not None and not any(marked):
        return _complain("no such message is parked", NOT_FOUND)
    print(f"{sum(marked)} will be handled again; what fails again stays parked")
    return 0


async def _for_each[R](settings: Settings, services: list[str], work: Callable[[Database], Awaitable[R]]) -> list[R]:
    """Do the same for each service, as that service's own role."""
    results = []
    for service in services:
        tables = SharedTables(MetaData(schema=service))
        database = Database(settings.database_url_for(service), tables=tables, source=settings.source_of(service))
        try:
            results.append(await work(database))
        finally:
            await database.close()
    return results


async def _list(database: Database) -> int:
    parked = database.tables.parked
    query = select(parked).where(parked.c.resolved_at.is_(None)).order_by(parked.c.parked_at, parked.c.id)
    async with database.connection() as connection:
        rows = (await connection.execute(query.limit(LIST_MAX))).all()
    for row in rows:
        print(
            f"{row.id}  {database.schema:<10} {row.parked_at:%Y-%m-%d %H:%M:%S}  {row.type or 'unreadable'}  "
            f"{row.reason} at {row.place}, {row.attempts} attempts{', to be handled again' if row.resend_at else ''}"
        )
    if len(rows) == LIST_MAX:
        print(f"{database.schema}: the first {LIST_MAX}")
    return len(rows)


async def _show(database: Database, parked_id: UUID) -> bool:
    parked = database.tables.parked
    async with database.connection() as connection:
        row = (await connection.execute(select(parked).where(parked.c.id == parked_id))).first()
    if row is None:
        return False
    for name, value in _described(row).items():
        print(f"{name:<12} {value}")
    return True


def _described(row: Row[*tuple[object, ...]]) -> dict[str, object]:
    columns = ("consumer", "event_id", "type", "reason", "place", "attempts", "parked_at", "resend_at", "resolved_at")
    described: dict[str, object] = {name: getattr(row, name) for name in columns}
    body: bytes = row.body
    try:
        described["message"] = json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        # Bytes that are no event could hold anything: how many there are is all that is shown of them.
        described["message"] = f"{len(body)} bytes that are no JSON"
    return described


def _complain(line: str, code: int = FAILED) -> int:
    print(line, file=sys.stderr)
    return code
