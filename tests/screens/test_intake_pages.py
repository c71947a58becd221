"""An intake as people do it: on a phone, with or without scripts, by keyboard, in two languages, and two at once."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from services.shared.access import Actor
from services.shared.database import Database
from services.shared.settings import Settings
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.intake_site import CARLA, DIRK, FATIMA, TOM, Neighbourhood, open_neighbourhood
from tests.screens.people import sign_in

pytestmark = pytest.mark.engines

PHONE = 360


@pytest.fixture
async def beijum(service_database: Callable[[str], Database], placeholder_settings: Settings) -> Neighbourhood:
    return await open_neighbourhood(service_database("intake"), placeholder_settings)


@pytest.fixture
async def address(beijum: Neighbourhood, site: Site) -> AsyncIterator[str]:
    async with site(beijum.front) as address:
        yield address


async def arrive(page: OpenPage, address: str, beijum: Neighbourhood, actor: Actor, path: str, **how: Any) -> Page:
    opened = await page(PHONE, **how)
    await sign_in(opened, address, beijum.app, actor)
    await opened.goto(f"{address}{path}")
    return opened


async def onward(opened: Page, name: str = "Opslaan en verder") -> None:
    # The first button of a form is there for the Enter key and is hidden from everybody else.
    async with opened.expect_navigation():
        await opened.get_by_role("button", name=name, exact=True).click()


async def agree(opened: Page) -> None:
    for group in await opened.get_by_role("group").all():
        await group.get_by_role("radio", name="Ja, dat is goed").check()
    await onward(opened)


async def tell_household(
    opened: Page, *, given_name: str = "Samira", born: str = "14-5-1990", child: str = "2-3-2020"
) -> None:
    await opened.locator("#given_name-1").fill(given_name)
    await opened.locator("#surname-1").fill("Bakker")
    await opened.locator("#birth_date-1").fill(born)
    await opened.locator("#given_name-2").fill("Noor")
    await opened.locator("#birth_date-2").fill(child)
    await onward(opened)


async def tell_address(opened: Page) -> None:
    for name, text in (("postcode", "9737 ab"), ("house_number", "12"), ("street", "Boslaan"), ("city", "Groningen")):
        await opened.locator(f"#{name}").fill(text)
    await onward(opened)


async def tell_wishes(opened: Page) -> None:
    await opened.get_by_label("Geld en schulden").select_option("1")
    await opened.get_by_label("Bijstand, of ongeveer zoveel").check()
    await onward(opened)


async def take_in(opened: Page, **told: str) -> None:
    """From the first step to the last button."""
    await agree(opened)
    await tell_household(opened, **told)
    await tell_address(opened)
    await tell_wishes(opened)
    await onward(opened)
    await onward(opened, "Verder")
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Nakijken en versturen")
    await onward(opened, "Alles klopt: verstuur de intake")


async def test_a_family_is_taken_in_on_a_phone_without_scripts(
    beijum: Neighbourhood, address: str, page: OpenPage
) -> None:
    await beijum.fund()
    signal_id = await beijum.meet("Samira")
    opened = await arrive(page, address, beijum, CARLA, "/intake/signalen", javascript=False)
    await opened.get_by_role("link", name="Samira").click()
    await opened.get_by_role("link", name="Begin de intake").click()
    await expect(opened.locator("#stap")).to_have_text("Intake, stap 1 van 7")
    await take_in(opened)

    await expect(opened.get_by_text("Wij kijken of er plaats is")).to_be_visible()
    admitted = await beijum.admit(signal_id)
    await opened.get_by_role("link", name="Kijk opnieuw").click()
    await expect(opened.get_by_role("link", name="Naar het dossier")).to_have_attribute(
        "href", f"/desk/gezinnen/{admitted.trajectory_id}"
    )


async def test_an_intake_that_was_broken_off_goes_on_at_another_desk(
    beijum: Neighbourhood, address: str, page: OpenPage
) -> None:
    signal_id = await beijum.meet("Samira")
    phone = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{signal_id}/toestemming")
    await agree(phone)
    await phone.locator("#given_name-1").fill("Samira")
    await onward(phone, "Opslaan en later verder")
    await expect(phone.get_by_text("Laatst opgeslagen op 4 maart 2024")).to_be_visible()

    desk = await arrive(page, address, beijum, DIRK, f"/intake/signalen/{signal_id}")
    await desk.get_by_role("link", name="Ga verder met de intake").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Adres en contact")
    await desk.get_by_role("link", name="Terug naar de vorige stap").click()
    await expect(desk.locator("#given_name-1")).to_have_value("Samira")


async def test_who_changes_language_in_the_middle_of_a_step_loses_nothing_and_saves_nothing(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe
) -> None:
    signal_id = await beijum.meet("Samira")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{signal_id}/toestemming")
    consent = opened.get_by_role("group").first.locator('[value="refused"]')
    await consent.check()
    await opened.get_by_role("button", name="English").click()
    await expect(opened.locator("html")).to_have_attribute("lang", "en")
    await expect(consent).to_be_checked()
    await opened.goto(f"{address}/intake/intakes/{signal_id}/gezin")
    await opened.locator("#surname-1").fill("Bakker")
    await opened.get_by_role("button", name="Nederlands").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Het gezin")
    await expect(opened.locator("#surname-1")).to_have_value("Bakker")
    assert await axe(opened) == []
    assert await beijum.draft(signal_id) is None, "nothing is saved yet"


async def test_the_last_step_shows_all_that_was_asked_and_the_way_back_to_each(
    beijum: Neighbourhood, address: str, page: OpenPage
) -> None:
    signal_id = await beijum.meet("Samira")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{signal_id}/toestemming")
    await agree(opened)
    await tell_household(opened)
    await tell_address(opened)
    await tell_wishes(opened)
    await opened.goto(f"{address}/intake/intakes/{signal_id}/controle")
    for asked, answer in (
        ("In welke taal heb je dit besproken?", "Nederlands"),
        ("Telefoonnummer", "0612345678"),
        ("E-mailadres", "Niet ingevuld"),
        ("Wat is het beste moment?", "Maakt niet uit"),
        ("Talen", "Nederlands"),
        ("Tolk", "Geen tolk nodig"),
        ("Nu meteen nodig", "Niets"),
        ("Inkomen", "Bijstand, of ongeveer zoveel (tot 100 procent)"),
    ):
        told = opened.locator(".utrecht-data-list__item", has=opened.get_by_text(asked, exact=True))
        await expect(told.locator("dd")).to_have_text(answer)
    for step in ("toestemming", "gezin", "bereiken", "wensen", "bsn"):
        back = opened.locator(f'a[href="/intake/intakes/{signal_id}/{step}?terug=controle"]').filter(
            has_text="Wijzigen: "
        )
        await expect(back).to_be_visible()
    await opened.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not await scrolls_sideways(opened)
    await opened.goto(f"{address}/intake/intakes/{signal_id}/programmas")
    pressed = "main :is(.utrecht-button, .utrecht-button-link):not([data-kept-act], .kansen-spoken)"
    buttons = await opened.locator(pressed).all_inner_texts()
    assert buttons == ["Verder", "Verder in een ander programma"], "what goes on as it is stands first"


async def test_of_two_who_type_at_once_the_second_is_asked_and_loses_nothing(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe
) -> None:
    signal_id = await beijum.meet("Samira")
    path = f"/intake/intakes/{signal_id}/gezin"
    carla = await arrive(page, address, beijum, CARLA, path)
    dirk = await arrive(page, address, beijum, DIRK, path)
    await tell_household(dirk, given_name="Samiera")
    await tell_household(carla)

    await expect(carla.get_by_role("heading", level=1)).to_have_text("Dit is intussen veranderd")
    await expect(carla.get_by_role("alert")).to_contain_text("Dirk")
    await expect(carla.get_by_role("table")).to_contain_text("Samiera")
    assert await axe(carla) == []
    assert not await scrolls_sideways(carla)
    await carla.get_by_role("button", name="Bewaar toch wat ik typte").click()
    await expect(carla.get_by_role("heading", level=1)).to_have_text("Adres en contact")
    await carla.goto(f"{address}{path}")
    await expect(carla.locator("#given_name-1")).to_have_value("Samira")


async def test_a_family_that_is_known_shows_up_while_typing(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe
) -> None:
    first, again = await beijum.meet("Samira"), await beijum.meet("Samira again")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{first}/toestemming")
    await take_in(opened)
    await opened.goto(f"{address}/intake/intakes/{again}/toestemming")
    await agree(opened)
    await opened.locator("#given_name-1").fill("Samira")
    await opened.locator("#surname-1").fill("de Wit-Bakker")
    await opened.locator("#birth_date-1").fill("14-5-1990")
    await opened.locator("#birth_date-1").blur()

    await expect(opened.get_by_role("heading", name="Misschien kennen wij dit gezin al")).to_be_visible()
    assert await axe(opened) == []
    await onward(opened)
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)
    await opened.get_by_role("button", name="Dit is het gezin van Samira Bakker").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Adres en contact")
    draft = await beijum.draft(again)
    assert draft is not None
    assert draft.known_family_id == await beijum.family_of(first)


async def english(opened: Page) -> None:
    await opened.get_by_role("button", name="English").click()


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_every_step_and_every_mistake_shuts_nobody_out(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe, language: str
) -> None:
    signal_id = await beijum.meet("Samira", needs=("bicycle",))
    opened = await arrive(page, address, beijum, CARLA, "/intake/signalen")
    if language == "en":
        await english(opened)
    for path in ("/intake/signalen", f"/intake/signalen/{signal_id}", f"/intake/uitkomsten/{signal_id}"):
        await look(opened, f"{address}{path}", axe)
    for step in ("toestemming", "gezin", "bereiken", "wensen", "bsn", "programmas", "controle"):
        await look(opened, f"{address}/intake/intakes/{signal_id}/{step}", axe)
        if step != "programmas":
            if step == "bsn":
                await opened.locator("#bsn").fill("12345")
            if step == "bereiken":
                await opened.locator("#postcode").fill("97")
            await opened.locator("form[action*='/intakes/'] button.utrecht-button--primary-action").last.click()
            await expect(opened.get_by_role("alert")).to_be_visible()
            assert await axe(opened) == []
            assert not await scrolls_sideways(opened)


async def look(opened: Page, path: str, axe: Axe) -> None:
    await opened.goto(path)
    assert await axe(opened) == [], path
    assert not await scrolls_sideways(opened), path


async def test_what_comes_after_an_intake_shuts_nobody_out(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe
) -> None:
    first, second = await beijum.meet("Samira"), await beijum.meet("Samira again")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{first}/toestemming")
    await take_in(opened)
    await look(opened, f"{address}/intake/uitkomsten/{first}", axe)
    await beijum.admit(first)
    await look(opened, f"{address}/intake/uitkomsten/{first}", axe)
    await expect(opened.get_by_text("op plaats 1")).to_be_visible()
    for path in (f"/intake/signalen/{first}", f"/intake/toestemmingen/{first}"):
        await look(opened, f"{address}{path}", axe)
    await opened.get_by_role("button", name="Trek in").first.click()
    await expect(opened.get_by_text("Bespreek dit eerst met het gezin")).to_be_visible()
    assert await axe(opened) == []
    await opened.goto(f"{address}/intake/intakes/{second}/toestemming")
    await agree(opened)
    await tell_household(opened)
    await opened.get_by_role("button", name="Dit is een ander gezin").click()
    await tell_address(opened)
    await tell_wishes(opened)
    await onward(opened)
    await onward(opened, "Verder")
    await onward(opened, "Alles klopt: verstuur de intake")

    tom = await arrive(page, address, beijum, TOM, f"/intake/samenvoegen/{await beijum.family_of(first)}")
    assert await axe(tom) == []
    assert not await scrolls_sideways(tom)
    await onward(tom, "Dit is hetzelfde gezin: voeg samen")
    await expect(tom.get_by_role("button", name="Toch twee gezinnen: haal uit elkaar")).to_be_visible()
    assert await axe(tom) == []


async def test_a_step_is_filled_in_by_keyboard_alone(beijum: Neighbourhood, address: str, page: OpenPage) -> None:
    signal_id: UUID = await beijum.meet("Samira")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{signal_id}/bsn")
    await opened.locator("#bsn").focus()
    await opened.keyboard.type("12345")
    await opened.keyboard.press("Enter")
    await expect(opened.get_by_role("alert")).to_contain_text("precies 9 cijfers")
    await opened.get_by_role("alert").get_by_role("link").focus()
    await opened.keyboard.press("Enter")
    await expect(opened.locator("#bsn")).to_be_focused()
    await opened.keyboard.type("111 222 333")
    await opened.keyboard.press("Enter")

    await expect(opened.get_by_role("heading", level=1)).to_have_text("Wat past bij dit gezin")


async def test_enter_in_a_field_saves_and_takes_nobody_away(
    beijum: Neighbourhood, address: str, page: OpenPage
) -> None:
    signal_id = await beijum.meet("Samira")
    opened = await arrive(page, address, beijum, CARLA, f"/intake/intakes/{signal_id}/gezin")
    await opened.locator("#surname-1").fill("Bakker")
    await opened.locator("#birth_date-1").fill("14-5-1990")
    await opened.keyboard.press("Enter")

    await expect(opened.get_by_role("heading", level=1)).to_have_text("Adres en contact")
    draft = await beijum.draft(signal_id)
    assert draft is not None
    assert [row["given_name"] for row in draft.told("gezin")["members"]] == ["Samira", ""]


async def test_a_family_that_fits_elsewhere_goes_on_there_with_what_was_told_and_back(
    beijum: Neighbourhood, address: str, page: OpenPage, axe: Axe
) -> None:
    signal_id = await beijum.meet("Samira", by=FATIMA)
    opened = await arrive(page, address, beijum, FATIMA, f"/intake/intakes/{signal_id}/toestemming")
    await agree(opened)
    await tell_household(opened, child="2-3-2023")
    await tell_address(opened)
    await tell_wishes(opened)
    await onward(opened)
    await opened.get_by_role("link", name="Verder in een ander programma").click()
    await opened.get_by_role("button", name="Ga verder in dit programma").click()
    await expect(opened.get_by_role("alert")).to_contain_text("Kies een programma.")
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)

    await opened.get_by_label("Kansrijke Start Groningen").check()
    await opened.get_by_label("Dit past beter bij het gezin").check()
    await opened.get_by_role("button", name="Ga verder in dit programma").click()
    await expect(opened.get_by_text("Deze aanmelding komt van Kansrijk Groningen")).to_be_visible()
    assert await axe(opened) == []
    await opened.get_by_role("link", name="Ga verder met de intake").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Praten en toestemming")
    await expect(opened.get_by_role("alert")).to_contain_text("Kies ja of nee")
    await opened.go_back()
    await opened.get_by_role("button", name="Zet terug naar Kansrijk Groningen").click()
    await expect(opened.get_by_text("Reden: Toch terug naar dit programma")).to_be_visible()
    await opened.goto(f"{address}/intake/ander-programma/{signal_id}")
    await expect(opened.get_by_text("Deze aanmelding kan niet meer naar een ander programma")).to_be_visible()
