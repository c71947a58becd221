"""Families and people of Groningen for tests of matching."""

from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

from programmes.load import load
from services.matching.commands import RegisterPerson
from services.matching.contracts import RequestTandem
from services.matching.domain import Person, Request, RequestState, Rules
from services.matching.events import TandemPart
from services.shared.calendar import morning_of
from services.shared.types import Code, stable_id

PROGRAMME: Code = "kansen-voor-kinderen-groningen"
TODAY = date(2023, 3, 7)
RULES = Rules.of(load(PROGRAMME, 1))
TRAINED: tuple[Code, ...] = ("buddy-basics", "working-safely")


def at(day: date) -> datetime:
    return morning_of(day)


def trajectory_of(family: str) -> UUID:
    return stable_id("trajectory", family)


def who(name: str) -> UUID:
    return stable_id("person", name)


def supporter(name: str, **changes: object) -> Person:
    values: dict[str, object] = {
        "id": who(name),
        "programme": PROGRAMME,
        "part": TandemPart.SUPPORTER,
        "areas": ("beijum", "selwerd"),
        "languages": ("nl",),
        "themes": ("money",),
        "trainings": (),
        "vog_until": None,
        "capacity": 12,
        "active_from": date(2023, 1, 1),
        "left_on": None,
    }
    return TypeAdapter(Person).validate_python(values | changes)


def buddy(name: str, **changes: object) -> Person:
    values: dict[str, object] = {
        "part": TandemPart.BUDDY,
        "trainings": TRAINED,
        "vog_until": date(2025, 12, 31),
        "capacity": 2,
    }
    return supporter(name, **(values | changes))


def request(family: str, **changes: object) -> Request:
    values: dict[str, object] = {
        "trajectory_id": trajectory_of(family),
        "number": 1,
        "family_id": stable_id("family", family),
        "programme": PROGRAMME,
        "programme_version": 1,
        "area": "beijum",
        "languages": ("nl",),
        "themes": ("money", "parenting"),
        "requested_on": date(2023, 3, 1),
        "state": RequestState.WAITING,
    }
    return TypeAdapter(Request).validate_python(values | changes)


def registration(person: Person) -> RegisterPerson:
    return RegisterPerson(
        person_id=person.id,
        programme=person.programme,
        part=person.part,
        areas=person.areas,
        languages=person.languages,
        themes=person.themes,
        trainings=person.trainings,
        vog_until=person.vog_until,
        capacity=person.capacity,
    )


def asks(request: Request) -> RequestTandem:
    return RequestTandem(
        trajectory_id=request.trajectory_id,
        family_id=request.family_id,
        number=request.number,
        programme=request.programme,
        programme_version=request.programme_version,
        area=request.area,
        languages=request.languages,
        themes=request.themes,
    )
