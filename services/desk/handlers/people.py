"""What people do at the desk: finish work by hand, and name a stand-in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from services.desk import store
from services.desk.commands import CompleteTask, SetStandIn
from services.desk.contracts import TaskKind
from services.desk.domain import FINISHED_BY_HAND, why_not_take
from services.desk.handlers.tasks import close_one
from services.desk.handlers.urgent_needs import settle_by_hand
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused


async def complete_task(tx: Transaction, command: CompleteTask, *, now: datetime, actor: Actor) -> store.Task | Refused:
    """Somebody did it, or settled it another way: only for `FINISHED_BY_HAND`."""
    task = await _open_task(tx, command.task_id)
    if isinstance(task, Refused):
        return task
    if task.kind not in FINISHED_BY_HAND:
        return Refused("finished-elsewhere")
    if reason := why_not_take(frozenset(task.roles), frozenset(task.excluded), actor):
        return Refused(reason)
    if task.kind is TaskKind.ASK_URGENT_NEED:
        await settle_by_hand(tx, task, command.outcome)
    await close_one(tx, task, command.outcome, now=now, person=actor.person)
    return await _task(tx, task.id)


async def set_stand_in(tx: Transaction, command: SetStandIn, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Somebody is away and names a colleague for their own roles; the same again changes nothing."""
    if command.stand_in == actor.person:
        return Refused("somebody-else-please")
    if command.until_on < max(command.from_on, local_date(now)):
        return Refused("ends-before-it-starts")
    table = store.stand_in
    await tx.execute(
        insert(table)
        .values(
            id=command.stand_in_id,
            person=actor.person,
            stand_in=command.stand_in,
            roles=sorted(actor.roles),
            from_on=command.from_on,
            until_on=command.until_on,
            set_at=now,
        )
        .on_conflict_do_nothing()
    )
    whose = (await tx.execute(select(table.c.person).where(table.c.id == command.stand_in_id))).scalar_one()
    return command.stand_in_id if whose == actor.person else Refused("id-already-used")


async def end_stand_in(tx: Transaction, stand_in_id: UUID, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Back earlier than thought."""
    table = store.stand_in
    ended = await tx.execute(
        update(table)
        .where(table.c.id == stand_in_id, table.c.person == actor.person, table.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return stand_in_id if ended.rowcount else Refused("unknown-stand-in")


async def _open_task(tx: Transaction, task_id: UUID) -> store.Task | Refused:
    task = await store.task_by_id(tx, task_id, lock=True)
    if task is None:
        return Refused("unknown-task")
    return Refused("task-closed") if task.closed_at is not None else task


async def _task(tx: Transaction, task_id: UUID) -> store.Task:
    task = await store.task_by_id(tx, task_id)
    if task is None:
        raise LookupError(f"no task {task_id}")
    return task
