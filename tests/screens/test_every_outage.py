"""One service that reaches its tables no more, or too late: it costs its own panels, which say so, until it is back."""

from collections.abc import Callable
from time import monotonic

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.services import OWNERS
from services.shared.settings import Settings
from tests.screens.conftest import HEIGHT, Axe, Site
from tests.screens.every_family import HENK, Stage, open_screens
from tests.screens.every_life import begin, come_in, find_tandems, surname
from tests.screens.every_look import PHONE
from tests.screens.every_outage import shut_out, slow
from tests.screens.people import sign_in

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

PATIENCE_SECONDS = 8.0
"""So long a panel is waited for: the timeout of the macro `panel` in dossier_parts.html."""
SHOWN_AT_THE_LATEST = PATIENCE_SECONDS + 4
NOT_NOW = ("Dit onderdeel is er nu even niet.", "Dit lukt nu even niet.")
"""What the dossier says of a part that does not come in time, and what a service says of itself while it cannot."""
TOLD = ".utrecht-alert--warning:visible p"


async def test_a_service_without_its_tables_costs_its_panels_until_it_is_back(
    migrated_settings: Callable[..., Settings], site: Site, browser: Browser, axe: Axe
) -> None:
    settings = migrated_settings(*OWNERS)
    async with open_screens(settings) as screens:
        for live in (begin, come_in, find_tandems):
            await live(screens)
        dossier = f"/desk/gezinnen/{screens.families[Stage.BEGINNING].one('trajectory_id')}"
        async with site(screens.front) as address:
            context = await browser.new_context(viewport={"width": PHONE, "height": HEIGHT})
            opened = await context.new_page()
            await sign_in(opened, address, screens.front, HENK)
            await shows(opened, address + dossier, away=None)
            async with shut_out(settings, "plans"):
                await shows(opened, address + dossier, away="plans")
                assert await axe(opened) == []
            await shows(opened, address + dossier, away=None)
            async with slow(settings, "plans", "trajectory"):
                began = monotonic()
                await shows(opened, address + dossier, away="plans")
                assert monotonic() - began < SHOWN_AT_THE_LATEST
            await shows(opened, address + dossier, away=None)
            await context.close()


async def shows(opened: Page, dossier: str, *, away: str | None) -> None:
    """The dossier with all its panels, of which those of one service say that they do not come now."""
    await opened.goto(dossier)
    patience = SHOWN_AT_THE_LATEST * 1000
    await expect(opened.locator("[data-panel] > [data-waiting]:visible")).to_have_count(0, timeout=patience)
    for panel in await opened.locator("[data-panel]").all():
        theirs = (await panel.get_attribute("hx-get") or "").startswith(f"/{away}/")
        told = panel.locator(TOLD).first
        if theirs:
            await expect(told).to_be_visible(timeout=patience)
            assert (await told.inner_text()).startswith(NOT_NOW)
        else:
            await expect(told).to_be_hidden()
    await expect(opened.get_by_text(surname(Stage.BEGINNING)).first).to_be_visible()
