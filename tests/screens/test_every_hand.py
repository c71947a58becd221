"""Two people at one form, a thumb that presses twice, the back button: nothing is lost, and nothing is done twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from deploy.services import OWNERS
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.screens.conftest import Axe, OpenPage, Site
from tests.screens.every_family import CAST, HENK, Screens, Stage, open_screens
from tests.screens.every_life import begin, come_in, find_tandems
from tests.screens.every_look import PHONE
from tests.screens.every_year import go_on
from tests.screens.people import presses, sign_in

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
MARIEKE, NOOR = CAST[Role.TEAM_COORDINATOR], CAST[Role.OUTREACH_WORKER]

At = Callable[..., Awaitable[Page]]


@pytest.fixture
async def screens(migrated_settings: Callable[..., Settings]) -> AsyncIterator[Screens]:
    async with open_screens(migrated_settings(*OWNERS)) as opened:
        for live in (begin, come_in, find_tandems, go_on):
            await live(opened)
        yield opened


@pytest.fixture
async def at(screens: Screens, site: Site, page: OpenPage) -> AsyncIterator[At]:
    """`await at(actor, path)`: that person's own phone, with the page open."""
    async with site(screens.front) as address:

        async def open_at(actor: Actor, path: str) -> Page:
            opened = await page(PHONE)
            await sign_in(opened, address, screens.front, actor)
            await opened.goto(f"{address}{path}")
            return opened

        yield open_at


async def counted(screens: Screens, owner: str, table: str, **of: Any) -> int:
    """How many rows a service has."""

    async def count(tx: Transaction) -> int:
        found = screens.town.databases[owner].tables.outbox.metadata.tables[f"{owner}.{table}"]
        query = select(func.count()).select_from(found)
        for name, value in of.items():
            query = query.where(found.c[name] == value)
        return int((await tx.execute(query)).scalar_one())

    number: int = await screens.asks(owner, count)
    return number


async def test_two_people_in_the_same_form_lose_nothing_of_what_they_typed(screens: Screens, at: At, axe: Axe) -> None:
    await two_in_one_step_of_an_intake(screens, at, axe)
    await two_in_one_plan(screens, at, axe)
    await two_take_one_task(screens, at, axe)


async def two_in_one_step_of_an_intake(screens: Screens, at: At, axe: Axe) -> None:
    step = f"/intake/intakes/{screens.families[Stage.READY].signal_id}/bereiken"
    henk, marieke = await at(HENK, step), await at(MARIEKE, step)
    await marieke.get_by_label("Straat").fill("Bentismaheerd")
    await presses(marieke, "Opslaan en verder")
    await henk.get_by_label("Straat").fill("Claremaheerd")
    await presses(henk, "Opslaan en verder")

    await expect(henk.get_by_role("heading", level=1)).to_have_text("Dit is intussen veranderd")
    row = henk.get_by_role("row").filter(has_text="Straat")
    await expect(row).to_contain_text("Bentismaheerd")
    await expect(row).to_contain_text("Claremaheerd")
    await expect(henk.get_by_text("Marieke Postma")).to_be_visible()
    assert await axe(henk) == []
    await presses(henk, "Bewaar toch wat ik typte")
    await marieke.goto(marieke.url.rsplit("/", 1)[0] + "/bereiken")
    await expect(marieke.get_by_label("Straat")).to_have_value("Claremaheerd")


async def two_in_one_plan(screens: Screens, at: At, axe: Axe) -> None:
    plan = f"/plans/plannen/{screens.families[Stage.BEGINNING].one('trajectory_id')}"
    henk, marieke = await at(HENK, plan), await at(MARIEKE, plan)
    for opened, wish in ((marieke, "Een eigen tuin"), (henk, "Werk dat bij ons past")):
        await opened.get_by_label("Hoe gaat het nu?").fill("Het is vol in ons hoofd")
        await opened.get_by_label("Wat wil het gezin over een paar jaar?").fill(wish)
        await opened.locator("[name=goal-1-words]").fill(f"{wish}: de eerste stap")
        await opened.locator("[name=goal-1-theme]").select_option("money")
        await presses(opened, "Bewaren")

    await expect(henk.get_by_role("heading", name="Wat er nu in het plan staat")).to_be_visible()
    await expect(henk.get_by_text("Een eigen tuin", exact=True)).to_be_visible()
    await expect(henk.get_by_label("Wat wil het gezin over een paar jaar?")).to_have_value("Werk dat bij ons past")
    await expect(henk.locator("textarea").filter(has_text="Werk dat bij ons past: de eerste stap")).to_be_visible()
    assert await axe(henk) == []
    await presses(henk, "Bewaren")
    await henk.get_by_label("Hoe gaat het nu?").fill("Het wordt rustiger")
    await presses(henk, "Ja, het gezin is akkoord")
    await expect(henk.get_by_text("Het is bewaard")).to_be_visible()
    await henk.goto(henk.url.partition("/desk/")[0] + plan)
    await expect(henk.get_by_label("Hoe gaat het nu?")).to_have_value("Het wordt rustiger")


async def two_take_one_task(screens: Screens, at: At, axe: Axe) -> None:
    task = f"/desk/taken/{screens.families[Stage.CHOOSING].one('task_id')}"
    henk, marieke = await at(HENK, task), await at(MARIEKE, task)
    await presses(marieke, "Ik pak dit op")
    await presses(henk, "Ik pak dit op")

    await expect(henk.get_by_role("alert")).to_be_visible()
    await expect(henk.get_by_text("Marieke Postma", exact=True)).to_be_visible()
    assert await henk.get_by_role("button", name="Ik pak dit op").count() == 0
    assert await axe(henk) == []


async def test_who_presses_twice_and_goes_back_does_it_once(screens: Screens, at: At) -> None:
    await meets_once(screens, at)
    trajectory_id = screens.families[Stage.TOGETHER].one("trajectory_id")
    await writes_once(screens, at, trajectory_id)
    await asks_once(screens, at, trajectory_id)
    await answers_once(screens, at)


async def meets_once(screens: Screens, at: At) -> None:
    before = await counted(screens, "intake", "signal")
    noor = await at(NOOR, "/intake/kennismaking")
    await noor.get_by_label("Bibliotheek").check()
    await noor.get_by_label("Beijum").check()
    await noor.get_by_label("Voornaam").fill("Roos")
    await noor.get_by_label("Telefoonnummer").fill("0612345678")
    await presses(noor, "Opslaan", twice=True)
    await noor.wait_for_url("**/genoteerd/**")
    await noor.go_back()
    # Empty again, it is not sent; still filled in, it is sent under the same id.
    await noor.get_by_role("button", name="Opslaan").click()
    await noor.wait_for_load_state("networkidle")
    assert await counted(screens, "intake", "signal") == before + 1


async def writes_once(screens: Screens, at: At, trajectory_id: UUID) -> None:
    before = await counted(screens, "plans", "journal", trajectory_id=trajectory_id)
    henk = await at(HENK, f"/plans/logboek/{trajectory_id}")
    await henk.locator("[name=kind]").first.check()
    await henk.get_by_label("Hoeveel minuten?").fill("30")
    await presses(henk, "Bewaren", twice=True)
    await henk.go_back()
    await presses(henk, "Bewaren")
    assert await counted(screens, "plans", "journal", trajectory_id=trajectory_id) == before + 1


async def asks_once(screens: Screens, at: At, trajectory_id: UUID) -> None:
    before = await counted(screens, "budget", "request")
    henk = await at(HENK, f"/budget/aanvragen/nieuw/{trajectory_id}")
    await henk.get_by_label("Waar is het geld voor?").select_option("bicycle")
    await henk.get_by_label("Hoeveel euro is er nodig?").fill("12,50")
    await henk.get_by_label("Aan wie betalen we?").select_option(index=1)
    await henk.locator("[name=purpose]").select_option(index=1)
    await henk.locator("[name=elsewhere]").select_option(index=1)
    await presses(henk, "Aanvragen", twice=True)
    await henk.wait_for_url("**/budget/aanvragen/*")
    await henk.go_back()
    await presses(henk, "Aanvragen")
    assert await counted(screens, "budget", "request") == before + 1


async def answers_once(screens: Screens, at: At) -> None:
    concern = screens.concern
    marieke = await at(MARIEKE, f"/desk/taken/{concern}")
    await marieke.get_by_label("Wat kwam eruit?").select_option("looked-after")
    before = await counted(screens, "desk", "task_change", task_id=concern)
    await presses(marieke, "Het is klaar", twice=True)
    await expect(marieke.get_by_text("Deze taak is klaar.")).to_be_visible()
    await marieke.go_back()
    # The browser asks for the page again: there is nothing left to answer.
    await expect(marieke.get_by_text("Deze taak is klaar.")).to_be_visible()
    assert await counted(screens, "desk", "task_change", task_id=concern) == before + 1
