"""The colleagues whom the desk knows: name, roles and place as they last came in, and who has not been there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Date, Index, Table, Text, Uuid, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.desk.store import metadata
from services.desk.store import task as task_table
from services.shared.access import Actor
from services.shared.calendar import is_working_day, local_date
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import Code

AWAY_WORKING_DAYS = 5
"""Who was last there longer ago than this is away: others may take over what they had."""
COLLEAGUES_MAX = 500
NAME_MAX = 120

colleague = Table(
    "colleague",
    metadata,
    Column("person", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("programmes", ARRAY(Text), nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("team", Text),
    Column("last_here_on", Date, nullable=False),
    Column("left_on", Date),
    comment="Staff as they last came in: whom work can be given to, and whose work is left lying",
)
Index("colleague_team", colleague.c.team)


@dataclass(frozen=True, kw_only=True)
class Absent:
    """A colleague who is away or has left, and how many open tasks they have."""

    person: UUID
    name: str
    tasks: int


async def welcome(tx: Transaction, actor: Actor, *, now: datetime) -> None:
    """Somebody is here today: keep who they are now. Who had left is back."""
    today = local_date(now)
    values: dict[str, Any] = {
        "name": actor.name[:NAME_MAX],
        "roles": sorted(actor.roles),
        "programmes": sorted(actor.programmes),
        "areas": sorted(actor.areas),
        "team": actor.team,
        "last_here_on": today,
        "left_on": None,
    }
    row = (await tx.execute(select(colleague).where(colleague.c.person == actor.person))).one_or_none()
    if row is not None and all(getattr(row, name) == value for name, value in values.items()):
        return
    kept = insert(colleague).values(person=actor.person, **values)
    await tx.execute(kept.on_conflict_do_update(index_elements=[colleague.c.person], set_=values))


async def part_from(tx: Transaction, person: UUID, *, now: datetime) -> bool:
    """Somebody no longer works here: from now on others may take over their work. False for who is not known."""
    left = update(colleague).where(colleague.c.person == person, colleague.c.left_on.is_(None))
    return bool((await tx.execute(left.values(left_on=local_date(now)))).rowcount)


async def colleague_names(tx: Transaction, people: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those among them who are known."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    rows = await tx.execute(select(colleague.c.person, colleague.c.name).where(colleague.c.person.in_(wanted)))
    return {row.person: row.name for row in rows}


async def known_names(tx: Transaction) -> dict[UUID, str]:
    """Everybody who was ever here, by name, also who left since; at most COLLEAGUES_MAX."""
    query = select(colleague.c.person, colleague.c.name).order_by(colleague.c.name, colleague.c.person)
    return {row.person: row.name for row in await tx.execute(query.limit(COLLEAGUES_MAX))}


async def find_colleague(tx: Transaction, person: UUID) -> Actor | None:
    """A colleague as one who acts, None for who is not known or no longer works here."""
    query = select(colleague).where(colleague.c.person == person, colleague.c.left_on.is_(None))
    row = (await tx.execute(query)).one_or_none()
    return _actor(row) if row is not None else None


async def colleagues_of(tx: Transaction, actor: Actor, *, now: datetime) -> Sequence[Actor]:
    """Whom somebody may give work to: those there of late in their programmes, the own team first, then by name."""
    there = and_(colleague.c.programmes.overlap(sorted(actor.programmes)), ~_away(now))
    own_team_first = () if actor.team is None else ((colleague.c.team == actor.team).desc().nulls_last(),)
    query = select(colleague).where(there, colleague.c.person != actor.person)
    rows = await tx.execute(query.order_by(*own_team_first, colleague.c.name).limit(COLLEAGUES_MAX))
    return [_actor(row) for row in rows]


async def there_as(tx: Transaction, roles: Iterable[Role], *, now: datetime) -> Sequence[Actor]:
    """Whoever was there of late and has one of these roles, by name, at most COLLEAGUES_MAX."""
    there = and_(colleague.c.roles.overlap(sorted(roles)), ~_away(now))
    rows = await tx.execute(select(colleague).where(there).order_by(colleague.c.name).limit(COLLEAGUES_MAX))
    return [_actor(row) for row in rows]


async def could_join(tx: Transaction, programme: Code) -> Sequence[Actor]:
    """Whoever was ever here as a supporter or buddy and has not left, in this programme or in none yet, by name."""
    part = colleague.c.roles.overlap([Role.SUPPORTER, Role.BUDDY])
    within = or_(colleague.c.programmes.contains([programme]), func.cardinality(colleague.c.programmes) == 0)
    query = select(colleague).where(part, within, colleague.c.left_on.is_(None))
    rows = await tx.execute(query.order_by(colleague.c.name, colleague.c.person).limit(COLLEAGUES_MAX))
    return [_actor(row) for row in rows]


async def is_away(tx: Transaction, person: UUID, *, now: datetime) -> bool:
    """Whether somebody has left or has not been here for AWAY_WORKING_DAYS; who is not known is not away."""
    query = select(colleague.c.person).where(colleague.c.person == person, _away(now))
    return (await tx.execute(query)).first() is not None


def taken_by_absent(now: datetime) -> ColumnElement[bool]:
    """The condition on `task` for work that somebody has who is away."""
    gone = select(colleague.c.person).where(_away(now))
    return and_(task_table.c.taken_by.is_not(None), task_table.c.taken_by.in_(gone))


def away_before(today: date) -> date:
    """Who was last here before this day has not been here for AWAY_WORKING_DAYS."""
    day, working_days = today, 0
    while working_days < AWAY_WORKING_DAYS:
        day -= timedelta(days=1)
        working_days += is_working_day(day)
    return day


def _away(now: datetime) -> ColumnElement[bool]:
    return or_(colleague.c.left_on.is_not(None), colleague.c.last_here_on < away_before(local_date(now)))


def _actor(row: Any) -> Actor:
    return Actor(
        person=row.person,
        roles=frozenset(Role(role) for role in row.roles),
        name=row.name,
        programmes=frozenset(row.programmes),
        areas=frozenset(row.areas),
        team=row.team,
    )
