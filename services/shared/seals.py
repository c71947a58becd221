"""Shows that history is as it was written: rows that are only added, in a chain under a key outside the database.

Taking away the right to change a row holds off our own code. Whoever owns the database has that right; the seals say
afterwards that it was used: on a row that was changed or removed, put in between, or sealed anew.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, Table, Text, cast, column, func, literal, select, table, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.shared.database import Database
from services.shared.logs import logger
from services.shared.secrets import derive_key
from services.shared.tables import WRITTEN_LATER, SharedTables
from services.shared.types import Code

EVERY_SECONDS = 300.0
"""What was written since can still be changed unseen."""
BEGUN_SECONDS = 5.0
"""Whoever took a number in a history has a transaction by then."""
ROWS_MAX = 10_000
PLACE = "position"
SEALED = ("history", "columns", "after", "upto", "rows", "digest")

_log = logger(__name__)


def seal_key(secret: str) -> bytes:
    """The key of the seals: it follows from the installation's secret and is in no table."""
    return derive_key(secret, "seals")


async def newest(database: Database) -> dict[Code, int]:
    """The last number in each history, also of what is being written now."""
    async with database.connection() as connection:
        return {
            history.name: (await connection.execute(select(func.max(history.c[PLACE])))).scalar() or 0
            for history in database.tables.histories
        }


async def next_transaction(database: Database) -> int:
    """All that is under way has a lower number."""
    async with database.connection() as connection:
        number = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int((await connection.execute(number)).scalar_one())


async def are_over(database: Database, before: int) -> bool:
    """Whether every transaction with a lower number has ended: what it wrote is there, or never will be."""
    async with database.connection() as connection:
        number = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int((await connection.execute(number)).scalar_one()) >= before


async def seal(database: Database, key: bytes, upto: Mapping[Code, int], *, now: datetime) -> int:
    """Seal what is not sealed yet up to a number in each history; gives how many rows that were."""
    sealed = 0
    for history in database.tables.histories:
        while rows := await _seal_some(database, key, history, upto[history.name], now=now):
            sealed += rows
    return sealed


async def broken_seals(connection: AsyncConnection, tables: SharedTables, key: bytes) -> list[str]:
    """What is not as it was sealed, a line each; empty when all is."""
    wrong: list[str] = []
    before, ends = b"", {history.name: 0 for history in tables.histories}
    for row in await connection.execute(select(tables.seal).order_by(tables.seal.c[PLACE])):
        where = f"{tables.schema}.{row.history}, rows {row.after + 1} to {row.upto}"
        if not hmac.compare_digest(row.mark, _mark(key, before, row._mapping)) or row.after != ends.get(row.history):
            wrong.append(f"{where}: this seal is not ours, or one before it is gone")
        else:
            found = (await connection.execute(_content(tables, row.history, row.columns, row.after, row.upto))).one()
            if (found.rows, found.digest) != (row.rows, row.digest):
                wrong.append(f"{where}: not what was sealed at {row.sealed_at:%Y-%m-%d %H:%M} ({row.rows} rows then)")
        before, ends[row.history] = row.mark, row.upto
    return wrong


async def keep_sealed(database: Database, key: bytes) -> None:
    """Seal once in EVERY_SECONDS, until cancelled; the last mark stands in the log, out of the database's reach."""
    while True:
        try:
            upto = await newest(database)
            await asyncio.sleep(BEGUN_SECONDS)
            begun = await next_transaction(database)
            await asyncio.sleep(EVERY_SECONDS)
            if await are_over(database, begun) and (rows := await seal(database, key, upto, now=datetime.now(UTC))):
                async with database.connection() as connection:
                    last = await _last(connection, database.tables)
                _log.info("sealed", rows=rows, seal=last.position, mark=last.mark.hex())
        except (SQLAlchemyError, OSError) as error:
            _log.warning("sealing failed", exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)


async def _seal_some(database: Database, key: bytes, history: Table, upto: int, *, now: datetime) -> int:
    tables = database.tables
    seals = tables.seal
    async with database.connection() as connection:
        # Two processes of a service would each continue the chain: one at a time.
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{tables.schema}.seal"))))
        after = (
            await connection.execute(select(func.max(seals.c.upto)).where(seals.c.history == history.name))
        ).scalar() or 0
        place = history.c[PLACE]
        unsealed = select(place).where(place > after, place <= upto).order_by(place).limit(ROWS_MAX).subquery()
        end = (await connection.execute(select(func.max(unsealed.c[PLACE])))).scalar()
        if end is None:
            return 0
        columns = [each.name for each in history.columns if WRITTEN_LATER not in each.info]
        found = (await connection.execute(_content(tables, history.name, columns, after, end))).one()
        values = {
            "history": history.name,
            "columns": columns,
            "after": after,
            "upto": end,
            "rows": found.rows,
            "digest": found.digest,
            "sealed_at": now,
        }
        last = await _last(connection, tables)
        await connection.execute(seals.insert().values(**values, mark=_mark(key, last.mark if last else b"", values)))
    return int(found.rows)


async def _last(connection: AsyncConnection, tables: SharedTables) -> Any:
    return (await connection.execute(select(tables.seal).order_by(tables.seal.c[PLACE].desc()).limit(1))).one_or_none()


def _content(tables: SharedTables, history: Code, columns: Sequence[str], after: int, upto: int) -> Select[Any]:
    """How many rows there are between two numbers, and a digest of all that stands in them."""
    rows = table(history, *(column(name) for name in columns), schema=tables.schema)
    place = rows.c[PLACE]
    row = cast(func.json_build_array(*(rows.c[name] for name in columns)), Text)
    written = func.coalesce(func.string_agg(row, aggregate_order_by(literal("\n"), place)), "")
    digest = func.encode(func.sha256(func.convert_to(written, "UTF8")), "hex")
    return select(func.count().label("rows"), digest.label("digest")).where(place > after, place <= upto)


def _mark(key: bytes, before: bytes, sealed: Mapping[Any, Any]) -> bytes:
    content = [before.hex(), *(sealed[name] for name in SEALED), sealed["sealed_at"].astimezone(UTC).isoformat()]
    return hmac.new(key, json.dumps(content).encode(), sha256).digest()
