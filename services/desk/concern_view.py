"""What people see of a concern about safety: who may take it up a banner, who reported it what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.desk import reach, store
from services.desk.colleagues import colleague_names
from services.desk.contracts import TaskKind, concern_task_id
from services.desk.handlers.changes import Change
from services.desk.handlers.concerns import ALARM_AFTER, FIRST, called, waits
from services.shared.access import Actor
from services.shared.database import Transaction

SHOWN_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A concern that nobody takes care of. `alarm`: nobody did in time, whoever was called first."""

    task_id: UUID
    reported_at: datetime
    reported_by: str
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What became of a concern: `called` are the names of who was told of it."""

    taken_by: str | None
    is_closed: bool
    alarm: bool
    called: Sequence[str]


async def waiting_for(tx: Transaction, actor: Actor, *, now: datetime) -> Sequence[Waiting]:
    """Concerns that this actor is called to, the oldest first.

    An alarm shows by the time alone: also where the process that sounds it does not run.
    """
    table = store.task
    query = select(table.c.id, table.c.opened_at, table.c.escalated_role).where(waits(now), reach.sees(tx, actor))
    rows = (await tx.execute(query.order_by(table.c.opened_at, table.c.id).limit(SHOWN_MAX))).all()
    by = await _reporters(tx, [row.id for row in rows])
    names = await colleague_names(tx, by.values())
    found = [
        Waiting(
            task_id=row.id,
            reported_at=row.opened_at,
            reported_by=names.get(by[row.id], "") if row.id in by else "",
            alarm=row.escalated_role is not None or row.opened_at <= now - ALARM_AFTER,
        )
        for row in rows
    ]
    return [each for each in found if each.alarm or FIRST in actor.roles]


async def standing(tx: Transaction, concern_id: UUID, actor: Actor, *, now: datetime) -> Standing | None:
    """How a concern stands, for who reported it or may take it up; None for anybody else."""
    task = await store.task_by_id(tx, concern_task_id(concern_id))
    if task is None:
        return None
    reported_by = (await _reporters(tx, [task.id])).get(task.id)
    if reported_by != actor.person and await reach.seen_task(tx, task.id, actor) is None:
        return None
    waiting = (await tx.execute(select(store.task.c.id).where(store.task.c.id == task.id, waits(now)))).first()
    people = await called(tx, task, now=now) if waiting is not None else ()
    taken_by = task.taken_by if waiting is None else None
    names = await colleague_names(tx, [taken_by]) if taken_by is not None else {}
    return Standing(
        taken_by=names.get(taken_by, "") if taken_by is not None else None,
        is_closed=task.closed_at is not None,
        alarm=task.escalated_role is not None,
        called=[each.name for each in people],
    )


async def reported_before(tx: Transaction, trajectory_id: UUID, person: UUID, *, now: datetime) -> UUID | None:
    """The concern about this family that somebody reported within the hour and that is open: back and again is one."""
    task, change = store.task, store.task_change
    mine = (change.c.what == Change.OPENED) & (change.c.person == person)
    query = (
        select(task.c.subject_id)
        .join(change, change.c.task_id == task.c.id)
        .where(mine, task.c.kind == TaskKind.SAFETY_CONCERN, task.c.trajectory_id == trajectory_id)
        .where(task.c.closed_at.is_(None), task.c.opened_at > now - ALARM_AFTER)
        .order_by(task.c.opened_at.desc())
        .limit(1)
    )
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def _reporters(tx: Transaction, tasks: Sequence[UUID]) -> dict[UUID, UUID]:
    change = store.task_change
    opened = change.c.task_id.in_(tasks) & (change.c.what == Change.OPENED) & change.c.person.is_not(None)
    rows = await tx.execute(select(change.c.task_id, change.c.person).where(opened))
    return {row.task_id: row.person for row in rows}
