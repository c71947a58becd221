"""The dossier in a real browser: each service's panel in its place, on a phone, by keyboard, and when one is away."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from services.budget.__main__ import SERVICE as BUDGET
from services.budget.events import PayeeProposalMade
from services.desk import bus as desk_bus
from services.desk.contracts import CloseTask, TaskKind
from services.desk.handlers import close_task
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.hearing import announced, hears
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.dossier_site import FATIMA, HENK, INGE, MARIEKE, NOW, SANNE, DossierSite, open_dossier_site
from tests.screens.people import sign_in

pytestmark = pytest.mark.engines
PHONE = 360
FRAME_PIXELS_MAX = 190
"""Above the first heading of a page, on a phone of 360 px: a name, a menu of two lines, and some air."""

Shown = Callable[..., Awaitable[Page]]


@pytest.fixture
async def dossier(migrated_settings: Callable[..., Settings]) -> AsyncIterator[DossierSite]:
    async with open_dossier_site(migrated_settings("intake", "matching", "plans", "budget", "desk")) as site:
        yield site


@pytest.fixture
async def shown(dossier: DossierSite, site: Site, page: OpenPage) -> AsyncIterator[Shown]:
    """`await shown(actor, path, width=..., javascript=..., english=...)`: the page as that person sees it."""
    # Pages close before their site: what they still load would be refused.
    async with site(dossier.front) as address, AsyncExitStack() as leaving:

        async def show(
            actor: Actor, path: str, *, width: int = PHONE, javascript: bool = True, english: bool = False
        ) -> Page:
            opened = await page(width, javascript=javascript)
            leaving.push_async_callback(opened.close)
            await sign_in(opened, address, dossier.desk, actor)
            if english:
                await opened.context.add_cookies([{"name": "taal", "value": "en", "url": address}])
            await opened.goto(f"{address}{path}")
            if javascript:
                await opened.wait_for_load_state("networkidle")
            return opened

        yield show


@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/plans/plannen/{}", "Bewaren"),
        ("/plans/evaluaties/{}", "Gesprek bewaren"),
        ("/plans/metingen/{}", "Meting bewaren"),
        ("/plans/logboek/{}", "Bewaren"),
        ("/plans/documenten/{}", "Toevoegen"),
        ("/intake/verhuizen/{}", "Verhuizing bewaren"),
        ("/desk/gezinnen/{}/acties/pauze", "Begeleiding pauzeren"),
    ],
)
async def test_a_form_that_is_wrong_says_so_on_top_and_at_its_field(
    dossier: DossierSite, shown: Shown, axe: Axe, path: str, button: str
) -> None:
    opened = await shown(HENK, path.format(dossier.trajectory))
    for box in await opened.get_by_role("textbox").all():
        await box.fill("")
    await opened.get_by_role("button", name=button, exact=True).click()
    await opened.wait_for_load_state("networkidle")

    await expect(opened.get_by_role("heading", name="Dit klopt nog niet")).to_be_visible()
    assert (await opened.title()).startswith("Fout:")
    assert await axe(opened) == []
    lines = await opened.get_by_role("alert").get_by_role("link").all_inner_texts()
    assert len(set(lines)) == len(lines), "each line names its own field"
    link = opened.get_by_role("alert").get_by_role("link").first
    target = (await link.get_attribute("href") or "").removeprefix("#")
    await expect(opened.locator(f"[id='{target}']")).to_have_count(1)


async def test_another_language_takes_along_what_was_said_of_a_document_and_says_that_the_file_stays(
    dossier: DossierSite, shown: Shown, axe: Axe
) -> None:
    opened = await shown(HENK, f"/plans/documenten/{dossier.trajectory}")
    await opened.get_by_label("Bestand").set_input_files(
        {"name": "brief.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    await opened.get_by_label("Wat is het?").fill("Brief van de huisbaas")
    await opened.get_by_role("button", name="English").click()

    await expect(opened.get_by_text("A file does not go along to another language.")).to_be_visible()
    await expect(opened.locator("#label")).to_have_value("Brief van de huisbaas")
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)


async def test_the_dossier_brings_what_each_service_knows(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(HENK, f"/desk/gezinnen/{dossier.trajectory}")

    await expect(opened.get_by_role("heading", level=1)).to_have_text("Samira De Vries")
    for told in ("06 12345678", "Geen brieven meer", "Fatima el Amrani", "Samen de post geopend.", "kansen"):
        await expect(opened.get_by_text(told).first).to_be_attached()
    await expect(opened.get_by_role("img", name="Fasen, gesprekken")).to_be_visible()
    await expect(opened.get_by_role("link", name="Evaluatiegesprek houden")).to_be_visible()
    await expect(opened.locator("[data-failed]:visible")).to_have_count(0)


async def test_without_scripts_every_panel_is_a_link_and_its_page_leads_back(
    dossier: DossierSite, shown: Shown
) -> None:
    opened = await shown(HENK, f"/desk/gezinnen/{dossier.trajectory}", javascript=False)
    links = opened.get_by_role("link", name="Open op een eigen pagina")
    await expect(links).to_have_count(7)
    await links.nth(3).click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Plan en doelen")
    await opened.get_by_role("link", name="Terug naar het dossier").click()
    await expect(opened.get_by_role("heading", name="Tijdlijn")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("who", [SANNE, INGE], ids=["who-met-it", "who-did-its-intake"])
async def test_who_met_a_family_or_did_its_intake_opens_every_part_of_its_dossier_until_it_has_a_tandem(
    dossier: DossierSite, shown: Shown, who: Actor, javascript: bool
) -> None:
    await dossier.begin_its_file()
    opened = await shown(who, f"/desk/gezinnen/{dossier.waiting}", javascript=javascript)

    parts = [await each.get_attribute("hx-get") for each in await opened.locator("[data-panel]").all()]
    led_to = await opened.get_by_role("link", name="Contact opschrijven").first.get_attribute("href")
    assert len(parts) == 7
    assert led_to is not None
    for address in (*parts, led_to):
        answer = await opened.request.get(f"{opened.url.partition('/desk/')[0]}{address}")
        assert answer.status == 200, address
    assert "Dit mag je niet doen" not in await opened.content()


async def test_a_family_without_a_task_that_waits_for_a_tandem_has_the_way_to_the_next_round(
    dossier: DossierSite, shown: Shown
) -> None:
    opened = await shown(SANNE, f"/desk/gezinnen/{dossier.waiting}", javascript=False)
    await opened.get_by_role("link", name="Wanneer is de volgende ronde?").click()
    await expect(opened.get_by_role("heading", name="Tandem")).to_be_in_viewport()


async def test_how_a_family_came_in_is_read_in_its_dossier(dossier: DossierSite, shown: Shown, axe: Axe) -> None:
    await dossier.begin_its_file()
    opened = await shown(INGE, f"/desk/gezinnen/{dossier.waiting}")

    await opened.get_by_role("link", name="Het gezin: hoe het begon").click()
    family = opened.get_by_role("region", name="Het gezin")
    await expect(family).to_be_in_viewport()
    for told in ("Eerste contact (Bibliotheek, Beijum), door Sanne de Vries", "Intake gedaan, door jou"):
        await expect(family.get_by_role("listitem").filter(has_text=told)).to_be_visible()
    await opened.get_by_text("De tijdlijn als tabel").click()
    for day, what in (("18 januari 2023", "Eerste contact"), ("29 januari 2023", "Intake")):
        await expect(opened.get_by_role("row", name=f"{day} {what}")).to_be_visible()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)


async def test_a_part_that_its_service_keeps_from_this_reader_is_left_out_with_what_leads_to_it(
    dossier: DossierSite, site: Site, browser: Browser, axe: Axe
) -> None:
    async with dossier.databases["plans"].transaction() as tx:
        await tx.execute(tx.tables.family_scope.update().values(received_by=None))
    context = await browser.new_context(viewport={"width": PHONE, "height": 900})
    opened = await context.new_page()
    async with site(dossier.front) as address:
        await sign_in(opened, address, dossier.desk, SANNE)
        await opened.goto(f"{address}/desk/gezinnen/{dossier.waiting}")
        await opened.wait_for_load_state("networkidle")

        await expect(opened.get_by_role("heading", name="Gezinsbudget")).to_be_visible()
        for kept in ("Contact en uren", "Plan en doelen", "Hoe het gaat", "Documenten"):
            await expect(opened.get_by_role("heading", name=kept)).to_have_count(0)
            await expect(opened.get_by_role("link", name=kept)).to_have_count(0)
        await expect(opened.get_by_role("link", name="Contact opschrijven")).to_have_count(0)
        await expect(opened.get_by_text("Dit mag je niet doen")).to_have_count(0)
        assert await axe(opened) == []
    await context.close()


async def test_a_contact_is_written_down_by_keyboard_on_a_phone(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(FATIMA, f"/plans/logboek/{dossier.trajectory}")
    await opened.get_by_label("Welke dag?").focus()
    for _ in range(8):
        await opened.keyboard.press("Tab")
        if await opened.evaluate("document.activeElement.name") == "kind":
            break
    await opened.keyboard.press("Space")
    await opened.keyboard.press("Tab")
    await opened.keyboard.type("30")
    await opened.keyboard.press("Enter")
    await opened.wait_for_load_state("networkidle")

    await expect(opened.get_by_text("30 minuten")).to_be_visible()


class Away:
    """A front door behind which one service does not answer."""

    def __init__(self, front: Any, service: str) -> None:
        self._front, self._service = front, f"/{service}/"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._service):
            await send({"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"<h1>Bad gateway</h1>"})
            return
        await self._front(scope, receive, send)


@pytest.mark.parametrize("cut", [False, True])
async def test_a_service_that_is_away_costs_its_panels_and_no_more(
    dossier: DossierSite,
    site: Callable[[Any], AbstractAsyncContextManager[str]],
    browser: Browser,
    axe: Axe,
    cut: bool,
) -> None:
    context = await browser.new_context(viewport={"width": PHONE, "height": 900})
    opened = await context.new_page()
    async with site(Away(dossier.front, "plans")) as address:
        if cut:
            await opened.route("**/plans/**", lambda route: route.abort("connectionrefused"))
        await sign_in(opened, address, dossier.desk, HENK)
        await opened.goto(f"{address}/desk/gezinnen/{dossier.trajectory}")
        await expect(opened.locator("[data-failed]:visible")).to_have_count(4)
        await expect(opened.get_by_text("06 12345678")).to_be_visible()
        await expect(opened.get_by_text("Bad gateway")).to_have_count(0)
        assert await axe(opened) == []
    await context.close()


@pytest.mark.parametrize(
    ("role", "named"),
    [(Role.SUPPORTER, {"Bos"}), (Role.OUTREACH_WORKER, {"Bos"}), (Role.MATCHER, {"Bos", "De Vries"})],
)
async def test_a_list_names_every_family_that_its_dossier_names(
    dossier: DossierSite, shown: Shown, role: Role, named: set[str]
) -> None:
    """Sanne met one family, which has no tandem yet; a matcher works for a whole programme."""
    await dossier.begin_its_file()
    opened = await shown(replace(SANNE, roles=frozenset({role})), "/desk/gezinnen")
    families = opened.locator(".kansen-row-title a")
    await expect(families).to_have_text([re.compile(f"^Samira {name}$") for name in sorted(named)])
    for number in range(len(named)):
        await families.nth(number).click()
        await expect(opened.get_by_role("heading", level=1)).to_contain_text("Samira")
        await opened.go_back()


async def test_the_list_has_names_that_only_intake_knows(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(HENK, "/desk/gezinnen")
    await expect(opened.get_by_role("link", name="Samira De Vries")).to_be_visible()
    await expect(opened.get_by_role("link", name="Samira Bos")).to_be_visible()
    unknown: UUID = dossier.waiting
    assert str(unknown) in (await opened.content())


@pytest.mark.parametrize("english", [False, True])
async def test_on_a_phone_a_page_begins_in_sight_and_every_part_is_one_press_away(
    dossier: DossierSite, shown: Shown, english: bool
) -> None:
    opened = await shown(HENK, f"/desk/gezinnen/{dossier.trajectory}", english=english)
    heading = await opened.locator("h1").bounding_box()
    assert heading is not None
    assert heading["y"] < FRAME_PIXELS_MAX

    for jump in await opened.locator(".kansen-jumps a").all():
        await jump.click()
        await expect(opened.locator(await jump.get_attribute("href") or "")).to_be_in_viewport()


async def test_on_a_phone_the_years_stand_upright_and_nothing_is_cut_off(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(MARIEKE, f"/desk/gezinnen/{dossier.trajectory}")
    picture = opened.get_by_role("img", name="Fasen, gesprekken")
    await expect(picture).to_have_count(1)
    box = await picture.bounding_box()
    assert box is not None
    assert (box["width"] < PHONE, box["height"] > box["width"]) == (True, True)
    whole = "document.querySelector('.kansen-who').scrollWidth <= document.querySelector('.kansen-who').clientWidth"
    assert await opened.evaluate(whole), "the name of who is signed in"

    history = await shown(MARIEKE, f"/desk/gezinnen/{dossier.trajectory}/geschiedenis")
    await expect(history.locator("#deel-plan-history .kansen-when").first).to_be_visible()
    await expect(history.locator("table")).to_have_count(0)


async def test_at_home_one_surname_is_read_once(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(HENK, f"/desk/gezinnen/{dossier.trajectory}")

    assert (await opened.locator("#deel-family").inner_text()).count("De Vries") == 1


async def test_a_buddy_begins_with_her_own_families_and_what_she_writes_down(
    dossier: DossierSite, shown: Shown
) -> None:
    opened = await shown(FATIMA, "/desk/gezinnen")
    await opened.get_by_role("link", name="Contact opschrijven").click()
    await expect(opened).to_have_url(re.compile(f"/plans/logboek/{dossier.trajectory}$"))
    await opened.get_by_role("link", name="Terug naar het dossier").click()
    await opened.wait_for_load_state("networkidle")

    told = await opened.locator("main").inner_text()
    for unseen in ("€", "BSN", "Gezinsbudget", "Hoe het gaat", "Wie er thuis wonen"):
        assert unseen not in told, unseen


async def test_who_saved_something_reads_that_it_was_kept(dossier: DossierSite, shown: Shown) -> None:
    opened = await shown(HENK, f"/intake/bereikbaar/{dossier.trajectory}")
    await opened.get_by_label("Telefoon").fill("06 87654321")
    await opened.get_by_role("button", name="Bewaren").click()

    await expect(opened.get_by_role("status").get_by_text("Het is bewaard")).to_be_visible()


async def test_a_session_that_ends_while_somebody_types_loses_no_word(
    dossier: DossierSite, shown: Shown, axe: Axe
) -> None:
    opened = await shown(HENK, f"/plans/logboek/{dossier.trajectory}")
    await opened.get_by_label("Gebeld").check()
    await opened.get_by_label("Hoeveel minuten?").fill("25")
    await opened.get_by_label("Wat is er gebeurd?").fill("Lang gepraat.\nMorgen <weer>.")
    await opened.context.clear_cookies()
    await opened.get_by_role("button", name="Bewaren").click()

    await expect(opened.get_by_text("Wat je invulde, is niet weg")).to_be_visible()
    assert await axe(opened) == []
    await sign_in(opened, opened.url.partition("/plans/")[0], dossier.desk, HENK)
    await opened.get_by_role("button", name="Verstuur het formulier").click()
    await expect(opened.get_by_text("Lang gepraat.\nMorgen <weer>.")).to_be_visible()


async def test_what_could_not_wait_is_asked_once_and_the_dossier_says_how_it_stands(
    dossier: DossierSite, shown: Shown, axe: Axe
) -> None:
    await dossier.give_money()
    async with dossier.databases["desk"].transaction() as tx:
        for kind in set(TaskKind) - {TaskKind.ASK_URGENT_NEED}:
            await close_task(tx, CloseTask(subject_id=dossier.trajectory, kind=kind, outcome="done"), now=NOW)
    opened = await shown(MARIEKE, f"/desk/gezinnen/{dossier.trajectory}")
    to_do = opened.get_by_role("region", name="Wat er nu moet gebeuren")
    asks = to_do.get_by_role("listitem").filter(has_text="Dringende hulp aanvragen")
    await expect(asks).to_contain_text("(nog van niemand)")
    opened = await shown(HENK, f"/desk/gezinnen/{dossier.trajectory}")
    to_do = opened.get_by_role("region", name="Wat er nu moet gebeuren")
    await expect(to_do.get_by_text("Dringend: Fiets")).to_be_visible()
    assert await axe(opened) == []
    await to_do.get_by_role("link", name="Vraag dit aan").click()
    await opened.get_by_label("Waar is het geld voor?").select_option("bicycle")
    await opened.get_by_label("Hoeveel euro is er nodig?").fill("150,00")
    await opened.get_by_text("Staat de winkel of organisatie er niet bij?").click()
    await opened.get_by_label("Naam van de winkel of organisatie").fill("Tweewielers Noord")
    await opened.get_by_label("Rekeningnummer (IBAN)").fill("NL91 ABNA 0417 1643 00")
    await opened.get_by_label("Plaats", exact=True).fill("Groningen")
    await opened.get_by_label("Wat doet dit voor het gezin?").select_option("take-part")
    await opened.get_by_label("Kan een andere regeling dit betalen?").select_option("not-there")
    await opened.get_by_role("button", name="Aanvragen").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Fiets, € 150,00")

    made = await announced(dossier.databases["budget"], BUDGET.tables, PayeeProposalMade)
    await hears(dossier.databases["desk"], desk_bus.consumer, *made, now=NOW)
    await opened.get_by_role("link", name="Terug naar het dossier").click()
    to_do = opened.get_by_role("region", name="Wat er nu moet gebeuren")
    await expect(to_do.get_by_role("link", name="Fiets, € 150,00")).to_be_visible()
    await expect(to_do.get_by_text("De controller kijkt de rekening na.")).to_be_visible()
    await expect(to_do.get_by_text("Dringend: Fiets")).to_have_count(0)
    await expect(to_do.get_by_text("Er is nu geen taak.")).to_be_visible()
    family = opened.get_by_role("region", name="Het gezin")
    await expect(family.get_by_text("Fiets: aangevraagd op 3 juni 2024 10:00.")).to_be_visible()
    await expect(opened.get_by_role("link", name="Vraag dit nu met spoed aan")).to_have_count(0)
    await expect(opened.get_by_text("Tweewielers Noord, Groningen")).to_be_visible()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)
