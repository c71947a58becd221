"""Thousands of families for the screens to show: rows, without the years that it takes to write them by handlers.

One of them lived there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert

from deploy.bench import rows
from deploy.bench.rows import PROGRAMME, SEED, Family, Row
from programmes.load import load
from programmes.schema import Programme
from services.budget import handlers as budget
from services.budget.commands import TEST_DEBTOR, FundProgramme
from services.budget.contracts import OpenEnvelope
from services.matching import handlers as matching
from services.matching.commands import RegisterPerson
from services.matching.contracts import RequestTandem
from services.plans import handlers as plans
from services.plans.commands import AgreePlan, DraftPlan, NewGoal
from services.plans.contracts import OpenTrajectory
from services.plans.tables import trajectory
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from simulation.town.chance import Chance
from simulation.town.town import EXECUTOR, payees_of
from simulation.town.workers import buddies, supporters

TEAMS = ("team-1", "team-2", "team-3", "team-4", "team-5", "team-6", "team-7")
OWN_TEAM = TEAMS[0]
SHARE_OF_TEAM = 0.15
GOALS = 4
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Town:
    """Who looks, and at what: `some` may see a share of the families, `everyone` all of them."""

    some: Actor
    everyone: Actor
    trajectory_id: UUID
    """The family of whom everything is there to show; both may see it."""
    seen_by_some: int


async def settle(databases: dict[str, Database], families: int, *, today: date) -> Town:
    """Fill the services' tables with so many families of one programme."""
    programme = load(PROGRAMME, 1)
    areas = tuple(area.code for area in programme.areas)
    everybody = _families(families, areas)
    started = today - timedelta(days=200)
    for name, database in databases.items():
        if name != "monitor":
            await _insert(database, database.tables.family_scope, (rows.scope(each) for each in everybody))
    for table, known in rows.in_intake(everybody, started):
        await _insert(databases["intake"], table, known)
    for table, known in rows.in_desk(everybody, started, today):
        await _insert(databases["desk"], table, known)
    some = _actor("supporter", Role.SUPPORTER, areas, team=OWN_TEAM)
    everyone = _actor("coordinator", Role.TEAM_COORDINATOR, areas)
    first = everybody[0]
    await _live(databases, programme, first, started, some)
    others = everybody[1:]
    await _insert(databases["plans"], trajectory, (rows.trajectory(each, started) for each in others))
    seen = sum(each.team == OWN_TEAM for each in everybody)
    return Town(some=some, everyone=everyone, trajectory_id=first.trajectory_id, seen_by_some=seen)


def _actor(name: str, role: Role, areas: Sequence[Code], team: Code | None = None) -> Actor:
    return Actor(
        person=stable_id("bench", name),
        roles=frozenset({role}),
        name=name,
        programmes=frozenset({PROGRAMME}),
        areas=frozenset(areas),
        team=team,
    )


def _families(count: int, areas: Sequence[Code]) -> list[Family]:
    """The first is of the own team; the others are spread over areas and teams evenly."""
    own = round(count * SHARE_OF_TEAM)
    found = []
    for number in range(count):
        # Every so many families one of the own team, so that they lie among the others as they would.
        is_own = number * own // count != (number - 1) * own // count if number else True
        team = OWN_TEAM if is_own else TEAMS[1 + number % (len(TEAMS) - 1)]
        supporter = stable_id("bench", "supporter") if number == 0 else stable_id("bench-supporter", team, number % 9)
        found.append(Family(number, areas[number % len(areas)], team, supporter))
    return found


async def _live(databases: dict[str, Database], programme: Programme, family: Family, started: date, by: Actor) -> None:
    """The first family as the services' handlers know it: a plan, an envelope, a place in the matching round."""
    now, chance = datetime.combine(started, time(10), tzinfo=UTC), Chance(SEED)
    same: dict[str, Any] = {
        "trajectory_id": family.trajectory_id,
        "family_id": family.id,
        "programme": PROGRAMME,
        "programme_version": 1,
    }
    async with databases["budget"].transaction() as tx:
        payees = payees_of(programme, chance)
        for payee in payees.values():
            await budget.register_payee(tx, payee, by=stable_id("bench", "controller"), now=now)
        money = FundProgramme(
            programme=PROGRAMME, version=1, executor_payee_id=payees[EXECUTOR].payee_id, debtor=TEST_DEBTOR
        )
        await budget.fund_programme(tx, money, now=now)
        await budget.open_envelope(tx, OpenEnvelope(**same), now=now)
    async with databases["matching"].transaction() as tx:
        for person in _people(programme, chance):
            await matching.register_person(tx, person, now=now)
        place = RequestTandem(**same, number=1, area=family.area, languages=("nl",), themes=("money",))
        await matching.request_tandem(tx, place, now=now)
    async with databases["plans"].transaction() as tx:
        await plans.open_trajectory(tx, OpenTrajectory(**same, area=family.area, started_on=started), now=now)
        goals = tuple(
            NewGoal(goal_id=stable_id("bench-goal", number), words=f"Doel {number}", theme=domain.code)
            for number, domain in enumerate(programme.goal_domains[:GOALS])
        )
        draft = DraftPlan(
            trajectory_id=family.trajectory_id, situation="Waar wij staan", wishes="Wat wij willen", goals=goals
        )
        await plans.draft_plan(tx, draft, actor=by, now=now)
        await plans.agree_plan(tx, AgreePlan(trajectory_id=family.trajectory_id, version=1), actor=by, now=now)


def _people(programme: Programme, chance: Chance) -> Iterable[RegisterPerson]:
    return (*supporters(programme, chance, 1), *buddies(programme, chance, 1))


async def _insert(database: Database, table: Table, known: Iterable[Row]) -> None:
    waiting = list(known)
    async with database.transaction() as tx:
        for first in range(0, len(waiting), ROWS_AT_ONCE):
            await tx.execute(insert(table), waiting[first : first + ROWS_AT_ONCE])
