"""The pieces of which screens are made hold together on a page: fields, errors, a wide table, a panel that loads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from services.shared.screens.assets import load_assets
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.sample_site import HOSTILE, sample_app

ZOOMED_400_PERCENT = 320


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    async with site(sample_app(load_assets())) as sample:
        yield f"{sample}/aanvraag"


@pytest.mark.parametrize("width", [1280, ZOOMED_400_PERCENT])
async def test_a_form_and_what_is_wrong_with_it_shut_nobody_out(
    address: str, page: OpenPage, axe: Axe, width: int
) -> None:
    opened = await page(width)
    await opened.goto(address)
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)

    await opened.get_by_label("Hoeveel is er nodig?").fill("twaalf")
    async with opened.expect_response(lambda response: response.request.method == "POST"):
        await opened.get_by_role("button", name="Aanvragen").click()
    await expect(opened.get_by_role("alert")).to_contain_text("Dit klopt nog niet")
    await expect(opened.get_by_role("heading", name="Gezinnen")).to_be_visible()

    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)


async def test_the_summary_of_errors_leads_to_the_field_and_keeps_what_was_typed(address: str, page: OpenPage) -> None:
    opened = await page(javascript=False)
    await opened.goto(address)
    field = opened.get_by_label("Hoeveel is er nodig?")
    await field.fill("twaalf")
    await opened.get_by_role("button", name="Aanvragen").click()
    await opened.get_by_role("alert").get_by_role("link").click()

    await expect(field).to_be_focused()
    await expect(field).to_have_value("twaalf")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(f"In euro's, bijvoorbeeld 120,50 {HOSTILE}")


async def test_a_panel_loads_by_itself_and_what_people_wrote_stays_text(address: str, page: OpenPage) -> None:
    opened = await page()
    await opened.goto(address)

    await expect(opened.get_by_text(HOSTILE)).to_be_visible()
    assert await opened.title() == "Een aanvraag - Kansen"


async def test_a_municipality_dresses_it_with_one_file(site: Site, page: OpenPage, axe: Axe, tmp_path: Path) -> None:
    theme = tmp_path / "theme.css"
    theme.write_text(".stad-theme { --utrecht-page-footer-background-color: rgb(0, 80, 0); }")
    async with site(sample_app(load_assets(theme))) as sample:
        opened = await page()
        await opened.goto(f"{sample}/aanvraag")
        footer = opened.locator("footer")

        await expect(footer).to_have_css("background-color", "rgb(0, 80, 0)")
        # Dark text on dark green: the checker must see it, or it checks nothing.
        assert any("color-contrast" in finding for finding in await axe(opened))
