"""The door and what hangs beside it hold for everybody: by eye, by ear, by keyboard, on a phone, without scripts."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from playwright.async_api import expect

from deploy.front import front_app
from services.desk.__main__ import SERVICE
from services.desk.practice import practice_person
from services.shared.database import Database
from services.shared.health import Health
from services.shared.roles import Role
from services.shared.screens.assets import load_assets
from services.shared.settings import Settings
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.people import person, sign_in

PHONE = 360


@dataclass
class Door:
    address: str
    desk: FastAPI


@pytest.fixture
async def door(
    site: Site, service_database: Callable[[str], Database], placeholder_settings: Settings
) -> AsyncIterator[Door]:
    desk = await SERVICE.web(placeholder_settings, database=service_database("desk"))
    assert desk is not None
    async with site(front_app({"desk": desk}, Health(), load_assets())) as address:
        yield Door(address, desk)


PLACES = [
    ("/", "Aanmelden", "Sign in"),
    ("/desk/afgemeld", "Je bent afgemeld", "You are signed out"),
    ("/desk/aanmelden/terug", "Dit is er niet (meer)", "This is not here (any more)"),
    ("/desk/nergens", "Dit is er niet (meer)", "This is not here (any more)"),
]


@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_a_visitor_is_not_shut_out(door: Door, page: OpenPage, axe: Axe, language: str, width: int) -> None:
    opened = await page(width)
    for path, dutch, english in PLACES:
        await opened.goto(door.address + path)
        if language == "en" and path == "/":
            await opened.get_by_role("button", name="English").click()
        await expect(opened.get_by_role("heading", level=1)).to_have_text(dutch if language == "nl" else english)
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)


async def test_somebody_comes_in_on_a_phone_without_scripts_and_goes_out_again(door: Door, page: OpenPage) -> None:
    opened = await page(PHONE, javascript=False)
    await opened.goto(f"{door.address}/desk/sessies")
    await expect(opened.get_by_text("Dit is een oefenomgeving")).to_be_visible()
    await opened.get_by_role("button", name="Verder als Sanne de Vries").click()
    await expect(opened.get_by_role("heading", name="Sanne de Vries")).to_be_visible()
    await expect(opened.get_by_text("Je bent op 1 plek aangemeld.")).to_be_visible()
    await opened.go_back()
    await opened.goto(f"{door.address}/desk/aanmelden")
    assert opened.url != f"{door.address}/desk/aanmelden"

    await opened.goto(f"{door.address}/desk/sessies")
    await opened.get_by_role("button", name="Afmelden", exact=True).click()
    await expect(opened.get_by_role("heading", name="Je bent afgemeld")).to_be_visible()
    await opened.go_back()
    await expect(opened.get_by_role("heading", name="Aanmelden")).to_be_visible()


@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_who_keeps_the_door_sees_who_is_in(
    door: Door, page: OpenPage, axe: Axe, language: str, width: int
) -> None:
    for code in ("sanne", "karim", "joost"):
        somebody = practice_person(code)
        assert somebody is not None
        opened = await page(width)
        await opened.goto(f"{door.address}/desk/sessies")
        await opened.get_by_role("button", name=f"Verder als {somebody.name}").click()
    if language == "en":
        await opened.get_by_role("button", name="English").click()
    words = ("Karim Haddad werkt hier niet meer", "werkt hier niet meer")
    if language == "en":
        words = ("Karim Haddad no longer works here", "no longer works here")
    await opened.get_by_role("link", name=words[0]).click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text(words[0])
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)
    await opened.get_by_role("main").get_by_role("button").click()

    await expect(opened.get_by_text(words[1], exact=True)).to_be_visible()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)


async def test_a_page_that_is_not_theirs_says_so_and_their_menu_leads_on(door: Door, page: OpenPage, axe: Axe) -> None:
    opened = await page(PHONE)
    member = person("Lina", Role.FAMILY_MEMBER)
    await sign_in(opened, door.address, door.desk, member)
    await opened.goto(f"{door.address}/desk/sessies")
    await expect(opened.get_by_role("heading", name="Dit mag je niet doen")).to_be_visible()
    assert await axe(opened) == []
    await opened.get_by_role("link", name="Naar het begin").click()
    await expect(opened.get_by_text("Voor jouw rol zijn er hier nog geen schermen.")).to_be_visible()
