"""A session begins at the door, lasts while it is used, ends when somebody says so, and is nobody else's."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from services.desk.__main__ import SERVICE
from services.desk.handlers.sessions import KEPT
from services.desk.pages.sign_in import TRIES, TRIES_WITHIN
from services.desk.practice import PRACTICE_PEOPLE
from services.desk.session_store import session
from services.plans.__main__ import SERVICE as PLANS
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.sessions import TOKEN_LIFE, read_session
from services.shared.settings import Settings
from tests.desk.office import MONDAY, TRAJECTORY, Office

pytestmark = pytest.mark.engines

HERE = "http://127.0.0.1:8080"
OWN = "/desk/sessies"
PLAN = f"/plans/v1/trajectories/{TRAJECTORY}/plans"


class Town:
    """The desk and another service behind one address, at a time that a test moves."""

    def __init__(self, app: FastAPI, other: FastAPI, settings: Settings) -> None:
        self.app = app
        self.other = other
        self.settings = settings
        self.now: datetime = MONDAY
        self.front = FastAPI()
        for name, part in (("desk", app), ("plans", other)):
            part.state.clock = lambda: self.now
            part.state.renew = app.state.renew
            self.front.mount(f"/{name}", part)

    def browser(self, address: str = HERE, client: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.front, client=(client, 50000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=address)

    async def sign_in(self, browser: httpx.AsyncClient, who: str, naar: str = OWN) -> httpx.Response:
        return await self.send(browser, "/desk/aanmelden", persoon=who, naar=naar)

    async def send(
        self, browser: httpx.AsyncClient, path: str, seen: str = "/desk/aanmelden", **fields: str
    ) -> httpx.Response:
        """Sends a form as it stands on a page."""
        page = await browser.get(seen, follow_redirects=True)
        token = page.text.split('name="csrf" value="')[1].split('"')[0]
        return await browser.post(path, data={"csrf": token, **fields})

    def session(self, browser: httpx.AsyncClient) -> str:
        shown = read_session(self.app.state.secret, browser.cookies["kansen"], now=self.now)
        assert shown is not None
        return str(shown.session)


@pytest.fixture
def make_town(
    office: Office, service_database: Callable[[str], Database], placeholder_settings: Settings
) -> Callable[..., Any]:
    async def make(**changes: Any) -> Town:
        settings = placeholder_settings.model_copy(update=changes)
        app = await SERVICE.web(settings, database=office.database)
        other = await PLANS.web(settings, database=service_database("plans"))
        assert app is not None
        assert other is not None
        return Town(app, other, settings)

    return make


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> Town:
    made: Town = await make_town()
    return made


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with town.browser() as client:
        yield client


@pytest.fixture
async def apart(make_town: Callable[..., Any]) -> Town:
    """The same, where the other service runs in a process of its own: it knows of no session."""
    made: Town = await make_town()
    made.other.state.renew = None
    return made


async def test_a_service_in_a_process_of_its_own_keeps_a_session_going_and_loses_no_form(apart: Town) -> None:
    async with apart.browser() as browser:
        await apart.sign_in(browser, "karim")
        apart.now += TOKEN_LIFE + timedelta(seconds=1)
        shown = await browser.get(f"/plans/plannen/{TRAJECTORY}?stap=2")
        back = await browser.get(shown.headers["location"])
        read = await browser.get(f"/plans/plannen/{TRAJECTORY}")
        apart.now += TOKEN_LIFE + timedelta(seconds=1)
        own = await browser.get(OWN)
        token = own.text.split('name="csrf" value="')[1].split('"')[0]
        apart.now += TOKEN_LIFE + timedelta(seconds=1)
        sent = await browser.post(
            f"/plans/plannen/{TRAJECTORY}", data={"csrf": token, "situation": "Wij"}, follow_redirects=True
        )

    assert (shown.status_code, back.status_code) == (307, 307)
    assert back.headers["location"] == f"/plans/plannen/{TRAJECTORY}?stap=2"
    # Karim is known there again, and told that this family is not his: nobody is asked to sign in.
    assert (read.status_code, sent.status_code) == (403, 403)
    assert [each.status_code for each in sent.history] == [307, 307]
    assert sent.request.method == "POST"
    # What was typed came along, its mark too: otherwise it would be refused as another site's.
    assert "Deze pagina hoort niet bij jouw rol of bij jouw gezinnen" in sent.text


async def test_a_session_that_is_over_is_over_at_a_service_of_its_own_too_and_nobody_goes_round_in_circles(
    apart: Town,
) -> None:
    async with apart.browser() as browser:
        await apart.sign_in(browser, "karim")
        apart.now += timedelta(hours=11)
        shown = await browser.get(f"/plans/plannen/{TRAJECTORY}", follow_redirects=True)

    assert (shown.status_code, shown.url.path) == (200, "/desk/aanmelden")
    assert "kansen" not in browser.cookies


async def test_the_way_to_a_renewed_session_leads_to_pages_of_ours_alone(apart: Town) -> None:
    async with apart.browser() as browser:
        await apart.sign_in(browser, "karim")
        answer = await browser.get("/desk/aanmelden/vernieuwen?naar=//elders.example/")

    assert answer.headers["location"] == "/desk/begin"


async def test_practising_says_that_it_is_practice_and_offers_every_role(
    town: Town, browser: httpx.AsyncClient
) -> None:
    page = await browser.get("/desk/aanmelden")

    assert "Dit is een oefenomgeving" in page.text
    assert all(each.name in page.text for each in PRACTICE_PEOPLE)
    assert {role for each in PRACTICE_PEOPLE for role in each.roles} == set(Role) - {Role.FAMILY_MEMBER}


async def test_whoever_signs_in_comes_where_they_wanted_to_be(town: Town, browser: httpx.AsyncClient) -> None:
    wanted = await browser.get(f"{OWN}?van=mail")
    arrived = await town.sign_in(browser, "sanne", naar="/desk/sessies?van=mail")
    page = await browser.get(arrived.headers["location"])

    assert wanted.headers["location"] == "/desk/aanmelden?naar=%2Fdesk%2Fsessies%3Fvan%3Dmail"
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/desk/sessies?van=mail")
    assert "Sanne de Vries" in page.text
    cookie = arrived.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert "Domain" not in cookie


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "x", ""])
async def test_nobody_is_led_elsewhere_by_a_link_to_the_door(
    town: Town, browser: httpx.AsyncClient, elsewhere: str
) -> None:
    arrived = await town.sign_in(browser, "sanne", naar=elsewhere)

    assert arrived.headers["location"] == "/desk/begin"


async def test_whoever_is_signed_in_already_goes_on(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser, "sanne")
    again = await browser.get("/desk/aanmelden", params={"naar": OWN})
    begun = await browser.get("/desk/begin")

    assert (again.status_code, again.headers["location"]) == (303, OWN)
    assert (begun.status_code, begun.headers["location"]) == (303, "/desk/werklijst")


async def test_each_sign_in_is_a_new_session_and_ends_the_one_before(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser, "sanne")
    before, old_cookie = town.session(browser), browser.cookies["kansen"]
    await town.send(browser, "/desk/aanmelden", OWN, persoon="karim", naar=OWN)
    after = town.session(browser)
    async with town.browser() as elsewhere:
        elsewhere.cookies.set("kansen", old_cookie)
        town.now += TOKEN_LIFE
        old = await elsewhere.get(OWN)

    assert before != after
    assert old.status_code == 303


async def test_a_session_ends_when_nobody_uses_it(town: Town, browser: httpx.AsyncClient) -> None:
    idle = timedelta(minutes=town.settings.session_idle_minutes)
    await town.sign_in(browser, "sanne")
    town.now += idle - timedelta(seconds=1)
    used = await browser.get(OWN)
    town.now += idle - timedelta(seconds=1)
    used_again = await browser.get(OWN)
    town.now += idle
    too_late = await browser.get(OWN)

    assert [each.status_code for each in (used, used_again, too_late)] == [200, 200, 303]


async def test_a_session_ends_after_its_day_however_much_it_is_used(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser, "sanne")
    end = town.now + timedelta(hours=town.settings.session_hours)
    statuses = []
    while town.now < end:
        statuses.append((await browser.get(OWN)).status_code)
        town.now += timedelta(minutes=30)
    over = await browser.get(OWN)

    assert set(statuses) == {200}
    assert over.status_code == 303


async def test_signing_out_ends_the_session_itself_and_not_only_its_cookie(
    town: Town, browser: httpx.AsyncClient
) -> None:
    await town.sign_in(browser, "sanne")
    cookie = browser.cookies["kansen"]
    out = await town.send(browser, "/desk/afmelden", OWN)
    again = await town.send(browser, "/desk/afmelden")
    assert "kansen" not in browser.cookies
    browser.cookies.set("kansen", cookie)
    town.now += TOKEN_LIFE
    back = await browser.get(OWN)

    assert (out.headers["location"], again.headers["location"]) == ("/desk/afgemeld", "/desk/afgemeld")
    assert back.status_code == 303


async def test_signing_out_everywhere_reaches_every_device_and_service_within_the_bound(
    town: Town, browser: httpx.AsyncClient
) -> None:
    async with town.browser() as phone:
        await town.sign_in(phone, "sanne")
        await town.sign_in(browser, "sanne")
        page = await phone.get(OWN)
        await town.send(browser, f"{OWN}/einde", OWN)
        town.now += TOKEN_LIFE
        statuses = [(await phone.get(path)).status_code for path in (OWN, PLAN)]

    assert "Je bent op 2 plekken aangemeld" in page.text
    assert "kansen" not in browser.cookies
    assert statuses == [303, 401]


async def test_another_service_knows_who_is_signed_in(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser, "joost")
    early = await browser.get(PLAN)
    town.now += TOKEN_LIFE
    late = await browser.get(PLAN)
    nobody = await town.browser().get(PLAN)

    assert (early.status_code, late.status_code, nobody.status_code) == (403, 403, 401)


async def test_who_keeps_the_door_ends_the_sessions_of_somebody_else(town: Town, browser: httpx.AsyncClient) -> None:
    sanne = next(each for each in PRACTICE_PEOPLE if each.code == "sanne")
    async with town.browser() as keeper:
        await town.sign_in(browser, "sanne")
        await town.sign_in(keeper, "joost")
        seen = await keeper.get(OWN)
        ended = await town.send(keeper, f"{OWN}/{sanne.id}/einde", OWN)
        within = await browser.get(OWN)
        town.now += TOKEN_LIFE
        after = await browser.get(OWN)
        again = await town.sign_in(browser, "sanne")

    assert "Sanne de Vries afmelden" in seen.text
    assert (ended.status_code, within.status_code, after.status_code) == (303, 200, 303)
    assert again.headers["location"] == OWN


async def test_who_does_not_work_here_any_more_stays_outside_until_they_do_again(
    town: Town, browser: httpx.AsyncClient
) -> None:
    karim = next(each for each in PRACTICE_PEOPLE if each.code == "karim")
    async with town.browser() as keeper:
        await town.sign_in(browser, "karim")
        await town.sign_in(keeper, "joost")
        asked = await keeper.get(f"{OWN}/{karim.id}/vertrek")
        still = await browser.get(OWN)
        await town.send(keeper, f"{OWN}/{karim.id}/vertrek", f"{OWN}/{karim.id}/vertrek")
        town.now += TOKEN_LIFE
        shut = await browser.get(OWN)
        refused = await town.sign_in(browser, "karim")
        await town.send(keeper, f"{OWN}/{karim.id}/terug", OWN)
        welcome = await town.sign_in(browser, "karim")

    assert ("Er staan geen taken open." in asked.text, still.status_code) == (True, 200), "asking changes nothing"
    assert shut.status_code == 303
    assert (refused.status_code, "je toegang tot Kansen is gestopt" in refused.text) == (403, True)
    assert welcome.status_code == 303


@pytest.mark.parametrize("path", ["einde", "vertrek", "terug"])
async def test_nobody_else_keeps_the_door(town: Town, browser: httpx.AsyncClient, path: str) -> None:
    await town.sign_in(browser, "truus")
    page = await browser.get(OWN)
    refused = await town.send(browser, f"{OWN}/{PRACTICE_PEOPLE[0].id}/{path}", OWN)

    assert "Collega" not in page.text
    assert refused.status_code == 403


async def test_who_knocks_too_often_waits(town: Town, browser: httpx.AsyncClient) -> None:
    statuses = [(await town.sign_in(browser, "nobody")).status_code for _ in range(TRIES)]
    too_often = await town.sign_in(browser, "sanne")
    async with town.browser(client="127.0.0.2") as other:
        elsewhere = await town.sign_in(other, "sanne")
    town.now += TRIES_WITHIN
    later = await town.sign_in(browser, "sanne")

    assert set(statuses) == {400}
    assert (too_often.status_code, too_often.headers["Retry-After"]) == (429, "300")
    assert (elsewhere.status_code, later.status_code) == (303, 303)


@pytest.mark.parametrize(
    ("address", "client", "headers", "settings"),
    [
        ("http://192.0.2.7:8080", "127.0.0.1", {}, {}),
        ("http://kansen.example", "127.0.0.1", {}, {}),
        (HERE, "192.0.2.7", {}, {}),
        (HERE, "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, {}),
        (HERE, "127.0.0.1", {"Forwarded": "for=192.0.2.7"}, {}),
        (HERE, "127.0.0.1", {}, {"front_host": "0.0.0.0"}),  # noqa: S104  # what must be refused
        ("https://127.0.0.1", "127.0.0.1", {}, {"environment": "production"}),
    ],
    ids=["an address", "a name", "a visitor", "a proxy", "another proxy", "all doors open", "production"],
)
async def test_nobody_practises_from_outside_this_machine(
    make_town: Callable[..., Any], address: str, client: str, headers: dict[str, str], settings: dict[str, str]
) -> None:
    town = await make_town(**settings)
    async with town.browser(address, client) as browser:
        browser.headers.update(headers)
        page = await browser.get("/desk/aanmelden")
        own_form = (await browser.get("/desk/afgemeld")).text
        refused = await browser.post("/desk/aanmelden", data={"persoon": "sanne"})

    assert page.status_code == 403
    assert "Sanne" not in page.text
    assert "Sanne" not in own_form
    assert refused.status_code == 403
    assert not [name for name in browser.cookies if name.endswith("kansen")]


async def test_a_colleague_is_shown_by_name_to_colleagues_alone(town: Town, browser: httpx.AsyncClient) -> None:
    sanne = next(each for each in PRACTICE_PEOPLE if each.code == "sanne")
    stranger = await browser.get(f"/desk/collega/{sanne.id}")
    await town.sign_in(browser, "sanne")
    known = await browser.get(f"/desk/collega/{sanne.id}")
    unknown = await browser.get(f"/desk/collega/{PRACTICE_PEOPLE[0].id}")

    assert stranger.status_code == 303
    assert known.text.strip() == "Sanne de Vries"
    assert unknown.text.strip() == "collega zonder naam"


async def test_whoever_works_here_lists_colleagues_of_their_programmes(town: Town, browser: httpx.AsyncClient) -> None:
    async with town.browser() as other:
        await town.sign_in(other, "karim")
    await town.sign_in(browser, "sanne")
    [listed] = (await browser.get("/desk/v1/colleagues")).json()

    assert (listed["name"], listed["roles"], listed["team"]) == ("Karim Haddad", ["supporter"], "team-zuid")


async def test_who_was_signed_in_long_ago_is_forgotten(town: Town, browser: httpx.AsyncClient, office: Office) -> None:
    async def known() -> int:
        async with office.database.transaction() as tx:
            count: int = (await tx.execute(select(func.count()).select_from(session))).scalar_one()
            return count

    await town.sign_in(browser, "sanne")
    browser.cookies.clear()
    town.now += KEPT
    await town.sign_in(browser, "sanne")
    still = await known()
    browser.cookies.clear()
    town.now += timedelta(seconds=1)
    await town.sign_in(browser, "karim")

    assert (still, await known()) == (2, 2)
