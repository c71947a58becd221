"""A caseworker's work by keyboard alone: signing in, a first meeting, a step of an intake, a task taken and done."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from deploy.services import OWNERS
from services.shared.settings import Settings
from tests.screens.conftest import OpenPage, Site
from tests.screens.every_family import open_screens
from tests.screens.every_life import begin, come_in, find_tandems
from tests.screens.every_year import go_on

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

TABS_MAX = 90
"""So often somebody would press Tab before giving up on a page."""
FOCUSED = "() => ((document.activeElement.labels || [])[0] || document.activeElement).innerText.trim()"
FOCUS_SHOWS = """() => {
  const at = document.activeElement, place = at.getBoundingClientRect();
  const drawn = [at, (at.labels || [])[0]].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  return drawn && place.bottom > 0 && place.top < innerHeight;
}"""


class Keys:
    """Somebody without a mouse: Tab, Enter, Space, arrows and letters."""

    def __init__(self, opened: Page) -> None:
        self.opened = opened

    async def comes_to(self, name: str, *, step: str = "Tab") -> None:
        """On to what has this name; wherever one is on the way, it shows."""
        for _ in range(TABS_MAX):
            await self.opened.keyboard.press(step)
            assert await self.opened.evaluate(FOCUS_SHOWS), f"on the way to {name}, focus does not show"
            if (await self.opened.evaluate(FOCUSED)).startswith(name):
                return
        raise AssertionError(f"{name} is nowhere to be reached on {self.opened.url}")

    async def enters(self, name: str) -> None:
        """A link or a button, and on to the page that it leads to."""
        await self.comes_to(name)
        async with self.opened.expect_navigation():
            await self.opened.keyboard.press("Enter")
        await self.opened.wait_for_load_state()

    async def types(self, name: str, text: str) -> None:
        await self.comes_to(name)
        await self.opened.keyboard.type(text)

    async def chooses(self, group: str, answer: str) -> None:
        """One of a group of answers: Tab comes to the group, arrows go through it."""
        for _ in range(TABS_MAX):
            await self.opened.keyboard.press("Tab")
            if await self.opened.evaluate(
                "group => (document.activeElement.closest('fieldset') || document.body).innerText.startsWith(group)",
                group,
            ):
                break
        else:
            raise AssertionError(f"{group} is nowhere to be reached on {self.opened.url}")
        if (await self.opened.evaluate(FOCUSED)).startswith(answer):
            await self.opened.keyboard.press("Space")
        else:
            await self.comes_to(answer, step="ArrowDown")


async def test_a_task_is_done_without_a_mouse(
    migrated_settings: Callable[..., Settings], site: Site, page: OpenPage
) -> None:
    async with open_screens(migrated_settings(*OWNERS)) as screens:
        for live in (begin, come_in, find_tandems, go_on):
            await live(screens)
        async with site(screens.front) as address:
            keys = Keys(await page())
            await keys.opened.goto(address)
            await keys.enters("Verder als Sanne de Vries")
            await meets_a_family(keys)
            await begins_its_intake(keys)
            await takes_a_task_and_does_it(keys)


async def meets_a_family(keys: Keys) -> None:
    await keys.enters("Nieuwe kennismaking")
    await keys.chooses("Waar ontmoet je het gezin?", "Voedselbank")
    await keys.chooses("In welke wijk woont het gezin?", "Beijum")
    await keys.types("Voornaam", "Roos")
    await keys.types("Telefoonnummer", "0612345678")
    await keys.enters("Opslaan")
    await keys.enters("Naar deze aanmelding")


async def begins_its_intake(keys: Keys) -> None:
    await keys.chooses("Hoe ging het contact?", "Gesproken")
    await keys.enters("Schrijf dit contact op")
    await keys.enters("Begin de intake")
    groups = await keys.opened.locator("fieldset legend").all_inner_texts()
    for group in groups:
        await keys.chooses(group.strip(), "Ja, dat is goed")
    await keys.enters("Opslaan en verder")
    await expect(keys.opened.get_by_role("heading", level=1)).to_contain_text("gezin")


async def takes_a_task_and_does_it(keys: Keys) -> None:
    await keys.enters("Werklijst")
    await keys.enters("Van niemand")
    await keys.enters("Gezin bereiken")
    await keys.enters("Ik pak dit op")
    await expect(keys.opened.get_by_text("Deze taak is nu van jou.")).to_be_visible()
    await keys.enters("Aan de slag")
    await keys.chooses("Hoe ging het contact?", "Niet")
    await keys.enters("Schrijf dit contact op")
    await expect(keys.opened.get_by_text("Sanne de Vries").first).to_be_visible()
