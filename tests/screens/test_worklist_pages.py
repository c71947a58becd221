"""The worklist in a real browser: on a phone, by keyboard, in two languages, alone and with others at once."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect

from services.desk import handlers
from services.desk.commands import SaveSearch
from services.desk.contracts import TaskKind
from services.desk.due import DueWithin
from services.desk.following import place_now
from services.desk.handlers.sessions import Term, end_sessions_of
from services.desk.pages.stream import STREAMS_OF_ONE_MAX, Bell, tell_on
from services.desk.session_store import session
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.desk.office import MONDAY, Office, person
from tests.desk.test_assignments import some, takes
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.people import session_of, sign_in
from tests.screens.worklist_site import KARIM, PHONE, SANNE, TRUUS, opens, quiet, worklist_front

pytestmark = [pytest.mark.engines, pytest.mark.browser]

TABS_MAX = 60
# The middle of what has the focus, or of its label, is not underneath something else (WCAG 2.2, 2.4.11).
FOCUS_IN_SIGHT = """() => {
  const at = document.activeElement;
  return at === document.body || [at, ...(at.labels || [])].some((each) => {
    const place = each.getBoundingClientRect();
    const drawn = document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2);
    return drawn !== null && (each.contains(drawn) || drawn.contains(each));
  });
}"""


@pytest.fixture
def office(service_database: Callable[[str], Database]) -> Office:
    return Office(service_database("desk"))


@pytest.fixture
async def front(office: Office, placeholder_settings: Settings) -> FastAPI:
    return await worklist_front(office, placeholder_settings)


async def kept(office: Office, *actors: Actor) -> dict[Actor, Actor]:
    """Sessions at the desk, as the door would open them."""
    signed = {each: replace(each, session=uuid4()) for each in actors}
    async with office.database.transaction() as tx:
        for each in signed.values():
            values = {"id": each.session, "person": each.person, "opened_at": MONDAY, "seen_at": MONDAY}
            await tx.execute(session.insert().values(values))
    return signed


@pytest.mark.parametrize("words", ["nl", "en"])
@pytest.mark.parametrize("width", [PHONE, 1280])
async def test_everybody_can_read_the_list_and_a_task(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe, words: str, width: int
) -> None:
    review = some(2, TaskKind.HOLD_REVIEW, due_on=date(2027, 2, 22))
    await office.open(some(1), review, some(3, due_on=MONDAY.date(), fatal_on=date(2027, 3, 12)))
    await takes(office, SANNE, review)
    async with office.database.transaction() as tx:
        command = SaveSearch(search_id=uuid4(), name="Te laat", due=DueWithin.LATE)
        await handlers.save_search(tx, command, now=MONDAY, actor=SANNE)
    paths = (
        *("", "?wie=unassigned", "?wie=team&termijn=late", "?wie=snoozed", "?wie=mine&wijk=angelslo&soort=make-plan"),
        *("?wie=unassigned&niet=no-reason,no-colleague", "?gedaan=3&niet=taken-by-another"),
    )
    async with site(front) as address, quiet(await page(width)) as opened:
        await opened.context.add_cookies([{"name": "taal", "value": words, "url": address}])
        await sign_in(opened, address, front, SANNE)
        for path in (*(f"/desk/werklijst{each}" for each in paths), f"/desk/taken/{review.task_id}", "/desk/zoeken"):
            await opened.goto(f"{address}{path}")
            await opened.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert await axe(opened) == [], path
            assert not await scrolls_sideways(opened), path


async def test_names_come_from_intake_and_stand_in_no_row_of_ours(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    async with site(front) as address, quiet(await page()) as opened:
        await opens(opened, address, front, SANNE, "/desk/werklijst?wie=team")
        await expect(opened.get_by_text("Familie Jansen")).to_be_visible()
        assert "Jansen" not in await (await opened.context.request.get(opened.url)).text()


async def test_by_keyboard_alone_somebody_takes_a_task(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    async with site(front) as address, quiet(await page(PHONE)) as opened:
        await opens(opened, address, front, SANNE, "/desk/werklijst?wie=unassigned")
        await reaches(opened, "Ik pak dit op")
        await opened.keyboard.press("Enter")
        await expect(opened.get_by_text("Deze taak is nu van jou.")).to_be_visible()
        await expect(opened.get_by_role("link", name="Aan de slag: Gezinsplan maken")).to_be_visible()

    assert (await office.task(some(1).task_id)).taken_by == SANNE.person


@pytest.mark.parametrize("step", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("width", [PHONE, 1280])
async def test_what_has_the_focus_is_never_underneath_what_is_done_with_the_chosen_tasks(
    front: FastAPI, office: Office, site: Site, page: OpenPage, width: int, step: str
) -> None:
    tasks = [some(number) for number in range(1, 13)]
    await office.open(*tasks)
    await takes(office, SANNE, *tasks)
    async with site(front) as address, quiet(await page(width, height=600)) as opened:
        await opens(opened, address, front, SANNE, "/desk/werklijst?wie=mine")
        await opened.get_by_role("checkbox").first.check()
        await expect(opened.get_by_role("button", name="Geef terug")).to_be_visible()
        for _ in range(TABS_MAX):
            await opened.keyboard.press(step)
            assert await opened.evaluate(FOCUS_IN_SIGHT), await opened.evaluate("document.activeElement.outerHTML")


async def test_the_list_opens_on_what_there_is_to_do(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    async with site(front) as address, quiet(await page(PHONE)) as opened:
        await opens(opened, address, front, SANNE)
        await expect(opened.get_by_role("link", name="Van niemand 1 taak")).to_have_attribute("aria-current", "page")
        await opened.get_by_role("button", name="Ik pak dit op").click()
        await opened.get_by_role("link", name="Werklijst").click()
        await expect(opened.get_by_role("link", name="Van mij 1 taak")).to_have_attribute("aria-current", "page")


async def test_a_task_that_is_opened_appears_without_moving_anything(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    sanne = (await kept(office, SANNE))[SANNE]
    async with site(front) as address, quiet(await page()) as opened:
        await opened.context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies(front, sanne)]
        )
        await opened.goto(f"{address}/desk/werklijst?wie=unassigned")
        rows = opened.locator(".kansen-row")
        await expect(rows).to_have_count(1)
        await office.open(some(2, due_on=date(2027, 1, 4)))
        await office.open(some(3), area="elders", team="team-zuid")
        await expect(opened.get_by_text("1 nieuwe taak")).to_be_visible()
        await expect(rows).to_have_count(1)
        await opened.get_by_role("link", name="Toon de nieuwe taken").click()
        await expect(rows).to_have_count(2)


async def test_who_signs_out_hears_no_more(front: FastAPI, office: Office, placeholder_settings: Settings) -> None:
    sanne = (await kept(office, SANNE))[SANNE]
    async with office.database.transaction() as tx:
        start = await place_now(tx)
    bell = Bell(office.database)
    term = Term.of(placeholder_settings)
    lines = tell_on(sanne, start, office.database, bell, term, lambda: MONDAY)
    assert (await anext(lines)).startswith("retry:")
    await office.open(some(1))
    told = await anext(lines)
    assert f"data: {some(1).task_id}" in told
    async with office.database.transaction() as tx:
        await end_sessions_of(tx, SANNE.person, by=SANNE.person, now=MONDAY)
    await office.open(some(2))
    assert await anext(lines) == "event: einde\ndata:\n\n"
    with pytest.raises(StopAsyncIteration):
        await anext(lines)


async def test_somebody_follows_in_so_many_windows_and_no_more(office: Office) -> None:
    bell = Bell(office.database)
    async with AsyncExitStack() as windows:
        for _ in range(STREAMS_OF_ONE_MAX):
            bell.refuse_when_full(SANNE.person)
            await windows.enter_async_context(bell.heard_by(SANNE.person))
        with pytest.raises(Problem, match="too-many-streams"):
            bell.refuse_when_full(SANNE.person)
        bell.refuse_when_full(KARIM.person)
    bell.refuse_when_full(SANNE.person)


async def test_of_two_who_take_a_task_the_second_is_told_who_was_first(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    path = f"/desk/taken/{some(1).task_id}"
    async with site(front) as address:
        first, second = await page(), await page()
        await opens(first, address, front, KARIM, path)
        await opens(second, address, front, SANNE, path)
        await first.get_by_role("button", name="Ik pak dit op").click()
        await expect(first.get_by_text("Deze taak is nu van jou.")).to_be_visible()
        await second.get_by_role("button", name="Ik pak dit op").click()
        await expect(second.get_by_role("alert")).to_contain_text("Een collega was je voor")
        await expect(second.get_by_text("Karim Haddad", exact=True)).to_be_visible()


async def test_a_task_is_put_off_by_its_own_page_and_the_last_day_is_told(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1, fatal_on=date(2027, 3, 12)))
    await takes(office, SANNE, some(1))
    async with site(front) as address:
        opened = await page(PHONE)
        await opens(opened, address, front, SANNE, f"/desk/taken/{some(1).task_id}")
        await opened.get_by_text("Uitstellen", exact=True).click()
        await opened.get_by_label("Tot welke dag?").fill("2027-03-15")
        await opened.get_by_role("button", name="Stel uit").click()
        await expect(opened.get_by_role("alert")).to_contain_text("Kies een eerdere dag")
        await opened.get_by_label("Tot welke dag?").fill("2027-03-11")
        await opened.get_by_role("button", name="Stel uit").click()
        await expect(opened.get_by_text("uitgesteld tot 11 maart 2027")).to_be_visible()

    assert (await office.task(some(1).task_id)).snoozed_until == date(2027, 3, 11)


async def test_a_search_is_kept_opened_and_forgotten(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1), some(2, TaskKind.HOLD_REVIEW))
    async with site(front) as address, quiet(await page()) as opened:
        await opens(opened, address, front, SANNE, "/desk/werklijst?wie=team")
        await opened.get_by_text("Zoeken in de lijst").click()
        await opened.get_by_label("Soort werk").select_option(label="Evaluatiegesprek houden")
        await opened.get_by_role("button", name="Zoek").click()
        await expect(opened.locator(".kansen-row")).to_have_count(1)
        await opened.get_by_label("Bewaar deze zoekopdracht als").fill("Mijn gesprekken")
        await opened.get_by_role("button", name="Bewaar").click()
        await opened.goto(f"{address}/desk/werklijst")
        await opened.get_by_role("link", name="Mijn gesprekken").click()
        await expect(opened.locator(".kansen-row")).to_have_count(1)
        await opened.get_by_role("button", name="Verwijder Mijn gesprekken").click()
        await expect(opened.get_by_role("link", name="Mijn gesprekken")).to_have_count(0)


async def test_who_has_nothing_to_do_with_a_task_cannot_open_it(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1))
    stranger = person("Fenna", Role.SUPPORTER, areas=frozenset({"elders"}), team="team-zuid")
    async with site(front) as address:
        opened = await page()
        await opens(opened, address, front, stranger, f"/desk/taken/{some(1).task_id}")
        await expect(opened.get_by_role("heading", level=1)).to_have_text("Dit is er niet (meer)")


async def test_a_concern_that_nobody_took_up_is_on_top_of_the_list(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe
) -> None:
    concern = some(1, TaskKind.SAFETY_CONCERN, roles=(Role.TEAM_COORDINATOR,))
    await office.open(concern, now=MONDAY - timedelta(hours=2))
    await office.open(some(2))
    async with site(front) as address, quiet(await page(PHONE)) as opened:
        await opens(opened, address, front, TRUUS)
        await opened.locator(f"main a[href='/desk/taken/{concern.task_id}']").first.click()
        await expect(opened.get_by_role("heading", level=1)).to_have_text("Zorg om veiligheid")
        await opened.get_by_role("button", name="Ik pak dit op").click()
        await expect(opened.get_by_role("button", name="Het is klaar")).to_be_visible()
        assert await axe(opened) == []
        await opened.get_by_role("button", name="Het is klaar").click()
        await expect(opened.get_by_role("alert")).to_contain_text("Wat kwam eruit? Kies een antwoord.")
        await opened.get_by_label("Wat kwam eruit?").select_option(label="Er is voor gezorgd")
        await opened.get_by_role("button", name="Het is klaar").click()
        await expect(opened.get_by_text("Deze taak is klaar.")).to_be_visible()

    assert (await office.task(concern.task_id)).outcome == "looked-after"


async def reaches(opened: Page, name: str) -> None:
    """Tab until the focus is on something with this name."""
    for _ in range(TABS_MAX):
        await opened.keyboard.press("Tab")
        if name in await opened.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def cookies(front: FastAPI, actor: Actor) -> list[tuple[str, str]]:
    return list(session_of(front, actor, actor.session).items())
