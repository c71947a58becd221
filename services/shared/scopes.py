"""The one filter: which families somebody may see, in SQL and for one of them, by each service's `family_scope`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, and_, false, func, or_, select

from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.one_family import ids_of
from services.shared.permissions import ELSEWHERE, PAST_CLOSED_DOORS, PERMITTED, Permission, Reach
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.types import Code

NOT_YOUR_FAMILY = "not-your-family"
NOT_YOUR_PROGRAMME = "not-your-programme"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a family stands: what a service goes by to say who may see it."""

    signal_id: UUID | None
    trajectory_id: UUID | None
    family_id: UUID | None
    programme: Code | None
    area: Code | None
    team: Code | None
    supporter_id: UUID | None
    buddy_id: UUID | None
    received_by: UUID | None
    intake_by: UUID | None


def visible(tx: Transaction, actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """The condition on `tx.tables.family_scope` for what an actor may see; join it to what is listed or counted.

    Join on `trajectory_id` or `signal_id`. A family can have more than one row, one for each time that it came in: who
    joins on `family_id` says DISTINCT or uses EXISTS.
    """
    scope = tx.tables.family_scope
    conditions = list(_conditions(scope, actor, permission))
    return or_(*conditions) if conditions else false()


def visible_families(tx: Transaction, actor: Actor, permission: Permission) -> Select[tuple[UUID]]:
    """The ids of the families that an actor may see, for `IN`: however often a family came in, it counts once."""
    scope = tx.tables.family_scope
    return select(scope.c.family_id).where(visible(tx, actor, permission), scope.c.family_id.is_not(None))


def visible_signals(tx: Transaction, actor: Actor, permission: Permission) -> Select[tuple[UUID]]:
    """The ids of the sign-ups that an actor may see, for `IN`."""
    scope = tx.tables.family_scope
    return select(scope.c.signal_id).where(visible(tx, actor, permission), scope.c.signal_id.is_not(None))


async def may_see(
    tx: Transaction,
    actor: Actor,
    permission: Permission,
    *,
    trajectory_id: UUID | None = None,
    family_id: UUID | None = None,
    signal_id: UUID | None = None,
) -> bool:
    """Whether an actor may do this with this family; False for one that does not exist. Name it by one id."""
    found = await _seen(tx, actor, permission, trajectory_id=trajectory_id, family_id=family_id, signal_id=signal_id)
    return found is not None


async def must_see(
    tx: Transaction,
    actor: Actor,
    permission: Permission,
    *,
    trajectory_id: UUID | None = None,
    family_id: UUID | None = None,
    signal_id: UUID | None = None,
    programme: Code | None = None,
) -> Scope:
    """Where this family stands, for whoever may see it. Answers 403 otherwise, also for one that does not exist.

    By `family_id` any time that it came in will do: that is for what is of the family, its name and how to reach it.
    What is of one trajectory or signal is asked by that; of one programme, with `programme` beside it.
    """
    ids = {"trajectory_id": trajectory_id, "family_id": family_id, "signal_id": signal_id}
    found = await _seen(tx, actor, permission, programme=programme, **ids)
    if found is None:
        raise Problem(403, NOT_YOUR_FAMILY)
    return found


def may_in(actor: Actor, permission: Permission, programme: Code) -> bool:
    """Whether an actor may do what concerns a programme and no family."""
    return programme in actor.programmes and not actor.roles.isdisjoint(PERMITTED[permission])


def must_be_in(actor: Actor, permission: Permission, programme: Code) -> None:
    """Answers 403 to who may not do this in this programme."""
    if not may_in(actor, permission, programme):
        raise Problem(403, NOT_YOUR_PROGRAMME)


async def _seen(
    tx: Transaction,
    actor: Actor,
    permission: Permission,
    *,
    trajectory_id: UUID | None,
    family_id: UUID | None,
    signal_id: UUID | None,
    programme: Code | None = None,
) -> Scope | None:
    named = {"trajectory_id": trajectory_id, "family_id": family_id, "signal_id": signal_id}
    wanted = {name: value for name, value in named.items() if value is not None}
    if len(wanted) != 1:
        raise ValueError("a family is named by one id")
    scope = tx.tables.family_scope
    ((name, value),) = wanted.items()
    is_it = scope.c.family_id.in_(ids_of(tx, value)) if name == "family_id" else scope.c[name] == value
    query = select(scope).where(is_it, visible(tx, actor, permission))
    if programme is not None:
        # Of a trajectory that was only heard of by its tandem yet it is not known: what cannot wait does not.
        query = query.where(or_(scope.c.programme == programme, scope.c.programme.is_(None)))
    row = (await tx.execute(query.order_by(scope.c.id.desc()).limit(1))).one_or_none()
    return _scope(row) if row is not None else None


def _conditions(scope: Table, actor: Actor, permission: Permission) -> Iterator[ColumnElement[bool]]:
    """One condition for each role that the actor has and that may do this."""
    for role, reach in PERMITTED[permission].items():
        if reach is Reach.NO_FAMILY:
            raise ValueError(f"{permission} concerns no family")
        if role in actor.roles:
            reached = or_(*_within(scope, actor, role, reach))
            yield reached if role in PAST_CLOSED_DOORS else and_(func.cardinality(scope.c.closed_for) == 0, reached)


def _within(scope: Table, actor: Actor, role: Role, reach: Reach) -> Iterator[ColumnElement[bool]]:
    nobody_yet = scope.c.supporter_id.is_(None) & scope.c.team.is_(None)
    if role is Role.BUDDY:
        yield scope.c.buddy_id == actor.person
    else:
        yield scope.c.supporter_id == actor.person
        yield (scope.c.received_by == actor.person) & nobody_yet
        yield (scope.c.intake_by == actor.person) & nobody_yet
    in_programme = scope.c.programme.in_(sorted(actor.programmes))
    in_area = and_(in_programme, scope.c.area.in_(sorted(actor.areas)))
    if reach >= Reach.TEAM:
        yield in_area & nobody_yet
        yield in_programme & (scope.c.area == ELSEWHERE) & nobody_yet
        if actor.team is not None:
            yield in_programme & (scope.c.team == actor.team)
    if reach >= Reach.AREA:
        yield in_area
    if reach >= Reach.PROGRAMME:
        yield in_programme


def _scope(row: Row[Any]) -> Scope:
    return Scope(
        signal_id=row.signal_id,
        trajectory_id=row.trajectory_id,
        family_id=row.family_id,
        programme=row.programme,
        area=row.area,
        team=row.team,
        supporter_id=row.supporter_id,
        buddy_id=row.buddy_id,
        received_by=row.received_by,
        intake_by=row.intake_by,
    )
