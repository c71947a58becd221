"""The page about the parts holds for all readers: by eye, ear or keyboard, on a phone, on paper, without scripts."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import expect

from deploy.front import front_app
from deploy.services import SERVICES
from services.shared.health import OK, Health
from services.shared.screens.assets import load_assets
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways

PHONE = 360
ZOOMED_400_PERCENT = 320
FIRST_VISIT_BYTES_MAX = 150_000


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    """The front door with all services, of which one does not work."""

    async def works() -> str:
        return OK

    async def fails() -> str:
        return "not ready: the database is away"

    health = Health()
    for name in SERVICES:
        health.add(name, fails if name == "plans" else works)
    async with site(front_app({name: FastAPI() for name in SERVICES}, health, load_assets())) as front:
        yield f"{front}/over"


@pytest.mark.parametrize("width", [1280, PHONE, ZOOMED_400_PERCENT])
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_nobody_is_shut_out(address: str, page: OpenPage, axe: Axe, language: str, width: int) -> None:
    opened = await page(width)
    await opened.goto(address)
    if language == "en":
        await opened.get_by_role("button", name="English").click()
    await opened.wait_for_selector(f"html[lang={language}]")

    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)


async def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(address: str, page: OpenPage) -> None:
    opened = await page()
    await opened.goto(address)
    skip = opened.get_by_role("link", name="Naar de inhoud")

    hidden = await skip.bounding_box()
    assert hidden is not None
    assert hidden["y"] + hidden["height"] <= 0
    await opened.keyboard.press("Tab")
    shown = await skip.bounding_box()
    assert shown is not None
    assert shown["y"] >= 0
    await opened.keyboard.press("Enter")
    assert await opened.evaluate("document.activeElement.id") == "main"


async def test_everything_is_reached_by_keyboard_and_shows_where_one_is(address: str, page: OpenPage) -> None:
    opened = await page(PHONE)
    await opened.goto(address)
    wanted = await opened.locator("a, button").count()
    reached = []
    for _ in range(wanted):
        await opened.keyboard.press("Tab")
        reached.append(await opened.evaluate("document.activeElement.textContent.trim()"))
        ring = await opened.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", reached[-1]

    assert len(set(reached)) == wanted
    assert {"English", "Begin", "Hoe het met het systeem gaat"} <= set(reached)


async def test_the_language_is_chosen_without_scripts_and_stays_chosen(address: str, page: OpenPage) -> None:
    opened = await page(PHONE, javascript=False)
    await opened.goto(f"{address}?van=folder")
    await opened.get_by_role("button", name="English").click()

    await expect(opened.get_by_text("does not work now")).to_be_visible()
    assert opened.url == f"{address}?van=folder"
    await opened.goto(address)
    await expect(opened.locator("html")).to_have_attribute("lang", "en")
    await opened.get_by_role("button", name="Nederlands").click()
    await expect(opened.get_by_text("werkt nu niet")).to_be_visible()


async def test_a_first_visit_is_light(address: str, page: OpenPage) -> None:
    opened = await page()
    await opened.goto(address)
    sizes: list[int] = await opened.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => entry.transferSize)"
    )

    assert len(sizes) >= 2
    assert min(sizes) > 0
    assert sum(sizes) < FIRST_VISIT_BYTES_MAX


async def test_paper_gets_the_content_alone(address: str, page: OpenPage) -> None:
    opened = await page()
    await opened.goto(address)
    await opened.emulate_media(media="print")

    assert await opened.get_by_role("heading", name="Gezinsplannen").is_visible()
    assert not await opened.locator("nav").is_visible()
    assert not await opened.locator("form").is_visible()
