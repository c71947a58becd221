"""The history of a task: who did what with it, and why. Rows are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, insert, select

from services.desk import store
from services.shared.database import Transaction
from services.shared.types import Code

CHANGES_MAX = 200


class Change(StrEnum):
    """What can happen to a task."""

    OPENED = "opened"
    TAKEN = "taken"
    HANDED_OVER = "handed-over"
    RELEASED = "released"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    ESCALATED = "escalated"
    DECIDED = "decided"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class TaskChange:
    """`person` did it, None for a process; `other` is who got it or, when it was taken from somebody, had it."""

    what: Change
    person: UUID | None
    other: UUID | None
    reason: Code | None
    until: date | None
    changed_at: datetime


async def record_change(
    tx: Transaction,
    task_id: UUID,
    what: Change,
    *,
    now: datetime,
    person: UUID | None = None,
    other: UUID | None = None,
    reason: Code | None = None,
    until: date | None = None,
) -> None:
    """Add one line to a task's history."""
    await tx.execute(
        insert(store.task_change).values(
            task_id=task_id, what=what, person=person, other=other, reason=reason, until=until, changed_at=now
        )
    )


async def changes_of(tx: Transaction, task_id: UUID) -> Sequence[TaskChange]:
    """A task's history, newest first, at most CHANGES_MAX."""
    table = store.task_change
    query = select(table).where(table.c.task_id == task_id).order_by(table.c.position.desc()).limit(CHANGES_MAX)
    return [
        TaskChange(
            what=Change(row.what),
            person=row.person,
            other=row.other,
            reason=row.reason,
            until=row.until,
            changed_at=row.changed_at,
        )
        for row in await tx.execute(query)
    ]


async def times_released(tx: Transaction, task_id: UUID) -> int:
    """How often somebody gave a task back."""
    table = store.task_change
    query = select(func.count()).where(table.c.task_id == task_id, table.c.what == Change.RELEASED)
    return int((await tx.execute(query)).scalar_one())
