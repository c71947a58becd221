"""A concern about safety in a real browser: reported with one press, there on open worklists, and told back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from playwright.async_api import Route, expect
from starlette.responses import HTMLResponse

from services.desk import colleagues
from services.desk.__main__ import SERVICE
from services.desk.session_store import session
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.screens.language import router as language
from services.shared.settings import Settings
from services.shared.web import packed_assets
from tests.desk.office import MONDAY, TRAJECTORY, Office, person, task
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.people import session_of

pytestmark = [pytest.mark.engines, pytest.mark.browser]

SANNE = replace(person("Sanne de Vries", Role.SUPPORTER), session=uuid4())
TRUUS = replace(person("Truus Hoekstra", Role.TEAM_COORDINATOR), session=uuid4())
PHONE, DESK = 360, 1280
REPORT = f"/desk/gezinnen/{TRAJECTORY}/zorg"


@pytest.fixture
async def office(service_database: Callable[[str], Database]) -> Office:
    office = Office(service_database("desk"))
    await office.place(task())
    return office


@pytest.fixture
async def front(office: Office, placeholder_settings: Settings) -> FastAPI:
    """The desk behind its front door, with neither Temporal nor a broker anywhere."""
    desk = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert desk is not None
    app = FastAPI(openapi_url=None)
    app.state.secret, app.state.sealed, app.state.clock = desk.state.secret, desk.state.sealed, desk.state.clock

    @app.get("/intake/panelen/naam/{trajectory_id}")
    async def name(trajectory_id: str) -> HTMLResponse:
        return HTMLResponse("Familie Jansen")

    @app.post("/intake/panelen/namen")
    async def names() -> HTMLResponse:
        return HTMLResponse("")

    @app.get("/budget/panelen/nieuws")
    async def news() -> HTMLResponse:
        return HTMLResponse("")

    @app.get("/plans/notities/{trajectory_id}/{task_id}")
    async def notes(trajectory_id: str, task_id: str) -> HTMLResponse:
        return HTMLResponse("<p>Nog geen notities.</p>")

    app.include_router(language)
    app.router.routes.append(packed_assets(None).route())
    app.mount("/desk", desk)
    return app


async def here(office: Office, *actors: Actor) -> None:
    """They came in this morning."""
    async with office.database.transaction() as tx:
        for each in actors:
            await colleagues.welcome(tx, each, now=MONDAY)
            values = {"id": each.session, "person": each.person, "opened_at": MONDAY, "seen_at": MONDAY}
            await tx.execute(session.insert().values(values))


def cookies(front: FastAPI, actor: Actor, address: str) -> list[dict[str, str]]:
    kept = session_of(front, actor, actor.session).items()
    return [{"name": name, "value": value, "url": address} for name, value in kept]


@pytest.mark.parametrize("words", ["nl", "en"])
async def test_a_concern_is_reported_with_one_press_and_seen_at_once_by_a_coordinator(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe, words: str
) -> None:
    await here(office, SANNE, TRUUS)
    async with site(front) as address:
        phone, desk = await page(PHONE), await page(DESK)
        for opened, actor in ((phone, SANNE), (desk, TRUUS)):
            await opened.context.add_cookies(cookies(front, actor, address))  # type: ignore[arg-type]  # made as asked
            await opened.context.add_cookies([{"name": "taal", "value": words, "url": address}])
        await desk.goto(f"{address}/desk/werklijst")
        banner = desk.get_by_role("alert")
        await expect(banner).to_have_count(0)

        await phone.goto(f"{address}{REPORT}")
        assert await axe(phone) == []
        await phone.get_by_role(
            "button", name="Meld mijn zorg nu" if words == "nl" else "Report my concern now"
        ).click()
        await expect(phone.get_by_text("Truus Hoekstra")).to_be_visible()
        assert await axe(phone) == []
        assert not await scrolls_sideways(phone)

        await expect(banner).to_have_count(1)
        await expect(banner).to_contain_text("Sanne de Vries")
        assert await axe(desk) == []
        await banner.get_by_role("link").click()
        await desk.get_by_role("button", name="Ik pak dit op" if words == "nl" else "I will do this").click()
        again = "Kijk of iemand" if words == "nl" else "See whether somebody"
        await phone.get_by_role("link", name=again).click()
        taken = "Truus Hoekstra heeft je melding opgenomen." if words == "nl" else "Truus Hoekstra has taken up"
        await expect(phone.get_by_text(taken)).to_be_visible()
        assert await axe(phone) == []
        await desk.goto(f"{address}/desk/werklijst")
        await expect(banner).to_have_count(0)
        for opened in (phone, desk):
            await opened.close()


async def test_without_scripts_it_works_too_pressed_twice_it_is_one_and_an_alarm_stands_on_top(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe
) -> None:
    await here(office, SANNE, TRUUS)
    async with site(front) as address:
        opened = await page(PHONE, javascript=False)
        await opened.context.add_cookies(cookies(front, SANNE, address))  # type: ignore[arg-type]  # made as asked
        await opened.goto(f"{address}{REPORT}")
        await opened.get_by_role("button", name="Meld mijn zorg nu").click()
        await opened.go_back()
        await opened.get_by_role("button", name="Meld mijn zorg nu").click()
        await expect(opened.get_by_text("Nog niemand heeft je melding opgenomen.")).to_be_visible()
        [concern] = await office.open_ids()

        front.state.clock = lambda: MONDAY + timedelta(hours=2)
        for route in front.routes:
            if getattr(route, "path", "") == "/desk":
                route.app.state.clock = front.state.clock  # type: ignore[attr-defined]  # the mounted application
        await opened.context.clear_cookies()
        await opened.context.add_cookies(cookies(front, TRUUS, address))  # type: ignore[arg-type]  # made as asked
        await opened.goto(f"{address}/desk/werklijst")
        await expect(opened.get_by_role("alert")).to_contain_text("Alarm")
        assert not await scrolls_sideways(opened)
        await opened.goto(f"{address}/desk/taken/{concern}")
        await expect(opened.get_by_text("Sanne de Vries meldde een zorg.")).to_be_visible()


async def test_who_reports_where_nobody_is_there_reads_whom_to_call(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe
) -> None:
    await here(office, SANNE)
    async with site(front) as address:
        opened = await page(PHONE)
        await opened.context.add_cookies(cookies(front, SANNE, address))  # type: ignore[arg-type]  # made as asked
        await opened.goto(f"{address}{REPORT}")
        await opened.get_by_role("button", name="Meld mijn zorg nu").click()
        await expect(opened.get_by_role("alert")).to_contain_text("Veilig Thuis (0800 2000")
        assert await axe(opened) == []
        await opened.close()


async def test_a_worklist_follows_again_after_an_answer_that_was_no_stream(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await here(office, SANNE)
    tries = []

    async def away(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) > 1:
            await route.continue_()
        else:
            await route.fulfill(status=204)

    async with site(front) as address:
        opened = await page(DESK)
        await opened.context.add_cookies(cookies(front, SANNE, address))  # type: ignore[arg-type]  # made as asked
        await opened.route("**/desk/stroom*", away)
        await opened.goto(f"{address}/desk/werklijst?wie=unassigned")
        await office.open(task())
        await expect(opened.get_by_text("1 nieuwe taak")).to_be_visible(timeout=15_000)
        assert len(tries) == 2
        await opened.close()
