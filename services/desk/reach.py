"""Which tasks somebody sees: those that their roles may do for families within reach, or that they hand out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from services.desk import store
from services.desk.contracts import OF_A_SIGNAL
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import PERMITTED, Permission
from services.shared.scopes import visible
from services.shared.types import Code

OF_WORK = (Permission.WORK_ON_TASKS, Permission.ASSIGN_TASKS)


def sees(tx: Transaction, actor: Actor) -> ColumnElement[bool]:
    """The condition on `task` for list, count, search and one task alike.

    Whoever is kept out of a task does not see it; neither does who has no role in it, unless they hand out work there.
    """
    in_role = store.task.c.roles.overlap(sorted(actor.roles))
    workable = and_(in_role, _within(tx, actor, Permission.WORK_ON_TASKS))
    return and_(
        ~store.task.c.excluded.contains([actor.person]),
        or_(workable, gives(tx, actor)),
    )


def gives(tx: Transaction, actor: Actor) -> ColumnElement[bool]:
    """The condition on `task` for work that somebody may hand out, whoever has it."""
    return _within(tx, actor, Permission.ASSIGN_TASKS)


async def may(tx: Transaction, actor: Actor, task: store.Task, permission: Permission) -> bool:
    """Whether a task's family, or its programme where it concerns no family, is within reach of a permission."""
    return bool(await within(tx, actor, [task.id], permission))


async def within(tx: Transaction, actor: Actor, tasks: Sequence[UUID], permission: Permission) -> set[UUID]:
    """Those of some tasks that are within reach of a permission."""
    if not tasks:
        return set()
    query = select(store.task.c.id).where(store.task.c.id.in_(tasks), _within(tx, actor, permission))
    return set((await tx.execute(query)).scalars())


async def seen_task(tx: Transaction, task_id: UUID, actor: Actor) -> store.Task | None:
    """One task, open or closed, for who sees it."""
    query = select(store.task.c.id).where(store.task.c.id == task_id, sees(tx, actor))
    seen = (await tx.execute(query)).first() is not None
    return await store.task_by_id(tx, task_id) if seen else None


async def seen_tasks(tx: Transaction, actor: Actor, tasks: Sequence[UUID]) -> list[store.Task]:
    """Those of some tasks that are open and that somebody sees, what is due first on top."""
    chosen = (store.task.c.id.in_(tasks), store.task.c.closed_at.is_(None), sees(tx, actor))
    query = select(store.task).where(*chosen).order_by(store.task.c.due_on, store.task.c.id)
    return [store.task_of(row) for row in await tx.execute(query)]


async def seen_among(tx: Transaction, actor: Actor, tasks: Sequence[UUID]) -> list[UUID]:
    """Those of some tasks, open or closed, that somebody sees."""
    query = select(store.task.c.id).where(store.task.c.id.in_(tasks), sees(tx, actor))
    return list((await tx.execute(query.order_by(store.task.c.id))).scalars())


async def standing_in(tx: Transaction, actor: Actor, person: UUID, *, now: datetime) -> Actor:
    """An actor with the roles that a colleague lent them today beside their own; within their own places."""
    lent = await store.stand_ins(tx, local_date(now), person=person, by=actor.person)
    return replace(actor, roles=actor.roles.union(*(each.roles for each in lent)))


async def tasks_of(tx: Transaction, person: UUID, actor: Actor, *, limit: int) -> list[store.Task]:
    """The open tasks of somebody that this actor may hand out, what is due first on top."""
    task = store.task
    query = select(task).where(task.c.closed_at.is_(None), task.c.taken_by == person, gives(tx, actor))
    rows = await tx.execute(query.order_by(task.c.due_on, task.c.id).limit(limit))
    return [store.task_of(row) for row in rows]


def area_of(tx: Transaction) -> ColumnElement[Code | None]:
    """The area of a task's family or signal, where it has one."""
    task, scope = store.task, tx.tables.family_scope
    in_programme = (scope.c.family_id == task.c.family_id) & (scope.c.programme == task.c.programme)
    its_own = or_(
        scope.c.trajectory_id == task.c.trajectory_id,
        task.c.trajectory_id.is_(None) & in_programme,
        scope.c.signal_id == task.c.subject_id,
    )
    area = select(scope.c.area).where(its_own, scope.c.area.is_not(None)).order_by(scope.c.id.desc()).limit(1)
    return area.correlate(task).scalar_subquery()


def in_area(tx: Transaction, area: Code) -> ColumnElement[bool]:
    """The condition on `task` for work in one area."""
    return _of_rows(tx, tx.tables.family_scope.c.area == area)


def _within(tx: Transaction, actor: Actor, permission: Permission) -> ColumnElement[bool]:
    task = store.task
    conditions = [_of_rows(tx, visible(tx, actor, permission))]
    if not actor.roles.isdisjoint(PERMITTED[permission]):
        of_no_family = and_(task.c.family_id.is_(None), task.c.kind.not_in(OF_A_SIGNAL))
        conditions.append(and_(of_no_family, task.c.programme.in_(sorted(actor.programmes))))
    return or_(*conditions)


def _of_rows(tx: Transaction, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tasks of the trajectories and signals of which a row of `family_scope` meets a condition.

    A task that names no trajectory is of the family in its own programme: never of what it does in another.
    """
    task, scope = store.task, tx.tables.family_scope
    trajectories = select(scope.c.trajectory_id).where(condition, scope.c.trajectory_id.is_not(None))
    in_programme = select(scope.c.family_id, scope.c.programme).where(condition, scope.c.family_id.is_not(None))
    signals = select(scope.c.signal_id).where(condition, scope.c.signal_id.is_not(None))
    return or_(
        task.c.trajectory_id.in_(trajectories),
        and_(task.c.trajectory_id.is_(None), tuple_(task.c.family_id, task.c.programme).in_(in_programme)),
        and_(task.c.kind.in_(OF_A_SIGNAL), task.c.subject_id.in_(signals)),
    )
