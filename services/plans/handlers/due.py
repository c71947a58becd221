"""Names what has fallen due, each thing once until it was held or taken."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.plans import store, tables
from services.plans.contracts import Due, DueFound, DueItem, FindDue
from services.shared.calendar import local_date
from services.shared.database import Transaction

FOUND_MAX = 500
"""However much is asked: an answer of this size fits well within what workflow history takes."""


async def find_due(tx: Transaction, command: FindDue, *, now: datetime) -> DueFound:
    """At most `limit` reviews and measurements that have fallen due, the longest due first, each named once."""
    limit = min(command.limit, FOUND_MAX)
    found = await store.due(tx, command.programme, on=local_date(now), limit=limit, lock=True)
    numbers: dict[tuple[Due, UUID], int] = {}
    for due, table, next_on in (
        (Due.REVIEW, tables.review, tables.trajectory.c.next_review_on),
        (Due.MEASUREMENT, tables.measurement, tables.trajectory.c.next_measurement_on),
    ):
        of_kind = [each for each in found if each.due is due]
        if not of_kind:
            continue
        ids = [each.trajectory_id for each in of_kind]
        last = await _last_numbers(tx, table, ids)
        rows = [
            {"trajectory_id": each.trajectory_id, "number": last.get(each.trajectory_id, 0) + 1, "due_on": each.due_on}
            for each in of_kind
        ]
        await tx.execute(insert(table).values(rows))
        await tx.execute(update(tables.trajectory).where(tables.trajectory.c.id.in_(ids)).values({next_on: None}))
        numbers |= {(due, each.trajectory_id): last.get(each.trajectory_id, 0) + 1 for each in of_kind}
    return DueFound(
        items=tuple(
            DueItem(
                trajectory_id=each.trajectory_id,
                family_id=each.family_id,
                due=each.due,
                number=numbers[(each.due, each.trajectory_id)],
                due_on=each.due_on,
            )
            for each in found
        )
    )


async def _last_numbers(tx: Transaction, table: Table, ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(table.c.trajectory_id, func.max(table.c.number).label("last"))
        .where(table.c.trajectory_id.in_(ids))
        .group_by(table.c.trajectory_id)
    )
    return {row.trajectory_id: row.last for row in await tx.execute(query)}
