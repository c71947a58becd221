"""Thousands of families for the screens to show: rows in the services' own tables.

They say what the services' handlers would have written, without the years that it takes them; one family lived there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert

from programmes.load import load
from programmes.schema import Programme
from services.budget import handlers as budget
from services.budget.commands import TEST_DEBTOR, FundProgramme
from services.budget.contracts import OpenEnvelope
from services.desk import dossier_store
from services.desk import store as desk
from services.desk.contracts import TaskKind
from services.desk.dossier_store import CourseState, MomentKind
from services.intake import tables as intake
from services.matching import handlers as matching
from services.matching.commands import RegisterPerson
from services.matching.contracts import RequestTandem
from services.plans import handlers as plans
from services.plans.commands import AgreePlan, DraftPlan, NewGoal
from services.plans.contracts import OpenTrajectory
from services.plans.events import Phase
from services.plans.tables import trajectory
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from simulation.town.chance import Chance
from simulation.town.names import given_name, surname
from simulation.town.town import EXECUTOR, payees_of
from simulation.town.workers import buddies, supporters

PROGRAMME = "kansrijk-groningen"
TEAMS = ("team-1", "team-2", "team-3", "team-4", "team-5", "team-6", "team-7")
OWN_TEAM = TEAMS[0]
SHARE_OF_TEAM = 0.15
GOALS = 4
MOMENTS = 30
MEMBERS = 4
ROWS_AT_ONCE = 1_000
SEED = 11


@dataclass(frozen=True)
class Town:
    """Who looks, and at what: `some` may see a share of the families, `everyone` all of them."""

    some: Actor
    everyone: Actor
    trajectory_id: UUID
    """The family of whom everything is there to show; both may see it."""
    seen_by_some: int


@dataclass(frozen=True)
class _Family:
    number: int
    area: Code
    team: Code
    supporter_id: UUID

    @property
    def id(self) -> UUID:
        return stable_id("bench-family", self.number)

    @property
    def signal_id(self) -> UUID:
        return stable_id("bench-signal", self.number)

    @property
    def trajectory_id(self) -> UUID:
        return stable_id("bench-trajectory", self.number)


async def settle(databases: dict[str, Database], families: int, *, today: date) -> Town:
    """Fill the services' tables with so many families of one programme."""
    programme = load(PROGRAMME, 1)
    areas = tuple(area.code for area in programme.areas)
    everybody = _families(families, areas)
    started = today - timedelta(days=200)
    for name, database in databases.items():
        if name != "monitor":
            await _insert(database, database.tables.family_scope, (_scope(each) for each in everybody))
    await _insert_intake(databases["intake"], everybody, started)
    await _insert_desk(databases["desk"], everybody, started, today)
    some = _actor("supporter", Role.SUPPORTER, areas, team=OWN_TEAM)
    everyone = _actor("coordinator", Role.TEAM_COORDINATOR, areas)
    first = everybody[0]
    await _live(databases, programme, first, started, some)
    others = everybody[1:]
    await _insert(databases["plans"], trajectory, (_trajectory(each, started) for each in others))
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


def _families(count: int, areas: Sequence[Code]) -> list[_Family]:
    """The first is of the own team; the others are spread over areas and teams evenly."""
    own = round(count * SHARE_OF_TEAM)
    found = []
    for number in range(count):
        # Every so many families one of the own team, so that they lie among the others as they would.
        is_own = number * own // count != (number - 1) * own // count if number else True
        team = OWN_TEAM if is_own else TEAMS[1 + number % (len(TEAMS) - 1)]
        supporter = stable_id("bench", "supporter") if number == 0 else stable_id("bench-supporter", team, number % 9)
        found.append(_Family(number, areas[number % len(areas)], team, supporter))
    return found


def _scope(family: _Family) -> dict[str, Any]:
    return {
        "signal_id": family.signal_id,
        "trajectory_id": family.trajectory_id,
        "family_id": family.id,
        "programme": PROGRAMME,
        "area": family.area,
        "team": family.team,
        "supporter_id": family.supporter_id,
        "closed_for": [],
    }


async def _insert_intake(database: Database, families: Sequence[_Family], started: date) -> None:
    at, chance = datetime.combine(started, time(9), tzinfo=UTC), Chance(SEED)
    await _insert(
        database,
        intake.family,
        (
            {
                "id": each.id,
                "created_at": at,
                "area": each.area,
                "street": "Kievitslaan",
                "house_number": str(each.number % 200 + 1),
                "postcode": "9736AB",
                "city": "Groningen",
                "phone": "0612345678",
                "languages": ["nl"],
            }
            for each in families
        ),
    )
    await _insert(
        database,
        intake.signal,
        (
            {
                "id": each.signal_id,
                "programme": PROGRAMME,
                "programme_version": 1,
                "area": each.area,
                "channel": "wij-team",
                "state": "enrolled",
                "received_at": at,
                "family_id": each.id,
            }
            for each in families
        ),
    )
    await _insert(
        database,
        intake.household_member,
        (
            {
                "id": stable_id("bench-member", each.number, number),
                "family_id": each.id,
                "number": number,
                "role": "parent" if number < 2 else "child",
                "given_name": given_name(chance.stream(each.number, number)),
                "prefix": "",
                "surname": surname(chance.stream(each.number)),
                "surname_words": [surname(chance.stream(each.number)).lower()],
                "birth_date": date(1990 if number < 2 else 2018, 1 + number, 1 + each.number % 28),
            }
            for each in families
            for number in range(MEMBERS)
        ),
    )
    await _insert(
        database,
        intake.enrolment,
        (
            {
                "trajectory_id": each.trajectory_id,
                "signal_id": each.signal_id,
                "family_id": each.id,
                "programme": PROGRAMME,
                "programme_version": 1,
                "enrolled_on": started,
                "from_waiting_list": False,
            }
            for each in families
        ),
    )


async def _insert_desk(database: Database, families: Sequence[_Family], started: date, today: date) -> None:
    await _insert(
        database,
        dossier_store.course,
        (
            {
                "trajectory_id": each.trajectory_id,
                "family_id": each.id,
                "programme": PROGRAMME,
                "programme_version": 1,
                "phase": Phase.WORKING_TOGETHER,
                "phase_since": started,
                "state": CourseState.ACTIVE,
                "started_on": started + timedelta(days=each.number % 180),
            }
            for each in families
        ),
    )
    await _insert(
        database,
        desk.task,
        (
            {
                "id": stable_id("bench-task", each.number),
                "kind": TaskKind.HOLD_REVIEW,
                "programme": PROGRAMME,
                "subject_id": each.trajectory_id,
                "family_id": each.id,
                "roles": [Role.SUPPORTER],
                "excluded": [],
                "due_on": today + timedelta(days=each.number % 40 - 10),
                "number": 1,
                "opened_at": datetime.combine(today, time(8), tzinfo=UTC),
            }
            for each in families
        ),
    )
    await _insert(
        database,
        dossier_store.moment,
        (
            {
                "trajectory_id": families[0].trajectory_id,
                "on_date": started + timedelta(days=number * 6),
                "kind": MomentKind.CONTACT,
                "number": 45,
            }
            for number in range(MOMENTS)
        ),
    )


def _trajectory(family: _Family, started: date) -> dict[str, Any]:
    return {
        "id": family.trajectory_id,
        "family_id": family.id,
        "programme": PROGRAMME,
        "programme_version": 1,
        "area": family.area,
        "phase": Phase.WORKING_TOGETHER,
        "phase_since": started,
        "state": "active",
        "started_on": started,
        "supporter_id": family.supporter_id,
    }


async def _live(
    databases: dict[str, Database], programme: Programme, family: _Family, started: date, by: Actor
) -> None:
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


async def _insert(database: Database, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting = list(rows)
    async with database.transaction() as tx:
        for first in range(0, len(waiting), ROWS_AT_ONCE):
            await tx.execute(insert(table), waiting[first : first + ROWS_AT_ONCE])
