"""Tasks: opened and closed by workflows and by what others tell; the same twice is once."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from services.desk import asking_store, colleagues, store
from services.desk.commands import ReportSafetyConcern
from services.desk.contracts import (
    OF_A_TRAJECTORY,
    CloseTask,
    Counted,
    EscalateTask,
    OpenTask,
    OpenTasks,
    TaskKind,
    concern_task_id,
)
from services.desk.domain import TAKEN_TOO
from services.desk.events import TaskClosed, TaskEscalated, TaskOpened
from services.desk.handlers.assignments import take_task
from services.desk.handlers.changes import Change, record_change
from services.desk.handlers.concerns import FIRST, WIDER
from services.shared.calendar import AMSTERDAM, local_date
from services.shared.database import Transaction
from services.shared.one_family import kept_id
from services.shared.types import Code


async def open_tasks(tx: Transaction, command: OpenTasks, *, now: datetime) -> Counted:
    """Put work on the list; a task that is known already, open or closed, stays as it is.

    What it takes the place of is closed first.
    """
    for closing in command.closes:
        await close_task(tx, closing, now=now)
    opened = [await _open(tx, task, now=now) for task in command.tasks]
    return Counted(count=sum(opened))


async def report_safety_concern(
    tx: Transaction, command: ReportSafetyConcern, *, now: datetime, by: UUID, trajectory_id: UUID | None = None
) -> UUID:
    """Somebody must look today; gives the task's id. It is closed by a person and by nothing else.

    `by`: who reported it, whom the one who takes it up will call; `trajectory_id`: where it is known from which
    trajectory the family is known.
    """
    task = OpenTask(
        task_id=concern_task_id(command.concern_id),
        kind=TaskKind.SAFETY_CONCERN,
        programme=command.programme,
        subject_id=command.concern_id,
        family_id=command.family_id,
        trajectory_id=trajectory_id,
        roles=(FIRST, WIDER),
        due_on=local_date(now),
    )
    await _open(tx, task, now=now, by=by)
    return task.task_id


async def close_task(tx: Transaction, command: CloseTask, *, now: datetime) -> Counted:
    """Close every open task of a subject and kind, or of all kinds."""
    kinds = tuple(TaskKind) if command.kind is None else (command.kind,)
    return Counted(count=await _close(tx, command.subject_id, kinds, command.outcome, now=now))


async def close_done(
    tx: Transaction, subject_id: UUID, kinds: Iterable[TaskKind], outcome: Code, *, now: datetime
) -> int:
    """Something was done at `now`: the tasks that asked for it are closed. Tasks opened on a later day ask again."""
    return await _close(tx, subject_id, tuple(kinds), outcome, now=now, opened_by=_end_of_day(now))


async def escalate_task(tx: Transaction, command: EscalateTask, *, now: datetime) -> Counted:
    """Let a role more take an open task."""
    task = await store.task_by_id(tx, command.task_id, lock=True)
    if task is None or task.closed_at is not None or command.role in task.roles:
        return Counted(count=0)
    values = {"roles": [*task.roles, command.role], "escalated_role": command.role}
    await tx.execute(update(store.task).where(store.task.c.id == task.id).values(**values))
    await record_change(tx, task.id, Change.ESCALATED, now=now)
    await tx.publish(TaskEscalated(task_id=task.id, role=command.role), now=now)
    return Counted(count=1)


async def close_one(
    tx: Transaction, task: store.Task, outcome: Code, *, now: datetime, person: UUID | None = None
) -> None:
    """Close one open task that is locked already; `person` did so by hand."""
    late = local_date(now) > task.due_on
    await tx.execute(
        update(store.task).where(store.task.c.id == task.id).values(closed_at=now, outcome=outcome, late=late)
    )
    await record_change(tx, task.id, Change.CLOSED, now=now, person=person, reason=outcome)
    await tx.publish(
        TaskClosed(task_id=task.id, kind=task.kind.value, programme=task.programme, outcome=outcome, late=late),
        now=now,
    )


async def _open(tx: Transaction, task: OpenTask, *, now: datetime, by: UUID | None = None) -> bool:
    of_itself = task.subject_id if task.kind in OF_A_TRAJECTORY else None
    added = await tx.execute(
        insert(store.task)
        .values(
            id=task.task_id,
            kind=task.kind,
            programme=task.programme,
            subject_id=task.subject_id,
            family_id=await kept_id(tx, task.family_id) if task.family_id is not None else None,
            trajectory_id=task.trajectory_id or of_itself,
            roles=list(dict.fromkeys((*task.roles, *TAKEN_TOO.get(task.kind, ())))),
            excluded=list(task.excluded),
            due_on=task.due_on,
            number=task.number,
            remind_on=task.remind_on,
            fatal_on=task.fatal_on,
            workflow=task.workflow,
            digest=task.digest,
            opened_at=now,
        )
        .on_conflict_do_nothing()
        .returning(store.task.c.id)
    )
    if added.first() is None:
        return False
    if task.workflow is not None:
        await asking_store.keep_mandate(tx, task)
    await record_change(tx, task.task_id, Change.OPENED, now=now, person=by)
    if task.meant_for is not None and (whose := await colleagues.find_colleague(tx, task.meant_for)) is not None:
        # Refused to who may not: then it is for whoever takes it.
        await take_task(tx, task.task_id, now=now, actor=whose)
    await tx.publish(
        TaskOpened(
            task_id=task.task_id,
            kind=task.kind.value,
            programme=task.programme,
            role=task.roles[0],
            due_on=task.due_on,
        ),
        now=now,
    )
    return True


async def _close(
    tx: Transaction,
    subject_id: UUID,
    kinds: tuple[TaskKind, ...],
    outcome: Code,
    *,
    now: datetime,
    opened_by: datetime | None = None,
) -> int:
    table = store.task
    query = select(table.c.id).where(
        table.c.subject_id == subject_id, table.c.kind.in_(kinds), table.c.closed_at.is_(None)
    )
    if opened_by is not None:
        query = query.where(table.c.opened_at < opened_by)
    closed = 0
    for task_id in (await tx.execute(query.order_by(table.c.id).with_for_update())).scalars().all():
        task = await store.task_by_id(tx, task_id)
        if task is not None:
            await close_one(tx, task, outcome, now=now)
            closed += 1
    return closed


def _end_of_day(moment: datetime) -> datetime:
    return datetime.combine(local_date(moment) + timedelta(days=1), time(), tzinfo=AMSTERDAM)
