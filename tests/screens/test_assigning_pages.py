"""Work goes to somebody: chosen on the list, given on a task's own page, or all that a colleague left lying."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect

from services.desk import colleagues
from services.desk.contracts import TaskKind
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.desk.office import MONDAY, Office
from tests.desk.test_assignments import some, takes
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.worklist_site import KARIM, PHONE, SANNE, TRUUS, opens, quiet, worklist_front

pytestmark = [pytest.mark.engines, pytest.mark.browser]


@pytest.fixture
def office(service_database: Callable[[str], Database]) -> Office:
    return Office(service_database("desk"))


@pytest.fixture
async def front(office: Office, placeholder_settings: Settings) -> FastAPI:
    return await worklist_front(office, placeholder_settings)


async def test_all_tasks_of_a_page_are_chosen_at_once_and_what_is_done_with_them_stays_in_sight(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe
) -> None:
    tasks = [some(number) for number in range(1, 13)]
    await office.open(*tasks)
    async with site(front) as address, quiet(await page(PHONE)) as opened:
        await opens(opened, address, front, TRUUS, "/desk/werklijst?wie=team")
        await opened.get_by_role("link", name="Kies alle taken op deze bladzijde").click()
        await expect(opened.locator("input[name=taak]:checked")).to_have_count(len(tasks))
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)
        await expect(opened.get_by_role("button", name="Draag over")).to_be_in_viewport()
        await opened.get_by_role("button", name="Draag over").click()
        await expect(opened.get_by_role("heading", name="Taken overdragen")).to_be_visible()
        assert await axe(opened) == []
        await opened.get_by_label("Aan wie?").select_option(label="Sanne de Vries")
        await opened.get_by_label("Waarom?").select_option(label="Het is te druk")
        await opened.get_by_role("button", name="Draag over").click()
        await expect(opened.get_by_text("12 taken zijn bijgewerkt.")).to_be_visible()

    assert {(await office.task(each.task_id)).taken_by for each in tasks} == {SANNE.person}


async def test_without_scripts_many_tasks_are_handed_over_with_a_reason(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    pile = [some(number) for number in (1, 2, 3)]
    await office.open(*pile)
    await takes(office, SANNE, *pile)
    async with site(front) as address:
        opened = await page(PHONE, javascript=False)
        await opens(opened, address, front, SANNE)
        for each in pile[:2]:
            await opened.locator(f"#kies-{each.task_id}").check()
        await opened.get_by_role("button", name="Draag over").click()
        await opened.get_by_label("Waarom?").select_option(label="Het is te druk")
        await opened.get_by_role("button", name="Draag over").click()
        await expect(opened.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#aan")
        assert not await scrolls_sideways(opened)
        await opened.get_by_label("Aan wie?").select_option(label="Karim Haddad")
        await opened.get_by_label("Waarom?").select_option(label="Het is te druk")
        await opened.get_by_role("button", name="Draag over").click()
        await expect(opened.get_by_text("2 taken zijn bijgewerkt.")).to_be_visible()

    assert [(await office.task(each.task_id)).taken_by for each in pile] == [KARIM.person, KARIM.person, SANNE.person]


async def test_only_who_may_do_a_task_is_offered_and_else_it_is_said_that_nobody_can(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    mine, rare = some(1), some(2, TaskKind.HOLD_REVIEW, roles=(Role.MATCHER,))
    await office.open(mine, rare)
    await takes(office, SANNE, mine)
    async with site(front) as address:
        opened = await page(PHONE, javascript=False)
        await opens(opened, address, front, SANNE, f"/desk/taken/{mine.task_id}")
        await opened.get_by_text("Overdragen of teruggeven").click()
        assert await offered(opened) == ["Karim Haddad"]
        await opens(opened, address, front, TRUUS, f"/desk/taken/{rare.task_id}")
        await opened.get_by_text("Overdragen", exact=True).click()
        await expect(opened.get_by_text("Er is nu geen collega die dit kan overnemen.")).to_be_visible()
        await expect(opened.get_by_role("button", name="Draag over")).to_have_count(0)
        await opened.goto(f"{address}/desk/werklijst?wie=team&kies=alle")
        await opened.get_by_role("button", name="Draag over").click()
        assert await offered(opened) == ["Karim Haddad (1 van de 2 taken)"]


async def test_on_a_list_stands_no_button_that_nobody_may_press(
    front: FastAPI, office: Office, site: Site, page: OpenPage
) -> None:
    await office.open(some(1), some(2))
    await takes(office, KARIM, some(1))
    async with site(front) as address:
        opened = await page(PHONE, javascript=False)
        await opens(opened, address, front, SANNE, "/desk/werklijst?wie=unassigned")
        bulk = opened.get_by_role("group", name="Met de gekozen taken").get_by_role("button")
        assert await bulk.all_inner_texts() == ["Ik pak deze op"]
        await opened.goto(f"{address}/desk/werklijst?wie=team")
        await expect(opened.locator(f"#kies-{some(2).task_id}")).to_be_visible()
        await expect(opened.locator(f"#kies-{some(1).task_id}")).to_have_count(0)


async def test_a_coordinator_sees_who_left_and_hands_out_their_work_in_one_go(
    front: FastAPI, office: Office, site: Site, page: OpenPage, axe: Axe
) -> None:
    await office.open(some(1), some(2))
    await takes(office, KARIM, some(1), some(2))
    async with office.database.transaction() as tx:
        await colleagues.part_from(tx, KARIM.person, now=MONDAY)
    async with site(front) as address, quiet(await page(PHONE)) as opened:
        await opens(opened, address, front, TRUUS, "/desk/werklijst?wie=unassigned")
        await expect(opened.get_by_text("van Karim Haddad (is er niet)").first).to_be_visible()
        await opened.get_by_role("link", name="Verdeel dit werk").click()
        await expect(opened.get_by_label("Wie gaat ze doen?")).to_be_visible()
        assert await axe(opened) == []
        await opened.get_by_label("Wie gaat ze doen?").select_option(label="Sanne de Vries")
        await opened.get_by_label("Waarom?").select_option(label="Werkt hier niet meer")
        await opened.get_by_role("button", name="Verdeel alles in een keer").click()
        await expect(opened.get_by_text("2 taken zijn bijgewerkt.")).to_be_visible()

    for number in (1, 2):
        assert (await office.task(some(number).task_id)).taken_by == SANNE.person


async def offered(opened: Page) -> list[str]:
    """The colleagues to choose from."""
    return (await opened.get_by_label("Aan wie?").locator("option").all_inner_texts())[1:]
