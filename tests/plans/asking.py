"""What tests of plans ask of its tables and its outbox."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select

from services.plans import handlers, store
from services.plans.contracts import Due, DueFound, FindDue
from services.plans.domain import Trajectory
from services.shared.database import Database
from tests.plans.household import PROGRAMME, Household


async def events_told(database: Database, kind: str) -> list[dict[str, Any]]:
    outbox = database.tables.outbox
    async with database.transaction() as tx:
        rows = await tx.execute(select(outbox.c.body).where(outbox.c.routing_key == kind).order_by(outbox.c.position))
        return [json.loads(body)["data"] for body in rows.scalars()]


async def ask(database: Database, query: Callable[..., Any], *arguments: object) -> Any:
    async with database.transaction() as tx:
        return await query(tx, *arguments)


async def trajectory_now(family: Household) -> Trajectory:
    trajectory: Trajectory = await ask(family.database, store.trajectory, family.trajectory_id)
    return trajectory


async def named_due(family: Household, limit: int = 50) -> list[tuple[str, Due, int, date]]:
    found: DueFound = await family.happens(handlers.find_due, FindDue(programme=PROGRAMME, limit=limit))
    return [(str(item.trajectory_id), item.due, item.number, item.due_on) for item in found.items]
