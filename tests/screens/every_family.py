"""A family in every stage that a family can be in, and all screens at one front door with what every service knows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from deploy.front import front_app
from services.desk.colleagues import welcome
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.health import Health
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from services.shared.web import packed_assets
from tests.architecture.routes import service
from tests.architecture.sources import SERVICES
from tests.deploy.whole_town import WholeTown, open_town
from tests.screens.people import person

PROGRAMME, AREA = "kansen-voor-kinderen-groningen", "beijum"
WHERE: Mapping[str, object] = {
    "programmes": frozenset({PROGRAMME}),
    "areas": frozenset({AREA}),
    "team": "wij-beijum",
}
NOW = datetime(2024, 6, 3, 8, tzinfo=UTC)
STARTED = datetime(2023, 2, 1, 9, tzinfo=UTC)
PAYEE, PROPOSED_PAYEE = stable_id("payee", "the shop"), stable_id("payee", "a shop that nobody knows yet")


class Stage(StrEnum):
    """How far a family is."""

    MET = "just met"
    HALFWAY = "halfway the intake"
    READY = "ready to be sent in"
    TAKEN_IN = "waiting for an answer"
    DECLINED = "told that it cannot take part"
    SHUT = "signed up and lost from sight"
    ENROLLED = "enrolled, without a tandem"
    CHOOSING = "with tandems to choose from"
    ON_TRIAL = "with a tandem on trial"
    BEGINNING = "with a tandem, and nothing written yet"
    TOGETHER = "working on its plan"
    PAUSED = "paused"
    LETTING_GO = "letting go"
    AFTERCARE = "called now and then"
    LEFT = "gone"
    MERGED = "merged from two files"


IN_A_PROGRAMME = tuple(Stage)[list(Stage).index(Stage.ENROLLED) :]
CONFIRMED = IN_A_PROGRAMME[3:]
WITH_A_PLAN = IN_A_PROGRAMME[4:]

CAST: Mapping[Role, Actor] = {
    role: person(name, role, **({} if role is Role.BUDDY else WHERE))
    for role, name in {
        Role.SUPPORTER: "Henk Jansen",
        Role.TEAM_COORDINATOR: "Marieke Postma",
        Role.OUTREACH_WORKER: "Noor Bakker",
        Role.MATCHER: "Mo Visser",
        Role.BUDDY: "Fatima el Amrani",
        Role.BUDGET_HOLDER: "Hanneke Smit",
        Role.PROGRAMME_MANAGER: "Wim Jansen",
        Role.CONTROLLER: "Cor Mulder",
        Role.PAYMENT_RELEASER: "Kees Bos",
        Role.PRIVACY_OFFICER: "Priya Nair",
        Role.ADMINISTRATOR: "Ada de Groot",
    }.items()
}
"""One colleague for each role, in the order in which they are asked to look."""
HENK = CAST[Role.SUPPORTER]
LONG_AWAY = Role.OUTREACH_WORKER
"""Was not seen for a year, and still has a task."""


@dataclass
class Family:
    """Where it stands, and the ids under which pages find it and its things."""

    stage: Stage
    signal_id: UUID
    ids: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> UUID:
        return UUID(self.ids[name][0])

    def has(self, name: str, *values: object) -> None:
        self.ids.setdefault(name, []).extend(str(value) for value in values)


@dataclass
class Screens:
    """Everything behind one front door; `apps` are the services' own applications."""

    town: WholeTown
    front: FastAPI
    apps: Mapping[str, FastAPI]
    families: dict[Stage, Family] = field(default_factory=dict)
    concern: UUID | None = None
    """The task of a concern about safety."""

    async def does(self, owner: str, handler: Callable[..., Awaitable[Any]], command: object, **more: Any) -> Any:
        """One transaction of a service, as a person or a workflow would have it done."""
        async with self.town.databases[owner].transaction() as tx:
            return await handler(tx, command, **({"now": STARTED} | more))

    async def asks(self, owner: str, question: Callable[..., Awaitable[Any]], *about: object, **more: Any) -> Any:
        """What a service has in its tables."""
        async with self.town.databases[owner].transaction() as tx:
            return await question(tx, *about, **more)


async def behind_one_door(settings: Settings, databases: Mapping[str, Database]) -> tuple[dict[str, FastAPI], FastAPI]:
    """Each service's screens on its database, and the front door to them."""
    applications = {}
    for name in SERVICES:
        app = await service(name).web(settings, database=databases[name], clock=lambda: NOW)
        assert app is not None
        applications[name] = app
    front, desk = front_app(applications, Health(), packed_assets(None)), applications["desk"]
    front.state.secret, front.state.clock, front.state.sealed = desk.state.secret, desk.state.clock, desk.state.sealed
    return applications, front


@asynccontextmanager
async def open_screens(settings: Settings) -> AsyncIterator[Screens]:
    """The screens of a municipality in which nobody was met yet."""
    async with AsyncExitStack() as stack:
        town = await open_town(settings, stack)
        applications, front = await behind_one_door(settings, town.databases)
        screens = Screens(town, front, applications)
        async with town.databases["desk"].transaction() as tx:
            for role, colleague in CAST.items():
                await welcome(tx, colleague, now=STARTED if role is LONG_AWAY else NOW)
        yield screens
