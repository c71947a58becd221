"""Every page has the same frame: only who is signed in comes in, a form counts only from our own page, and refusals
are told in words."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import MetaData
from starlette.responses import Response

from services.shared.access import Actor, requires
from services.shared.database import Database
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.screens.csrf import HEADER
from services.shared.screens.pages import PAGE_POLICY
from services.shared.screens.web import UPLOAD_BYTES_MAX, ActorOf, FormOf, PageOf, see_other
from services.shared.sessions import TOKEN_LIFE, issue_session, set_session
from services.shared.settings import Settings
from services.shared.tables import SharedTables
from services.shared.web import web_app
from tests.screens.people import csrf_of, person, session_of, signed_in

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
CARLA = person("Carla", Role.SUPPORTER)
MATCHER = person("Mo", Role.MATCHER)
Supporter = Annotated[Actor, Depends(requires(Role.SUPPORTER))]

api = APIRouter()
pages = APIRouter()


@api.get("/notes")
async def read_notes(actor: Supporter) -> str:
    return actor.name


@api.post("/notes")
async def add_note(actor: Supporter) -> str:
    return actor.name


@pages.get("/aantekening")
async def show(_: Supporter, page: PageOf) -> Response:
    return page("note.html", {"said": "Niets"})


@pages.post("/aantekening")
async def save(_: Supporter, form: FormOf) -> Response:
    return see_other(f"/desk/aantekening/{len(str(form['said']))}")


@pages.post("/leeg")
async def save_nothing(_: Supporter) -> Response:
    return see_other("/desk/leeg")


@pages.get("/open")
async def show_visitor(actor: ActorOf, page: PageOf) -> Response:
    return page("note.html", {"said": actor.name if actor else "Bezoeker"})


@pages.post("/open")
async def save_visitor(form: FormOf) -> Response:
    return see_other("/desk/open")


@pages.get("/bezet")
async def conflict(_: Supporter) -> Response:
    raise Problem(409, "changed-since-seen")


@pages.get("/stuk")
async def broken(_: Supporter) -> Response:
    raise RuntimeError("a name that nobody may read")


def framed_app(settings: Settings, clock: list[datetime]) -> FastAPI:
    tables = SharedTables(MetaData(schema="desk"))
    database = Database(settings.database_url_for("desk"), tables=tables, source=settings.source_of("desk"))
    room = Path(__file__).with_name("framed")
    return web_app(
        "desk", "Notes", api, pages=pages, room=room, settings=settings, database=database, clock=lambda: clock[0]
    )


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def app(placeholder_settings: Settings, clock: list[datetime]) -> FastAPI:
    return framed_app(placeholder_settings, clock)


@pytest.fixture
async def carla(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, CARLA) as client:
        yield client


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://kansen.example") as client:
        yield client


async def test_a_page_shows_who_is_signed_in_and_nothing_foreign(carla: httpx.AsyncClient) -> None:
    page = await carla.get("/aantekening")

    assert page.status_code == 200
    assert "Carla" in page.text
    assert "Afmelden" in page.text
    assert "/desk/werklijst" in page.text
    assert page.headers["Content-Security-Policy"] == PAGE_POLICY
    assert page.headers["Cache-Control"] == "no-store"


async def test_a_visitor_is_led_to_the_door_and_back(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/aantekening?van=lijst")

    assert page.status_code == 303
    assert page.headers["location"] == "/desk/aanmelden?naar=%2Faantekening%3Fvan%3Dlijst"


async def test_a_part_of_a_page_sends_the_whole_page_to_the_door(visitor: httpx.AsyncClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://kansen.example/desk/werklijst?x=1"}
    part = await visitor.get("/aantekening", headers=headers)

    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/desk/aanmelden?naar=%2Fdesk%2Fwerklijst")


async def test_a_form_of_who_is_signed_out_says_so_on_a_page(visitor: httpx.AsyncClient) -> None:
    await visitor.get("/open")
    token = (await visitor.get("/open")).text.split('name="csrf" value="')[1].split('"')[0]
    page = await visitor.post("/aantekening", data={"said": "Hallo", "csrf": token})

    assert page.status_code == 401
    assert "Je bent niet meer aangemeld" in page.text


async def test_a_session_that_ends_halfway_a_form_loses_nothing_of_what_was_typed(app: FastAPI) -> None:
    said = "Drie brieven.\r\nEn <een> rekening."
    typed = {"said": said, "csrf": csrf_of(app, CARLA), "who": ["parent", "child"]}
    async with signed_in(app, CARLA) as client:
        client.headers.pop(HEADER)
        client.cookies.clear()
        page = await client.post("/aantekening?van=lijst", data=typed)
        again = sent_again(page.text)
        still_out = await client.post("/aantekening", data=again)
        client.cookies.update(session_of(app, CARLA))
        saved = await client.post("/aantekening", data=again)

    assert (page.status_code, still_out.status_code) == (401, 401)
    assert "Wat je invulde, is niet weg" in page.text
    assert 'action="/aantekening?van=lijst"' in page.text
    assert again == typed
    assert (saved.status_code, saved.headers["location"]) == (303, f"/desk/aantekening/{len(said)}")


async def test_what_one_typed_another_cannot_send(app: FastAPI) -> None:
    typed = {"said": "Hallo", "csrf": csrf_of(app, CARLA)}
    async with signed_in(app, person("Karim", Role.SUPPORTER)) as client:
        client.headers.pop(HEADER)
        page = await client.post("/aantekening", data=typed)
        again = await client.post("/aantekening", data=sent_again(page.text))

    assert (page.status_code, again.status_code) == (403, 403)
    assert "van een ander account" in page.text


async def test_a_file_is_chosen_once_more_and_the_words_beside_it_stay(app: FastAPI) -> None:
    async with signed_in(app, CARLA) as client:
        client.headers.pop(HEADER)
        client.cookies.clear()
        typed = {"said": "Een brief", "csrf": csrf_of(app, CARLA)}
        page = await client.post("/aantekening", data=typed, files={"file": ("brief.pdf", b"%PDF-1.7")})

    assert sent_again(page.text) == typed
    assert "Een bestand moet je daarna opnieuw kiezen" in page.text


def sent_again(page: str) -> dict[str, str | list[str]]:
    """The fields that a page holds to be sent once more."""
    form = page.split("<main", 1)[1].split("<form", 1)[1].split("</form", 1)[0]
    fields: dict[str, str | list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form):
        held, value = fields.get(name), unescape(value)
        fields[name] = value if held is None else [*([held] if isinstance(held, str) else held), value]
    return fields


async def test_another_role_reads_in_words_that_it_may_not(app: FastAPI) -> None:
    async with signed_in(app, MATCHER) as client:
        page = await client.get("/aantekening")

    assert page.status_code == 403
    assert "Dit mag je niet doen" in page.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/bezet", 409, "Iemand anders was je voor"),
        ("/nergens", 404, "Dit is er niet (meer)"),
        ("/stuk", 500, "Er ging iets mis"),
    ],
)
async def test_refusals_are_pages_with_the_frame(carla: httpx.AsyncClient, path: str, status: int, words: str) -> None:
    page = await carla.get(path)

    assert page.status_code == status
    assert words in page.text
    assert "a name that nobody may read" not in page.text
    assert page.headers["Content-Security-Policy"] == PAGE_POLICY


async def test_a_refused_part_is_a_part(carla: httpx.AsyncClient) -> None:
    part = await carla.get("/bezet", headers={"HX-Request": "true"})

    assert part.status_code == 409
    assert "<html" not in part.text


async def test_a_form_of_ours_is_taken(carla: httpx.AsyncClient) -> None:
    saved = await carla.post("/aantekening", data={"said": "Hallo"})

    assert (saved.status_code, saved.headers["location"]) == (303, "/desk/aantekening/5")


@pytest.mark.parametrize("path", ["/aantekening", "/leeg"])
async def test_a_form_that_we_did_not_hand_out_is_refused(carla: httpx.AsyncClient, app: FastAPI, path: str) -> None:
    carla.headers.pop(HEADER)
    for token in ("", "0" * 64, csrf_of(app, MATCHER)):
        refused = await carla.post(path, data={"said": "Hallo", "csrf": token})
        assert refused.status_code == 403
        assert "stond te lang open" in refused.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
async def test_a_form_from_another_site_is_refused_whatever_it_holds(
    carla: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    refused = await carla.post("/aantekening", data={"said": "Hallo"}, headers=headers)

    assert refused.status_code == 403
    assert "kwam van een andere website" in refused.text


async def test_a_form_of_last_week_still_counts_and_an_older_one_does_not(app: FastAPI, clock: list[datetime]) -> None:
    token = csrf_of(app, CARLA)
    statuses = []
    for days in (6, 7):
        clock[0] = NOW + timedelta(days=days)
        async with signed_in(app, CARLA) as client:
            answer = await client.post("/aantekening", data={"said": "Hallo"}, headers={HEADER: token})
            statuses.append(answer.status_code)

    assert statuses == [303, 403]


async def test_a_visitor_has_forms_of_their_own(visitor: httpx.AsyncClient, app: FastAPI) -> None:
    page = await visitor.get("/open")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    taken = await visitor.post("/open", data={"csrf": token})
    visitor.cookies.clear()
    stolen = await visitor.post("/open", data={"csrf": token, "said": "Hallo"})
    again = await visitor.post("/open", data=sent_again(stolen.text))

    assert "Bezoeker" in page.text
    assert (taken.status_code, stolen.status_code) == (303, 403)
    assert "Wat u invulde, is er nog" in stolen.text
    assert again.status_code == 303, "a visitor whose cookie went sends once more, by a click of their own"


async def test_a_page_reads_forms_of_a_bounded_size_and_nothing_else(carla: httpx.AsyncClient) -> None:
    no_form = await carla.post("/aantekening", json={"said": "Hallo"})
    too_large = await carla.post("/aantekening", data={"said": "x" * (1024 * 1024)})
    file_too_large = await carla.post("/aantekening", files={"said": b"x" * UPLOAD_BYTES_MAX})
    file = await carla.post("/aantekening", files={"said": b"x" * 1024 * 1024})
    no_text = await carla.post("/aantekening", data={"said": "\x00"})

    codes = [each.status_code for each in (no_form, too_large, file_too_large, file, no_text)]
    assert codes == [415, 413, 413, 303, 400]


async def test_under_v1_a_session_reads_and_changes_nothing(carla: httpx.AsyncClient) -> None:
    read = await carla.get("/v1/notes")
    changed = await carla.post("/v1/notes")

    assert (read.status_code, read.json()) == (200, "Carla")
    assert (changed.status_code, changed.json()["code"]) == (401, "not-signed-in")


async def test_a_cookie_of_another_installation_is_none(visitor: httpx.AsyncClient) -> None:
    visitor.cookies.set("kansen", issue_session("another secret of another installation", CARLA, uuid4(), now=NOW))

    assert (await visitor.get("/aantekening")).status_code == 303


async def test_an_old_cookie_is_renewed_as_long_as_its_session_holds(
    app: FastAPI, visitor: httpx.AsyncClient, clock: list[datetime]
) -> None:
    asked: list[UUID] = []
    session = uuid4()

    async def renew(known: UUID, _: datetime) -> Actor | None:
        asked.append(known)
        return person("Carla", Role.SUPPORTER) if len(asked) == 1 else None

    app.state.renew = renew
    visitor.cookies.update(session_of_now(app, session))
    fresh = await visitor.get("/aantekening")
    clock[0] = NOW + TOKEN_LIFE
    renewed = await visitor.get("/aantekening")
    again = await visitor.get("/aantekening")
    clock[0] = NOW + 2 * TOKEN_LIFE
    ended = await visitor.get("/aantekening")

    assert (fresh.status_code, "set-cookie" in fresh.headers) == (200, False)
    assert (renewed.status_code, "HttpOnly" in renewed.headers["set-cookie"]) == (200, True)
    assert (again.status_code, "set-cookie" in again.headers) == (200, False)
    assert ended.status_code == 303
    assert asked == [session, session]


def session_of_now(app: FastAPI, session: UUID) -> dict[str, str]:
    return {"kansen": issue_session(app.state.secret, CARLA, session, now=NOW)}


async def test_when_nobody_can_say_whether_a_session_holds_nobody_comes_in(
    app: FastAPI, visitor: httpx.AsyncClient, clock: list[datetime]
) -> None:
    async def renew(_: UUID, __: datetime) -> Actor | None:
        raise OSError("the database is away")

    app.state.renew = renew
    visitor.cookies.update(session_of_now(app, uuid4()))
    clock[0] = NOW + TOKEN_LIFE
    page = await visitor.get("/aantekening")

    assert page.status_code == 503
    assert "Dit lukt nu even niet" in page.text


async def test_in_production_the_cookie_is_bound_to_this_host_and_to_tls(
    placeholder_settings: Settings, clock: list[datetime]
) -> None:
    app = framed_app(placeholder_settings.model_copy(update={"environment": "production"}), clock)
    assert list(session_of(app, CARLA)) == ["__Host-kansen"]
    async with signed_in(app, CARLA) as client:
        page = await client.get("/aantekening")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://kansen.example") as unsealed:
        unsealed.cookies.update(session_of_now(app, uuid4()))
        other = await unsealed.get("/aantekening")

    assert (page.status_code, other.status_code) == (200, 303)
    kept = Response()
    set_session(kept, "a-token", sealed=True)
    assert kept.headers["set-cookie"] == "__Host-kansen=a-token; HttpOnly; Path=/; SameSite=lax; Secure"
