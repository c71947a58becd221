"""The privacy officer looks up who looked at a family, on a page and at the API; others do not."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import ProgrammingError
from starlette.responses import HTMLResponse

from deploy.front import front_app
from services.plans.__main__ import SERVICE
from services.shared.database import Database
from services.shared.health import Health
from services.shared.reading_routes import PAGE_MAX
from services.shared.readings import log_reading, log_readings
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from services.shared.web import packed_assets
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.people import person, sign_in, signed_in

pytestmark = pytest.mark.engines

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
OFFICER = person("Petra", Role.PRIVACY_OFFICER)
HENK = person("Henk", Role.SUPPORTER)
JOOST = person("Joost", Role.SUPPORTER)
FAMILY, OTHER_FAMILY = stable_id("family"), stable_id("another family")
EMPTY = "Er zijn geen inzagen die hierbij passen."


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    database = service_database("plans")
    async with database.transaction() as tx:
        await log_reading(tx, HENK, FAMILY, what="plan", now=NOON)
        await log_reading(tx, JOOST, FAMILY, what="reviews", now=NOON + timedelta(minutes=1))
        await log_reading(tx, HENK, OTHER_FAMILY, what="plan", now=NOON + timedelta(minutes=2))
    return database


@pytest.fixture
async def app(database: Database, placeholder_settings: Settings) -> FastAPI:
    app = await SERVICE.web(placeholder_settings, database=database, clock=lambda: NOON)
    assert app is not None
    return app


@pytest.fixture
async def officer(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, OFFICER) as client:
        yield client


async def test_the_newest_readings_stand_on_top_and_are_narrowed_to_a_family_or_a_person(
    officer: httpx.AsyncClient,
) -> None:
    everything = (await officer.get("/inzagen")).text
    of_family = (await officer.post("/inzagen", data={"family_id": str(FAMILY)})).text
    of_both = (await officer.post("/inzagen", data={"family_id": str(FAMILY), "person": str(HENK.person)})).text
    of_nobody = (await officer.post("/inzagen", data={"person": str(uuid4())})).text

    assert everything.index(str(OTHER_FAMILY)) < everything.index(str(FAMILY))
    assert (str(OTHER_FAMILY) in of_family, str(JOOST.person) in of_family) == (False, True)
    assert (str(HENK.person) in of_both, str(JOOST.person) in of_both) == (True, False)
    assert EMPTY in of_nobody


async def test_what_is_no_number_is_told_at_the_field_and_shows_nobody(officer: httpx.AsyncClient) -> None:
    answer = await officer.post("/inzagen", data={"family_id": "de familie Jansen"})

    assert answer.status_code == 400
    assert 'id="family_id-error"' in answer.text
    assert str(HENK.person) not in answer.text


async def test_a_long_list_goes_on_where_the_page_before_it_stopped(
    officer: httpx.AsyncClient, database: Database
) -> None:
    families = [stable_id("family", number) for number in range(PAGE_MAX)]
    async with database.transaction() as tx:
        await log_readings(tx, HENK, families, what="search", now=NOON)

    first = (await officer.get("/v1/readings")).json()
    form = {"before": str(first["next"])}
    second = (await officer.post("/inzagen", data=form)).text

    assert len(first["readings"]) == PAGE_MAX
    assert (second.count(str(OTHER_FAMILY)), second.count(f"<small>{FAMILY}</small>")) == (1, 2)
    assert EMPTY in (await officer.post("/inzagen", data={"before": "1"})).text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
async def test_who_looked_is_for_the_privacy_officer_alone(app: FastAPI, role: Role) -> None:
    async with signed_in(app, person("Iemand", role)) as client:
        answers = [await client.get("/inzagen"), await client.get("/v1/readings")]

    assert [each.status_code for each in answers] == [403, 403]


async def test_a_line_stays_as_it_was_written(database: Database) -> None:
    reading = database.tables.reading
    for change in (reading.update().values(what="nothing"), reading.delete()):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as tx:
                await tx.execute(change)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_page_is_usable_on_a_phone_in_both_languages(
    app: FastAPI, page: OpenPage, site: Site, axe: Axe, placeholder_settings: Settings, language: str
) -> None:
    desk = FastAPI()

    @desk.get("/collega/{colleague}")
    async def name_of(colleague: str) -> HTMLResponse:
        return HTMLResponse("Henk de Vries")

    front = front_app({"plans": app, "desk": desk}, Health(), packed_assets(placeholder_settings.theme_file))
    async with site(front) as address:
        opened = await page(360)
        await opened.context.add_cookies([{"name": "taal", "value": language, "url": address}])
        await sign_in(opened, address, app, OFFICER)
        await opened.goto(f"{address}/plans/inzagen")
        await opened.get_by_text("Henk de Vries").first.wait_for()

        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)
