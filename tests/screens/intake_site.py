"""A neighbourhood in Groningen where families are taken in, and intake's screens at the front door."""

import re
from datetime import UTC, datetime
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from starlette.responses import HTMLResponse

from deploy.front import front_app
from services.budget.events import ProgrammeFunded
from services.intake import handlers, store
from services.intake.__main__ import SERVICE
from services.intake.commands import ReceiveSignal
from services.intake.contracts import Admit, Admitted
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.health import Health
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from services.shared.web import packed_assets
from tests.screens.people import person

PROGRAMME = "kansrijk-groningen"
NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)
_WORK = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"}), "team": "wij-beijum"}
CARLA = person("Carla", Role.SUPPORTER, **_WORK)
DIRK = person("Dirk", Role.SUPPORTER, **_WORK)
FATIMA = person(
    "Fatima",
    Role.SUPPORTER,
    programmes=frozenset({PROGRAMME, "kansrijke-start-groningen"}),
    areas=frozenset({"beijum"}),
    team="wij-beijum",
)
TOM = person("Tom", Role.TEAM_COORDINATOR, **_WORK)
PRIYA = person("Priya", Role.PRIVACY_OFFICER, **_WORK)
ELSEWHERE = person(
    "Els", Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"selwerd"}), team="wij-selwerd"
)
BUDDY = person("Bas", Role.BUDDY, **_WORK)


class Neighbourhood:
    """Intake's screens on a database of their own; the desk only knows what its people are called."""

    def __init__(self, database: Database, app: FastAPI, front: FastAPI) -> None:
        self.database, self.app, self.front = database, app, front

    async def meet(self, name: str, *, by: Actor = CARLA, needs: tuple[str, ...] = ()) -> UUID:
        """A family is met at the food bank in Beijum; gives the signal's id."""
        command = ReceiveSignal(
            signal_id=stable_id("signal", name),
            programme=PROGRAMME,
            area="beijum",
            channel="food-bank",
            contact_name=name,
            contact_phone="0612345678",
            needs=needs,
        )
        async with self.database.transaction() as tx:
            signal = await handlers.receive_signal(tx, command, now=NOW, by=by.person)
            assert not isinstance(signal, Refused)
        return command.signal_id

    async def fund(self) -> None:
        """The programme's money is there."""
        event = ProgrammeFunded(
            programme_id=stable_id("programme", PROGRAMME),
            programme=PROGRAMME,
            programme_version=1,
            sources={"gemeente-groningen": 5_000_000},
            starts_on=NOW.date(),
            ends_on=NOW.date().replace(year=2028),
        )
        async with self.database.transaction() as tx:
            await handlers.open_programme(tx, event, now=NOW)

    async def admit(self, signal_id: UUID) -> Admitted:
        """What the process of an intake asks when it hears that it is done."""
        async with self.database.transaction() as tx:
            return await handlers.admit(tx, Admit(signal_id=signal_id), now=NOW)

    async def family_of(self, signal_id: UUID) -> UUID:
        async with self.database.transaction() as tx:
            signal = await store.signal_by_id(tx, signal_id)
        assert signal is not None
        assert signal.family_id is not None
        return signal.family_id

    async def state(self, signal_id: UUID) -> str:
        async with self.database.transaction() as tx:
            signal = await store.signal_by_id(tx, signal_id)
        assert signal is not None
        return signal.state.value

    async def draft(self, signal_id: UUID) -> store.Draft | None:
        async with self.database.transaction() as tx:
            return await store.draft_of(tx, signal_id)

    async def readings(self) -> list[tuple[UUID, str]]:
        """Who looked at what."""
        async with self.database.transaction() as tx:
            rows = await tx.execute(select(tx.tables.reading.c.person, tx.tables.reading.c.what))
            return [(row.person, row.what) for row in rows]


async def open_neighbourhood(database: Database, settings: Settings) -> Neighbourhood:
    app = await SERVICE.web(settings, database=database, clock=lambda: NOW)
    assert app is not None
    desk = FastAPI(openapi_url=None)

    @desk.get("/collega/{colleague}")
    async def name(colleague: UUID) -> HTMLResponse:
        return HTMLResponse({each.person: each.name for each in (CARLA, DIRK, TOM)}.get(colleague, "een collega"))

    front = front_app({"intake": app, "desk": desk}, Health(), packed_assets(settings.theme_file))
    return Neighbourhood(database, app, front)


AGREED = {
    f"consent-{purpose}": answer
    for purpose, answer in {
        "take-part": "given",
        "share-with-tandem": "given",
        "share-with-partners": "refused",
        "measurement": "given",
        "aftercare": "refused",
    }.items()
} | {"language": "nl"}


def household(given_name: str = "Samira", surname: str = "Bakker", born: str = "14-5-1990") -> dict[str, str]:
    """A mother and a daughter, as the form sends them."""
    return {
        "rows": "2",
        "births": "1",
        "role-1": "parent",
        "given_name-1": given_name,
        "prefix-1": "",
        "surname-1": surname,
        "birth_date-1": born,
        "role-2": "child",
        "given_name-2": "Noor",
        "prefix-2": "",
        "surname-2": "",
        "birth_date-2": "2-3-2020",
        "expected-1": "",
    }


REACHED = {
    "postcode": "9737 ab",
    "house_number": "12",
    "street": "Boslaan",
    "city": "Groningen",
    "area": "beijum",
    "phone": "06 12345678",
    "email": "",
    "channel": "app",
    "moment": "evening",
    "language-1": "nl",
    "language-2": "",
}
WISHES = {"rank-money": "1", "income": "up-to-100-percent"}
STEPS: dict[str, dict[str, str]] = {
    "toestemming": AGREED,
    "gezin": household(),
    "bereiken": REACHED,
    "wensen": WISHES,
    "bsn": {"bsn": "111 222 333"},
}


def own(path: str) -> str:
    """An address at the front is one without the service's name here."""
    return path.removeprefix("/intake")


async def send(
    client: httpx.AsyncClient, signal_id: UUID, step: str, told: dict[str, str], *, version: int | None = None
) -> httpx.Response:
    """Opens a step and sends it as its form does."""
    if version is None:
        page = await client.get(f"/intakes/{signal_id}/{step}")
        assert page.status_code == 200, page.text
        version = int(re.findall(r'name="version" value="(\d+)"', page.text)[0])
    return await client.post(f"/intakes/{signal_id}/{step}", data=told | {"version": str(version)})


async def take_in(client: httpx.AsyncClient, signal_id: UUID, **other: dict[str, str]) -> httpx.Response:
    """The whole intake; gives the last answer."""
    for step, told in (STEPS | other).items():
        answer = await send(client, signal_id, step, told)
        assert answer.status_code == 303, (step, answer.text)
    return await send(client, signal_id, "controle", {})
