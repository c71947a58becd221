"""Rows of the bench's families in the services' own tables, as the services' handlers would have written them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from services.desk import dossier_store
from services.desk import store as desk
from services.desk.contracts import TaskKind
from services.desk.dossier_store import CourseState, MomentKind
from services.intake import tables as intake
from services.plans.events import Phase
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from simulation.town.chance import Chance
from simulation.town.names import given_name, surname

PROGRAMME = "kansrijk-groningen"
MOMENTS = 30
MEMBERS = 4
SEED = 11

type Row = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """One of thousands; everything else of it follows from its number."""

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


def in_intake(families: Sequence[Family], started: date) -> Iterator[tuple[Table, Iterable[Row]]]:
    """Who they are, and how they came in."""
    at, chance = datetime.combine(started, time(9), tzinfo=UTC), Chance(SEED)
    yield intake.family, (_family(each, at) for each in families)
    yield intake.signal, (_signal(each, at) for each in families)
    yield intake.household_member, (_member(each, number, chance) for each in families for number in range(MEMBERS))
    yield intake.enrolment, (_enrolment(each, started) for each in families)


def in_desk(families: Sequence[Family], started: date, today: date) -> Iterator[tuple[Table, Iterable[Row]]]:
    """How far they are, and what is to be done; of the first also what was done."""
    yield dossier_store.course, (_course(each, started) for each in families)
    yield desk.task, (_task(each, today) for each in families)
    yield dossier_store.moment, (_moment(families[0], number, started) for number in range(MOMENTS))


def scope(family: Family) -> Row:
    """Who may see it, as every service knows."""
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


def trajectory(family: Family, started: date) -> Row:
    """Its file at plans."""
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


def _family(family: Family, at: datetime) -> Row:
    return {
        "id": family.id,
        "created_at": at,
        "area": family.area,
        "street": "Kievitslaan",
        "house_number": str(family.number % 200 + 1),
        "postcode": "9736AB",
        "city": "Groningen",
        "phone": "0612345678",
        "languages": ["nl"],
    }


def _signal(family: Family, at: datetime) -> Row:
    return {
        "id": family.signal_id,
        "programme": PROGRAMME,
        "programme_version": 1,
        "area": family.area,
        "channel": "wij-team",
        "state": "enrolled",
        "received_at": at,
        "family_id": family.id,
    }


def _member(family: Family, number: int, chance: Chance) -> Row:
    return {
        "id": stable_id("bench-member", family.number, number),
        "family_id": family.id,
        "number": number,
        "role": "parent" if number < 2 else "child",
        "given_name": given_name(chance.stream(family.number, number)),
        "prefix": "",
        "surname": surname(chance.stream(family.number)),
        "surname_words": [surname(chance.stream(family.number)).lower()],
        "birth_date": date(1990 if number < 2 else 2018, 1 + number, 1 + family.number % 28),
    }


def _enrolment(family: Family, started: date) -> Row:
    return {
        "trajectory_id": family.trajectory_id,
        "signal_id": family.signal_id,
        "family_id": family.id,
        "programme": PROGRAMME,
        "programme_version": 1,
        "enrolled_on": started,
        "from_waiting_list": False,
    }


def _course(family: Family, started: date) -> Row:
    return {
        "trajectory_id": family.trajectory_id,
        "family_id": family.id,
        "programme": PROGRAMME,
        "programme_version": 1,
        "phase": Phase.WORKING_TOGETHER,
        "phase_since": started,
        "state": CourseState.ACTIVE,
        "started_on": started + timedelta(days=family.number % 180),
    }


def _task(family: Family, today: date) -> Row:
    return {
        "id": stable_id("bench-task", family.number),
        "kind": TaskKind.HOLD_REVIEW,
        "programme": PROGRAMME,
        "subject_id": family.trajectory_id,
        "family_id": family.id,
        "roles": [Role.SUPPORTER],
        "excluded": [],
        "due_on": today + timedelta(days=family.number % 40 - 10),
        "number": 1,
        "opened_at": datetime.combine(today, time(8), tzinfo=UTC),
    }


def _moment(family: Family, number: int, started: date) -> Row:
    return {
        "trajectory_id": family.trajectory_id,
        "on_date": started + timedelta(days=number * 6),
        "kind": MomentKind.CONTACT,
        "number": 45,
    }
