"""The families that somebody sees, page by page; and what of one family is theirs to open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from services.desk import store
from services.desk.dossier_store import Course, CourseState, course, course_row
from services.plans.events import Phase
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.permissions import PERMITTED, Permission
from services.shared.scopes import visible
from services.shared.types import Code

PAGE = 100
PAGES_MAX = 1_000
CHOICES_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What somebody narrows the list to.

    `mine`: whom they support or are the buddy of; `uncovered`: who had a tandem, and nobody stands beside them now.
    """

    programme: Code | None = None
    area: Code | None = None
    phase: Phase | None = None
    supporter: UUID | None = None
    mine: bool = False
    uncovered: bool = False
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """One family on the list."""

    course: Course
    area: Code | None
    supporter_id: UUID | None
    buddy_id: UUID | None
    next_due_on: date | None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the list can be narrowed to, as far as this person sees."""

    programmes: tuple[Code, ...]
    areas: tuple[Code, ...]
    supporters: tuple[UUID, ...]


async def listed(tx: Transaction, actor: Actor, looked: Looked, *, page: int = 1) -> tuple[int, list[FamilyRow]]:
    """How many families there are in all, and one page of them: who came in last on top."""
    scope = tx.tables.family_scope
    joined = course.join(scope, scope.c.trajectory_id == course.c.trajectory_id)
    conditions = [visible(tx, actor, Permission.READ_TRAJECTORY), *_narrowed(tx, actor, looked)]
    total = (await tx.execute(select(func.count()).select_from(joined).where(*conditions))).scalar_one()
    due = (
        select(func.min(store.task.c.due_on))
        .where(store.task.c.subject_id == course.c.trajectory_id, store.task.c.closed_at.is_(None))
        .correlate(course)
        .scalar_subquery()
    )
    query = (
        select(course, scope.c.area, scope.c.supporter_id, scope.c.buddy_id, due.label("next_due_on"))
        .select_from(joined)
        .where(*conditions)
        .order_by(course.c.started_on.desc(), course.c.trajectory_id)
        .limit(PAGE)
        .offset((min(page, PAGES_MAX) - 1) * PAGE)
    )
    rows = [
        FamilyRow(
            course=course_row(row),
            area=row.area,
            supporter_id=row.supporter_id,
            buddy_id=row.buddy_id,
            next_due_on=row.next_due_on,
        )
        for row in await tx.execute(query)
    ]
    return total, rows


async def uncovered(tx: Transaction, actor: Actor) -> int:
    """How many families of whom this actor hands out the work have nobody beside them now."""
    if actor.roles.isdisjoint(PERMITTED[Permission.ASSIGN_TASKS]):
        return 0
    scope = tx.tables.family_scope
    joined = course.join(scope, scope.c.trajectory_id == course.c.trajectory_id)
    query = select(func.count()).select_from(joined)
    is_open = course.c.state != CourseState.CLOSED
    conditions = (visible(tx, actor, Permission.ASSIGN_TASKS), is_open, _uncovered(tx))
    return int((await tx.execute(query.where(*conditions))).scalar_one())


async def families_of(tx: Transaction, person: UUID) -> int:
    """How many families have somebody in their tandem now."""
    scope = tx.tables.family_scope
    theirs = (scope.c.supporter_id == person) | (scope.c.buddy_id == person)
    query = select(func.count()).select_from(course).join(scope, scope.c.trajectory_id == course.c.trajectory_id)
    return int((await tx.execute(query.where(theirs, course.c.state != CourseState.CLOSED))).scalar_one())


async def choices(tx: Transaction, actor: Actor) -> Choices:
    """The programmes, areas and supporters among the families that somebody sees."""
    scope = tx.tables.family_scope
    query = select(scope.c.programme, scope.c.area, scope.c.supporter_id).where(
        visible(tx, actor, Permission.READ_TRAJECTORY), scope.c.trajectory_id.is_not(None)
    )
    rows = (await tx.execute(query.distinct())).all()
    return Choices(
        programmes=_some({row.programme for row in rows}),
        areas=_some({row.area for row in rows}),
        supporters=_some({row.supporter_id for row in rows}),
    )


async def theirs(
    tx: Transaction, actor: Actor, trajectory_id: UUID, permissions: Iterable[Permission]
) -> frozenset[Permission]:
    """Which of these permissions an actor has for one family: asked in one go."""
    scope = tx.tables.family_scope
    asked = [each for each in permissions if not actor.roles.isdisjoint(PERMITTED[each])]
    if not asked:
        return frozenset()
    columns = [visible(tx, actor, each).label(each.name) for each in asked]
    query = select(*columns).where(scope.c.trajectory_id == trajectory_id).order_by(scope.c.id.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return frozenset(each for each in asked if row is not None and getattr(row, each.name))


def _narrowed(tx: Transaction, actor: Actor, looked: Looked) -> list[ColumnElement[bool]]:
    scope = tx.tables.family_scope
    told: dict[ColumnElement[Any], Any] = {
        course.c.programme: looked.programme,
        scope.c.area: looked.area,
        course.c.phase: looked.phase,
        scope.c.supporter_id: looked.supporter,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in told.items() if value is not None]
    if looked.mine:
        conditions.append((scope.c.supporter_id == actor.person) | (scope.c.buddy_id == actor.person))
    if looked.uncovered:
        conditions.append(_uncovered(tx))
    is_closed = course.c.state == CourseState.CLOSED
    conditions.append(is_closed if looked.closed or looked.phase is Phase.CLOSED else ~is_closed)
    return conditions


def _uncovered(tx: Transaction) -> ColumnElement[bool]:
    """Families that have had a tandem, whose supporter left or stopped."""
    with_a_tandem = [each for each in Phase if each not in (Phase.MATCHING, Phase.AFTERCARE, Phase.CLOSED)]
    return and_(course.c.phase.in_(with_a_tandem), tx.tables.family_scope.c.supporter_id.is_(None))


def _some[T](found: set[T | None]) -> tuple[T, ...]:
    return tuple(sorted((each for each in found if each is not None), key=str)[:CHOICES_MAX])
