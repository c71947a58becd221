"""The worklist: whose work is shown, in which order, how much there is, and what somebody narrows it to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_

from services.desk import colleagues, reach, store
from services.desk.commands import Whose
from services.desk.contracts import TaskKind
from services.desk.due import DueWithin, fatal_near, last_day_within
from services.desk.urgent_store import cannot_wait
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.scopes import visible
from services.shared.types import Code

PAGE = 50
PAGE_MAX = 100
AREAS_MAX = 200
ABSENT_MAX = 10
COUNTED = (Whose.MINE, Whose.TEAM, Whose.UNASSIGNED, Whose.SNOOZED)
"""What is counted in SQL; for whom somebody stands in is judged task by task."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody looks for. `taken_by` narrows to the work of one colleague."""

    whose: Whose = Whose.MINE
    kind: TaskKind | None = None
    programme: Code | None = None
    area: Code | None = None
    due: DueWithin | None = None
    taken_by: UUID | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last task of a page: where the next page begins."""

    urgency: int
    due_on: date
    task_id: UUID

    def __str__(self) -> str:
        return f"{self.urgency}.{self.due_on.isoformat()}.{self.task_id}"

    @classmethod
    def read(cls, told: str) -> "Cursor":
        """Raises ValueError for what is no cursor."""
        urgency, due_on, task_id = told.split(".")
        return cls(urgency=int(urgency), due_on=date.fromisoformat(due_on), task_id=UUID(task_id))


@dataclass(frozen=True, kw_only=True)
class Item:
    """A task on the list. `area` is known where the family is; `from_away`: who has it has not been there for days."""

    task: store.Task
    urgency: int
    area: Code | None
    from_away: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One page of the worklist; `following` begins the next one."""

    items: Sequence[Item]
    following: Cursor | None


async def listed(
    tx: Transaction, actor: Actor, wanted: Wanted, *, now: datetime, after: Cursor | None = None, limit: int = PAGE
) -> Listed:
    """What presses on top (`_urgency`), then what is due first; at most `limit`, PAGE_MAX at most."""
    limit = min(limit, PAGE_MAX)
    today = local_date(now)
    urgency, area, away = _urgency(today), reach.area_of(tx), colleagues.taken_by_absent(now)
    query = (
        select(store.task, urgency.label("urgency"), area.label("area"), away.label("from_away"))
        .where(*_conditions(tx, actor, wanted, now=now))
        .order_by(urgency, store.task.c.due_on, store.task.c.id)
        .limit(limit + 1)
    )
    if after is not None:
        place = tuple_(urgency, store.task.c.due_on, store.task.c.id)
        query = query.where(place > tuple_(after.urgency, after.due_on, after.task_id))
    rows = (await tx.execute(query)).all()
    items = [_item(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    following = Cursor(urgency=last.urgency, due_on=last.task.due_on, task_id=last.task.id) if last else None
    return Listed(items=items, following=following)


async def counts(tx: Transaction, actor: Actor, wanted: Wanted, *, now: datetime) -> dict[Whose, int]:
    """How much there is under each heading, narrowed as the list is: what is counted is what would be listed."""
    counted = [func.count().filter(*_headed(actor, whose, now=now)).label(whose.name) for whose in COUNTED]
    narrowed = _narrowed(tx, wanted, today=local_date(now))
    query = select(*counted).select_from(store.task).where(*_seen(tx, actor), *narrowed)
    row = (await tx.execute(query)).one()
    return {whose: getattr(row, whose.name) for whose in COUNTED}


async def areas_seen(tx: Transaction, actor: Actor) -> Sequence[Code]:
    """The areas in which somebody works, to choose from; at most AREAS_MAX."""
    area = tx.tables.family_scope.c.area
    reached = or_(*(visible(tx, actor, permission) for permission in reach.OF_WORK))
    query = select(area).where(reached, area.is_not(None)).distinct().order_by(area).limit(AREAS_MAX)
    return list((await tx.execute(query)).scalars())


async def programmes_seen(tx: Transaction, actor: Actor) -> Sequence[Code]:
    """The programmes of the work that somebody sees, to choose from."""
    query = select(store.task.c.programme).where(*_seen(tx, actor)).distinct().order_by(store.task.c.programme)
    return list((await tx.execute(query)).scalars())


async def seen_task(tx: Transaction, actor: Actor, task_id: UUID, *, now: datetime) -> Item | None:
    """One task, open or closed, for who may see it; None otherwise."""
    today = local_date(now)
    query = select(
        store.task,
        _urgency(today).label("urgency"),
        reach.area_of(tx).label("area"),
        colleagues.taken_by_absent(now).label("from_away"),
    ).where(store.task.c.id == task_id, reach.sees(tx, actor))
    row = (await tx.execute(query)).one_or_none()
    return _item(row) if row is not None else None


async def absent_with_work(tx: Transaction, actor: Actor, *, now: datetime) -> Sequence[colleagues.Absent]:
    """Who is away and has open tasks that this actor may hand out, most tasks first; at most ABSENT_MAX."""
    task, table = store.task, colleagues.colleague
    waiting = and_(task.c.closed_at.is_(None), colleagues.taken_by_absent(now), reach.gives(tx, actor))
    query = (
        select(table.c.person, table.c.name, func.count().label("tasks"))
        .join(task, task.c.taken_by == table.c.person)
        .where(waiting, table.c.person != actor.person)
        .group_by(table.c.person, table.c.name)
        .order_by(func.count().desc(), table.c.name)
        .limit(ABSENT_MAX)
    )
    return [colleagues.Absent(person=row.person, name=row.name, tasks=row.tasks) for row in await tx.execute(query)]


def _conditions(tx: Transaction, actor: Actor, wanted: Wanted, *, now: datetime) -> list[ColumnElement[bool]]:
    headed = _headed(actor, wanted.whose, now=now)
    return [*_seen(tx, actor), *headed, *_narrowed(tx, wanted, today=local_date(now))]


def _seen(tx: Transaction, actor: Actor) -> list[ColumnElement[bool]]:
    return [store.task.c.closed_at.is_(None), reach.sees(tx, actor)]


def _headed(actor: Actor, whose: Whose, *, now: datetime) -> list[ColumnElement[bool]]:
    task = store.task
    resting = func.coalesce(task.c.snoozed_until > local_date(now), False)
    mine = task.c.taken_by == actor.person
    match whose:
        case Whose.MINE:
            return [mine, ~resting]
        case Whose.SNOOZED:
            return [mine, resting]
        case Whose.UNASSIGNED:
            return [or_(task.c.taken_by.is_(None), and_(~mine, colleagues.taken_by_absent(now)))]
        case Whose.TEAM:
            return []
        case Whose.STAND_IN:
            raise ValueError("what is lent is judged task by task")


def _narrowed(tx: Transaction, wanted: Wanted, *, today: date) -> list[ColumnElement[bool]]:
    task = store.task
    told: dict[ColumnElement[Any], Any] = {
        task.c.kind: wanted.kind,
        task.c.programme: wanted.programme,
        task.c.taken_by: wanted.taken_by,
        task.c.subject_id: wanted.subject_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in told.items() if value is not None]
    if wanted.area is not None:
        conditions.append(reach.in_area(tx, wanted.area))
    if wanted.due is not None:
        conditions.append(task.c.due_on <= last_day_within(wanted.due, today=today))
        if wanted.due is DueWithin.TODAY:
            conditions.append(task.c.due_on == today)
    return conditions


def _urgency(today: date) -> ColumnElement[int]:
    """0: somebody may be in danger; 1: handed up, or its last day is near or past; 2: it cannot wait; 3: the rest."""
    task = store.task
    pressing = or_(task.c.escalated_role.is_not(None), func.coalesce(task.c.fatal_on <= fatal_near(today), False))
    return case((task.c.kind == TaskKind.SAFETY_CONCERN, 0), (pressing, 1), (cannot_wait(), 2), else_=3)


def _item(row: Any) -> Item:
    return Item(task=store.task_of(row), urgency=row.urgency, area=row.area, from_away=row.from_away)
