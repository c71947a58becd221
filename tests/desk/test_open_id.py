"""Staff sign in with a real OpenID provider, and nobody comes in with a token that is not meant for this sign-in."""

import asyncio
import html
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from services.desk.__main__ import SERVICE
from services.desk.colleagues import find_colleague
from services.desk.oidc import LOGOUT_PATH, OpenIdProvider
from services.desk.session_store import session
from services.shared.health import server
from services.shared.roles import Role
from services.shared.sessions import read_session
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import Office
from tests.desk.provider import CONFIDENTIAL, PUBLIC, SITE, fill_in, give_up, provider, sign_out

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


def _settings(placeholder: Settings, issuer: str, **changes: Any) -> Settings:
    told = {
        "oidc_issuer": issuer,
        "oidc_client_id": CONFIDENTIAL["client_id"],
        "oidc_client_secret": SecretStr(CONFIDENTIAL["client_secret"]),
        "oidc_role_names": {"grp-supporter": Role.SUPPORTER},
        "site_address": SITE,
    }
    return placeholder.model_copy(update=told | changes)


@pytest.fixture
def desk(office: Office, placeholder_settings: Settings, issuer: str) -> Callable[..., Any]:
    """`await desk(**changes of the settings)`: the desk's application, behind the provider."""

    async def make(**changes: Any) -> FastAPI:
        app = await SERVICE.web(_settings(placeholder_settings, issuer, **changes), database=office.database)
        assert app is not None
        return app

    return make


@asynccontextmanager
async def _browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    front = FastAPI()
    front.mount("/desk", app)
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url=SITE) as ours,
    ):
        yield ours


async def _way_in(ours: httpx.AsyncClient, naar: str = "/desk/taken") -> str:
    page = await ours.get("/desk/aanmelden", params={"naar": naar})
    assert "Meld je aan met het account van je werk" in page.text
    assert "Sanne" not in page.text
    leaving = await ours.get("/desk/aanmelden/naar-aanbieder", params={"naar": naar})
    return leaving.headers["location"]


@pytest.mark.parametrize(
    "client",
    [{}, {"oidc_client_id": PUBLIC["client_id"], "oidc_client_secret": None}],
    ids=["with a secret", "without"],
)
async def test_somebody_signs_in_and_comes_where_they_wanted_to_be(
    desk: Callable[..., Any], office: Office, issuer: str, client: dict[str, object]
) -> None:
    app = await desk(**client)
    async with _browser(app) as ours, httpx.AsyncClient() as theirs:
        way_in = await _way_in(ours)
        back = await fill_in(theirs, way_in, "sanne")
        arrived = await ours.get(back)
        shown = read_session(app.state.secret, ours.cookies["kansen"], now=app.state.clock())

    assert "code_challenge_method=S256" in way_in
    assert "nonce=" in way_in
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/desk/taken")
    assert shown is not None
    actor = shown.actor
    assert (actor.person, actor.name) == (stable_id("oidc", issuer, "sanne"), "Sanne de Vries")
    assert actor.roles == {Role.SUPPORTER, Role.OUTREACH_WORKER}
    assert (*actor.programmes, *actor.areas, actor.team) == ("kansrijk-groningen", "beijum", "team-noord")
    async with office.database.transaction() as tx:
        kept = await find_colleague(tx, actor.person)
    assert kept is not None
    assert (kept.name, kept.roles, kept.team) == (actor.name, actor.roles, actor.team)


async def test_who_has_no_role_here_is_told_so_and_stays_outside(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours, httpx.AsyncClient() as theirs:
        refused = await ours.get(await fill_in(theirs, await _way_in(ours), "otto"))

    assert refused.status_code == 403
    assert "je hebt nog geen rol in Kansen" in refused.text
    assert "kansen" not in ours.cookies


async def test_whoever_cancels_is_told_what_happened(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours, httpx.AsyncClient() as theirs:
        refused = await ours.get(await give_up(theirs, await _way_in(ours)))

    assert refused.status_code == 403
    assert "heeft het aanmelden niet toegestaan" in refused.text
    assert "kansen" not in ours.cookies


async def test_an_answer_counts_in_the_browser_that_asked_for_it_and_once(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours, _browser(app) as other, httpx.AsyncClient() as theirs:
        back = await fill_in(theirs, await _way_in(ours), "sanne")
        await _way_in(other)
        elsewhere = await other.get(back)
        kept = ours.cookies["kansen-oidc"]
        first = await ours.get(back)
        forgotten = await ours.get(back)
        ours.cookies.delete("kansen")
        ours.cookies.set("kansen-oidc", kept, domain="127.0.0.1", path="/")
        replayed = await ours.get(back)

    assert [each.status_code for each in (elsewhere, first, forgotten, replayed)] == [400, 303, 400, 403]
    assert "kansen" not in other.cookies
    assert "kansen" not in ours.cookies


async def test_an_answer_of_another_provider_is_not_taken(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours, httpx.AsyncClient() as theirs:
        back = httpx.URL(await fill_in(theirs, await _way_in(ours), "sanne"))
        other = await ours.get(back.copy_set_param("iss", "https://elsewhere.example"))
        nobody = await ours.get(back.copy_remove_param("iss"))

    assert [each.status_code for each in (other, nobody)] == [403, 403]


async def test_signing_out_shows_the_way_out_of_the_provider_too(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours, httpx.AsyncClient() as theirs:
        page = await ours.get("/desk/afgemeld")
        way_out = await OpenIdProvider(app.state.settings).way_out(now=app.state.clock())
        assert way_out is not None
        asked = await theirs.get(way_out)

    assert way_out.replace("&", "&amp;") in page.text
    assert (asked.status_code, "<form" in asked.text) == (200, True)


async def test_while_the_provider_is_away_the_door_says_so(desk: Callable[..., Any]) -> None:
    app = await desk(oidc_issuer="http://127.0.0.1:1")
    async with _browser(app) as ours:
        refused = await ours.get("/desk/aanmelden/naar-aanbieder")
        out = await ours.get("/desk/afgemeld")

    assert refused.status_code == 503
    assert "doet het nu niet" in refused.text
    assert out.status_code == 200


async def test_with_a_provider_nobody_comes_in_as_somebody_made_up(desk: Callable[..., Any]) -> None:
    app = await desk()
    async with _browser(app) as ours:
        page = await ours.get("/desk/aanmelden")
        # The language form is there, the list of people is not: the token of a visitor's form comes from elsewhere.
        refused = await ours.post("/desk/aanmelden", data={"persoon": "sanne"})

    assert "persoon" not in page.text
    assert refused.status_code == 403
    assert "kansen" not in ours.cookies


async def test_who_signs_out_at_the_provider_is_signed_out_here_and_nobody_else_is(
    office: Office, placeholder_settings: Settings
) -> None:
    async with _told_by_the_provider(office, placeholder_settings) as app:
        async with _browser(app) as ours, _browser(app) as elsewhere, httpx.AsyncClient() as theirs:
            await ours.get(await fill_in(theirs, await _way_in(ours), "sanne"))
            async with httpx.AsyncClient() as another:
                await elsewhere.get(await fill_in(another, await _way_in(elsewhere), "sanne"))
            before = await _open_sessions(office)
            out = (await ours.get("/desk/afgemeld")).text.split('href="http')[1].split('"')[0]
            await sign_out(theirs, html.unescape(f"http{out}"))
            after = await _open_sessions(office)

    assert (before, after) == (2, 1)


@asynccontextmanager
async def _told_by_the_provider(office: Office, placeholder: Settings) -> AsyncIterator[FastAPI]:
    """The desk at an address where the provider reaches it."""
    front = FastAPI()
    with socket.create_server(("127.0.0.1", 0)) as door:
        web = server(front, "127.0.0.1", 0)
        serving = asyncio.create_task(web.serve(sockets=[door]))
        with provider(tells=f"http://127.0.0.1:{door.getsockname()[1]}{LOGOUT_PATH}") as issuer:
            app = await SERVICE.web(_settings(placeholder, issuer), database=office.database)
            assert app is not None
            front.mount("/desk", app)
            yield app
        web.should_exit = True
        await serving


async def _open_sessions(office: Office) -> int:
    async with office.database.transaction() as tx:
        query = select(func.count()).select_from(session).where(session.c.ended_at.is_(None))
        return int((await tx.execute(query)).scalar_one())
