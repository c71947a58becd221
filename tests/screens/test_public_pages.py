"""Whoever is not signed in signs up or refers a family: in plain words, with a bound, and without learning anything."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from services.intake import handlers, outreach_store
from services.intake.commands import ReachFirst
from services.shared.types import CODE_PATTERN
from tests.intake.town import day
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.outreach_site import NOW, Outreach

pytestmark = pytest.mark.engines

LATER = NOW + timedelta(minutes=2)
SIGN_UP, REFERRAL = "/aanmelden", "/verwijzen"


@pytest.fixture
async def visitor(outreach: Outreach) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(outreach.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kansen.example") as client:
        yield client


async def opened(visitor: httpx.AsyncClient, path: str) -> dict[str, str]:
    """What stands in a form that was opened just now."""
    page = await visitor.get(path)
    assert page.status_code == 200
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page.text)[0] for name in ("csrf", "stamp")}


def family(**told: str) -> dict[str, str]:
    values = {"name": "Samira", "phone": "06 1234 5678", "email": "", "area": "angelslo", "language": "nl"}
    return values | {"agreed": "yes", "website": ""} | told


def partner(**told: str) -> dict[str, str]:
    values = {"channel": "school", "referrer_name": "Juf Marleen", "referrer_email": "marleen@school.example"}
    return family() | values | {"referrer_phone": "", "first": "referrer", "phone": ""} | told


async def test_a_family_signs_up_itself(visitor: httpx.AsyncClient, outreach: Outreach) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)

    answer = await visitor.post(SIGN_UP, data=form | family())
    thanks = await visitor.get("/aanmelden/bedankt")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/intake/aanmelden/bedankt")
    assert "Uw aanmelding is verstuurd" in thanks.text
    assert "Samira" not in thanks.text
    assert await outreach.signals() == [("angelslo", "own-sign-up", "Samira", "0612345678")]


async def test_a_partner_refers_a_family_and_says_whom_to_call_first(
    visitor: httpx.AsyncClient, outreach: Outreach
) -> None:
    form = await opened(visitor, REFERRAL)
    outreach.at(LATER)

    answer = await visitor.post(REFERRAL, data=form | partner())

    assert (answer.status_code, answer.headers["Location"]) == (303, "/intake/verwijzen/bedankt")
    assert await outreach.signals() == [("angelslo", "school", "Samira", None)]
    (signal_id,) = await outreach.signal_ids()
    async with outreach.database.transaction() as tx:
        told = await outreach_store.first_contact_of(tx, signal_id)
    assert told is not None
    assert told.referral is not None
    assert (told.referral.name, told.referral.reach_first) == ("Juf Marleen", ReachFirst.REFERRER)
    assert told.call_consent == 1


async def test_the_same_form_twice_is_one_family_and_another_from_the_same_page_is_another(
    visitor: httpx.AsyncClient, outreach: Outreach
) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)

    for told in (family(), family(), family(name="Fatima")):
        assert (await visitor.post(SIGN_UP, data=form | told)).status_code == 303

    assert sorted(name or "" for _, _, name, _ in await outreach.signals()) == ["Fatima", "Samira"]


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        (SIGN_UP, {"name": ""}, "name"),
        (SIGN_UP, {"name": "x" * 121}, "name"),
        (SIGN_UP, {"phone": ""}, "phone"),
        (SIGN_UP, {"phone": "geen"}, "phone"),
        (SIGN_UP, {"phone": "06 1234 567"}, "phone"),
        (SIGN_UP, {"email": "samira"}, "email"),
        (SIGN_UP, {"area": "nergens"}, "area"),
        (SIGN_UP, {"agreed": ""}, "agreed"),
        (REFERRAL, {"channel": "library"}, "channel"),
        (REFERRAL, {"referrer_name": ""}, "referrer_name"),
        (REFERRAL, {"referrer_email": ""}, "referrer_phone"),
        (REFERRAL, {"first": "family"}, "phone"),
        (REFERRAL, {"agreed": ""}, "agreed"),
    ],
)
async def test_what_is_wrong_is_told_on_top_and_at_the_field(
    visitor: httpx.AsyncClient, outreach: Outreach, path: str, wrong: dict[str, str], field: str
) -> None:
    form = await opened(visitor, path)
    outreach.at(LATER)
    told = (family() if path == SIGN_UP else partner()) | wrong

    page = await visitor.post(path, data=form | told)

    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text
    assert await outreach.signals() == []


@pytest.mark.parametrize("path", [SIGN_UP, REFERRAL])
async def test_a_machine_is_stopped_and_a_person_who_looks_like_one_sends_it_once_more(
    visitor: httpx.AsyncClient, outreach: Outreach, path: str
) -> None:
    told = family() if path == SIGN_UP else partner()
    form = await opened(visitor, path)
    too_fast = await visitor.post(path, data=form | told)
    outreach.at(LATER)
    trapped = await visitor.post(path, data=form | told | {"website": "http://spam.example"})
    forged = await visitor.post(path, data=form | told | {"stamp": "now.0.signature"})
    assert [page.status_code for page in (too_fast, trapped, forged)] == [400, 400, 400]
    assert await outreach.signals() == []

    again = re.findall(r'name="stamp" value="([^"]+)"', forged.text)[0]
    outreach.at(LATER + timedelta(seconds=5))
    assert (await visitor.post(path, data=form | told | {"stamp": again})).status_code == 303
    assert len(await outreach.signals()) == 1


async def test_a_page_that_stood_open_for_days_asks_to_look_once_more(
    visitor: httpx.AsyncClient, outreach: Outreach
) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(NOW + timedelta(hours=25))

    page = await visitor.post(SIGN_UP, data=form | family())

    assert page.status_code == 400
    assert "Deze pagina stond lang open" in page.text
    assert 'value="Samira"' in page.text


async def test_the_stamp_of_one_form_does_not_open_the_other(visitor: httpx.AsyncClient, outreach: Outreach) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)

    assert (await visitor.post(REFERRAL, data=form | partner())).status_code == 400
    assert await outreach.signals() == []


async def test_after_so_many_forms_from_one_place_it_says_when_to_come_back(
    visitor: httpx.AsyncClient, outreach: Outreach
) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)
    for number in range(handlers.ONE_ADDRESS_MAX):
        assert (await visitor.post(SIGN_UP, data=form | family(name=f"Gezin {number}"))).status_code == 303

    page = await visitor.post(SIGN_UP, data=form | family(name="Nog een"))

    assert page.status_code == 429
    assert "Wacht een uur" in page.text
    assert 'value="Nog een"' in page.text
    assert len(await outreach.signals()) == handlers.ONE_ADDRESS_MAX


async def test_a_flood_of_words_is_refused(visitor: httpx.AsyncClient, outreach: Outreach) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)

    assert (await visitor.post(SIGN_UP, data=form | family(name="x" * 20_000))).status_code == 413
    assert await outreach.signals() == []


async def test_who_lives_elsewhere_is_heard_too(visitor: httpx.AsyncClient, outreach: Outreach) -> None:
    form = await opened(visitor, SIGN_UP)
    outreach.at(LATER)

    await visitor.post(SIGN_UP, data=form | family(area="elsewhere", language="other"))

    ((area, _, _, _),) = await outreach.signals()
    assert area == "elsewhere"
    assert re.match(CODE_PATTERN, area)


@pytest.mark.parametrize("path", [SIGN_UP, REFERRAL])
async def test_whoever_changes_language_in_the_middle_of_a_form_sees_what_they_typed(
    visitor: httpx.AsyncClient, outreach: Outreach, path: str
) -> None:
    form = await opened(visitor, path)
    told = form | (family(name="Samira") if path == SIGN_UP else partner(name="Samira")) | {"taal": "en"}
    page = await visitor.post(path, data=told)

    assert page.status_code == 200
    assert 'value="Samira"' in page.text
    assert f'value="{form["stamp"]}"' in page.text
    assert 'role="alert"' not in page.text
    assert await outreach.signals() == []


@pytest.mark.parametrize("path", [SIGN_UP, REFERRAL])
async def test_when_no_programme_is_open_it_says_where_else_to_go(outreach: Outreach, path: str) -> None:
    outreach.at(day(1, month=8, year=2028))
    transport = httpx.ASGITransport(outreach.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kansen.example") as visitor:
        page = await visitor.get(path)

    assert "Aanmelden kan nu niet" in page.text
    assert "<form" not in page.text.partition("<main")[2]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("path", [SIGN_UP, REFERRAL])
async def test_both_forms_are_accessible_on_a_phone_and_work_without_scripts(
    outreach: Outreach, site: Site, page: OpenPage, axe: Axe, path: str, language: str
) -> None:
    async with site(outreach.front) as address:
        for javascript in (True, False):
            looked = await page(360, javascript=javascript)
            await looked.context.add_cookies([{"name": "taal", "value": language, "url": address}])
            outreach.at(NOW)
            await looked.goto(f"{address}/intake{path}")
            assert not await scrolls_sideways(looked)
            if javascript:
                assert await axe(looked) == []
            await fill_in(looked, family() if path == SIGN_UP else partner())
            await looked.locator("main button").click()
            await expect(looked.locator('main [role="alert"]')).to_be_visible()
            if javascript:
                assert await axe(looked) == []
            outreach.at(LATER)
            await looked.locator("main button").click()
            await looked.wait_for_url(re.compile("bedankt"))
            if javascript:
                assert await axe(looked) == []
            assert not await scrolls_sideways(looked)
    assert len(await outreach.signals()) == 2


async def fill_in(looked: Any, told: dict[str, str]) -> None:
    for name, value in told.items():
        control = looked.locator(f'main [name="{name}"]')
        kind = await control.first.evaluate("field => field.tagName + field.type")
        if kind == "INPUTcheckbox":
            await control.check()
        elif kind == "INPUTradio":
            await looked.locator(f'main [name="{name}"][value="{value}"]').check()
        elif kind.startswith("SELECT"):
            await control.select_option(value)
        elif name != "website":
            await control.fill(value)
