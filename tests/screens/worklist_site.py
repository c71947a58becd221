"""The desk with three colleagues, behind a front door that gives what other services would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from playwright.async_api import Page
from starlette.responses import HTMLResponse

from services.desk import colleagues
from services.desk.__main__ import SERVICE
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.screens.language import router as language
from services.shared.settings import Settings
from services.shared.web import packed_assets
from tests.desk.office import MONDAY, Office, person
from tests.screens.people import sign_in

SANNE = person("Sanne de Vries", Role.SUPPORTER)
KARIM = person("Karim Haddad", Role.SUPPORTER)
TRUUS = person("Truus Hoekstra", Role.TEAM_COORDINATOR)
PHONE = 360


async def worklist_front(office: Office, settings: Settings) -> FastAPI:
    """The desk as it stands behind the front door, with the names that intake would give."""
    desk = await SERVICE.web(settings, database=office.database, clock=lambda: MONDAY)
    assert desk is not None
    app = FastAPI(openapi_url=None)
    app.state.secret, app.state.sealed, app.state.clock = desk.state.secret, desk.state.sealed, desk.state.clock

    @app.post("/intake/panelen/namen")
    async def names() -> HTMLResponse:
        return HTMLResponse('<hx-partial hx-target="[data-gezin]" hx-swap="innerHTML">Familie Jansen</hx-partial>')

    @app.get("/budget/panelen/nieuws")
    async def news() -> HTMLResponse:
        return HTMLResponse("")

    @app.get("/plans/notities/{family_id}/{task_id}")
    async def notes(family_id: str, task_id: str) -> HTMLResponse:
        return HTMLResponse("<p>Nog geen notities.</p>")

    app.include_router(language)
    app.router.routes.append(packed_assets(None).route())
    app.mount("/desk", desk)
    async with office.database.transaction() as tx:
        for each in (SANNE, KARIM, TRUUS):
            await colleagues.welcome(tx, each, now=MONDAY)
    return app


async def opens(opened: Page, address: str, front: FastAPI, actor: Actor, path: str = "/desk/werklijst") -> None:
    """Somebody who is signed in goes somewhere."""
    await sign_in(opened, address, front, actor)
    await opened.goto(f"{address}{path}")


@asynccontextmanager
async def quiet(opened: Page) -> AsyncIterator[Page]:
    """Leaves before the site closes: a browser that follows the list holds on to it."""
    try:
        yield opened
    finally:
        await opened.close()
