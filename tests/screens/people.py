"""People who are signed in, as a browser and as a bare client, without going through the door."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from playwright.async_api import Page

from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.roles import Role
from services.shared.screens.csrf import HEADER, form_token
from services.shared.sessions import cookie_name, issue_session
from services.shared.types import stable_id

WHOLE_DAY = timedelta(hours=12)
ANOTHER_PAGE_IS_THERE = "() => window.wasPressed === undefined && document.readyState === 'complete'"


def person(name: str, *roles: Role, **where: object) -> Actor:
    """Somebody by name, always with the same id; `programmes`, `areas` and `team` say where they work."""
    return Actor(person=stable_id("person", name), roles=frozenset(roles), name=name, **where)  # type: ignore[arg-type]  # a test's own


def session_of(app: FastAPI, actor: Actor, session: UUID | None = None) -> dict[str, str]:
    """The cookie of somebody who is signed in at this application all day: name and value."""
    state = app.state
    token = issue_session(state.secret, actor, session or uuid4(), now=state.clock(), life=WHOLE_DAY)
    return {cookie_name("kansen", sealed=state.sealed): token}


def csrf_of(app: FastAPI, actor: Actor) -> str:
    """What every form of theirs holds today."""
    return form_token(app.state.secret, f"person/{actor.person}", local_date(app.state.clock()))


@asynccontextmanager
async def signed_in(app: FastAPI, actor: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose pages are those of `actor` and whose forms come from pages of ours.

    `app` is the application of one service: what is `/desk/werklijst` at the front is `/werklijst` at its own.
    """
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    scheme = "https" if app.state.sealed else "http"
    async with httpx.AsyncClient(
        transport=transport,
        base_url=f"{scheme}://kansen.example",
        cookies=session_of(app, actor),
        headers={HEADER: csrf_of(app, actor)},
    ) as client:
        yield client


async def sign_in(opened: Page, address: str, app: FastAPI, actor: Actor) -> None:
    """Makes a browser's page that of `actor`, at the address where `app` is served."""
    cookies = session_of(app, actor).items()
    await opened.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies])


def hidden(page: httpx.Response, name: str) -> str:
    """What a form on a page sends along without showing it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return found[1]


async def presses(opened: Page, name: str, *, twice: bool = False, patience: float | None = None) -> None:
    """A button, once or by a thumb that trembles, and on to another page; `patience` in milliseconds."""
    button = opened.get_by_role("button", name=name, exact=True).first
    # The second of two clicks breaks off what the first began: what counts is that another page came in the end.
    await opened.evaluate("window.wasPressed = true")
    await (button.dblclick(no_wait_after=True) if twice else button.click(no_wait_after=True))
    await opened.wait_for_function(ANOTHER_PAGE_IS_THERE, timeout=patience)
    await opened.wait_for_load_state("networkidle" if twice else "load")
