"""Money in a real browser: asked on a phone, decided by who may, released by two; no button that would be refused."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from services.budget.events import Verdict
from services.desk.contracts import decision_task_id
from services.desk.handlers import answer_decision
from services.desk.store import standing_decision
from services.shared.access import Actor
from services.shared.settings import Settings
from services.shared.temporal import connect
from services.shared.types import stable_id
from tests.budget.town import BICYCLE_SHOP, IBANS, trajectory
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.money_site import (
    ANNE,
    FATIMA,
    JOHN,
    KEES,
    LOES,
    MARY,
    OMAR,
    MoneySite,
    open_money_site,
)
from tests.screens.people import sign_in

pytestmark = pytest.mark.engines
ASK = f"/budget/aanvragen/nieuw/{trajectory(1)}"
PANEL = f"/budget/panelen/budget/{trajectory(1)}"
WHOLE = 250_000
PHONE = 360
PATIENCE = 30_000

Shown = Callable[..., Awaitable[Page]]


@pytest.fixture
async def money(migrated_settings: Callable[..., Settings], temporal_dev: str) -> AsyncIterator[MoneySite]:
    settings = migrated_settings("budget", "desk")
    client = await connect(settings.model_copy(update={"temporal_address": temporal_dev}))
    async with open_money_site(settings, client) as site:
        yield site


@pytest.fixture
async def shown(money: MoneySite, site: Site, page: OpenPage) -> AsyncIterator[Shown]:
    """`await shown(actor, path, width=..., javascript=...)`: the page as that person sees it."""
    # Pages close before their site: what they still load would be refused.
    async with site(money.front) as address, AsyncExitStack() as leaving:

        async def show(actor: Actor, path: str, *, width: int = 360, javascript: bool = True) -> Page:
            opened = await page(width, javascript=javascript)
            leaving.push_async_callback(opened.close)
            await sign_in(opened, address, money.desk, actor)
            await opened.goto(f"{address}{path}")
            if javascript:
                await opened.wait_for_load_state("networkidle")
            return opened

        yield show


async def fill(opened: Page, amount: str = "150,00") -> None:
    await opened.get_by_label("Waar is het geld voor?").select_option("bicycle")
    await opened.get_by_label("Hoeveel euro is er nodig?").fill(amount)
    await opened.get_by_label("Aan wie betalen we?").select_option(str(BICYCLE_SHOP))
    await opened.get_by_label("Wat doet dit voor het gezin?").select_option("take-part")
    await opened.get_by_label("Kan een andere regeling dit betalen?").select_option("not-there")


@pytest.mark.parametrize("javascript", [True, False])
async def test_money_is_asked_on_a_phone_and_taken_back(shown: Shown, axe: Axe, javascript: bool) -> None:
    opened = await shown(MARY, ASK, javascript=javascript)
    assert not await scrolls_sideways(opened)
    await fill(opened, "150")
    await opened.get_by_role("button", name="Aanvragen").click()

    await expect(opened.get_by_role("heading", level=1)).to_have_text("Fiets, € 150,00")
    await expect(opened.get_by_text("Wacht op een besluit")).to_be_visible()
    await opened.get_by_role("button", name="Aanvraag terugnemen").click()
    await expect(opened.get_by_text("Ingetrokken", exact=True)).to_be_visible()


async def test_the_whole_name_of_who_is_paid_is_read_on_a_phone_also_with_large_letters(
    money: MoneySite, shown: Shown
) -> None:
    name = "Stichting Kringloopwinkel en Fietsenwerkplaats De Goede Start Beijum"
    long = stable_id("payee", name)
    await money.town.register_payee(long, IBANS[1], name)
    opened = await shown(MARY, ASK, javascript=False)
    payee = opened.get_by_label("Aan wie betalen we?")

    async def height() -> float:
        box = await payee.bounding_box()
        assert box is not None
        return box["height"]

    one_line = await height()
    await payee.select_option(str(long))
    several_lines = await height()
    await opened.locator("html").evaluate("html => { html.style.fontSize = '200%' }")
    assert one_line < several_lines < await height()
    assert not await scrolls_sideways(opened)


@pytest.mark.parametrize("javascript", [True, False])
async def test_who_changes_language_halfway_goes_on_with_what_was_typed(shown: Shown, javascript: bool) -> None:
    opened = await shown(MARY, ASK, javascript=javascript)
    await fill(opened, "150,00")
    await opened.get_by_text("Staat de winkel of organisatie er niet bij?").click()
    await opened.get_by_label("Plaats").fill("Assen")
    await opened.get_by_role("button", name="English").click()

    await expect(opened.get_by_role("heading", level=1)).to_have_text("Ask for money")
    await expect(opened.get_by_role("alert")).to_have_count(0)
    await expect(opened.get_by_label("How many euros")).to_have_value("150,00")
    await expect(opened.get_by_label("Town")).to_have_value("Assen")
    await opened.get_by_label("Town").fill("")
    await opened.get_by_label("How many euros").press("Enter")
    await expect(opened.get_by_role("heading", level=1)).to_contain_text("150")


async def test_what_is_wrong_is_said_on_top_and_at_the_field_and_the_keyboard_alone_mends_it(
    shown: Shown, axe: Axe
) -> None:
    opened = await shown(MARY, ASK)
    await fill(opened, "12,505")
    await opened.get_by_label("Hoeveel euro is er nodig?").press("Enter")

    summary = opened.get_by_role("alert").get_by_role("link")
    await expect(summary).to_have_text("Schrijf het bedrag met een komma, bijvoorbeeld 12,50 of 1.234,50.")
    assert await axe(opened) == []
    await summary.focus()
    await opened.keyboard.press("Enter")
    await opened.keyboard.press("ControlOrMeta+A")
    await opened.keyboard.type("12,50")
    await opened.keyboard.press("Enter")
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Fiets, € 12,50")


async def test_two_deciders_of_two_roles_decide_and_nobody_sees_a_button_that_would_be_refused(
    shown: Shown, money: MoneySite, axe: Axe
) -> None:
    request = await money.ask("whole", WHOLE)
    await money.listen(request)
    path = f"/budget/besluiten/{request}"

    listed = await shown(ANNE, "/desk/werklijst?wie=team")
    await expect(listed.get_by_text("€ 2.500,00")).to_be_visible()

    asker = await shown(MARY, path)
    await expect(asker.get_by_text("Jij hebt hier zelf om gevraagd")).to_be_visible()
    await expect(asker.get_by_role("button", name="Akkoord")).to_have_count(0)
    coordinator = await shown(JOHN, path)
    await expect(coordinator.get_by_text("Je rol beslist hier niet over.")).to_be_visible()
    await expect(coordinator.get_by_role("button", name="Akkoord")).to_have_count(0)

    first = await shown(ANNE, path)
    # Who only decides about money has no dossier to go back to.
    await expect(first.get_by_role("link", name="Naar het dossier")).to_have_count(0)
    await expect(coordinator.get_by_role("link", name="Naar het dossier")).to_be_visible()
    await first.get_by_role("link", name="Wie hierover beslist").click()
    await expect(first.get_by_role("heading", name="Wie hierover beslist")).to_be_in_viewport()
    assert await axe(first) == []
    assert not await scrolls_sideways(first)
    await expect(first.get_by_text("een budgethouder en een programmamanager")).to_be_visible()
    await first.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await first.get_by_role("button", name="Akkoord").click()
    await expect(first.get_by_text("Er is nog een akkoord van een collega nodig.")).to_be_visible()
    await first.go_back()
    await first.reload()
    await expect(first.get_by_text("Jij hebt al beslist.")).to_be_visible()

    same_role = await shown(OMAR, path)
    await expect(same_role.get_by_text("De handtekening van jouw rol is al gezet.")).to_be_visible()
    await expect(same_role.get_by_role("button", name="Akkoord")).to_have_count(0)
    await expect(same_role.get_by_role("button", name="Afwijzen")).to_be_visible()

    second = await shown(FATIMA, path)
    await second.get_by_label("Waarom akkoord?").select_option("prevents-worse")
    await second.get_by_role("button", name="Akkoord").click()
    await expect(second.get_by_text("Het besluit is daarmee rond.")).to_be_visible()
    await expect(second.get_by_text("Het geld wordt betaald op of na maandag 6 februari.")).to_be_visible()
    assert await money.heard(request) == [ANNE.person, FATIMA.person]


async def test_without_scripts_a_decision_takes_one_link_more(shown: Shown, money: MoneySite) -> None:
    request = await money.ask("bicycle")
    await money.listen(request)
    opened = await shown(JOHN, f"/budget/besluiten/{request}", javascript=False)

    await opened.get_by_role("link", name="Naar het besluit").click()
    await opened.get_by_role("button", name="Akkoord").click()
    await expect(opened.get_by_role("alert").get_by_role("link")).to_have_text("Kies een reden.")
    await opened.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await opened.get_by_role("button", name="Akkoord").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Je besluit is verwerkt")
    assert await money.heard(request) == [JOHN.person]


@pytest.mark.parametrize("javascript", [True, False])
async def test_who_changes_language_halfway_a_decision_keeps_the_reason_and_has_decided_nothing(
    shown: Shown, money: MoneySite, axe: Axe, javascript: bool
) -> None:
    request = await money.ask("bicycle")
    await money.listen(request)
    opened = await shown(JOHN, f"/budget/besluiten/{request}", javascript=javascript)
    if not javascript:
        await opened.get_by_role("link", name="Naar het besluit").click()
    await opened.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await opened.get_by_label("Waarom niet?").select_option("too-expensive")
    await opened.get_by_role("button", name="English").click()

    await expect(opened.get_by_label("Why approve?")).to_have_value("fits-plan")
    await expect(opened.get_by_label("Why not?")).to_have_value("too-expensive")
    await expect(opened.get_by_role("alert")).to_have_count(0)
    if javascript:
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)
    assert await money.heard(request) == []
    await opened.get_by_role("button", name="Approve").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Your decision is taken")
    assert await money.heard(request) == [JOHN.person]


async def test_a_payee_that_changed_meanwhile_stops_the_approval_and_is_shown(
    shown: Shown, money: MoneySite, axe: Axe
) -> None:
    request = await money.ask("bicycle")
    await money.listen(request)
    opened = await shown(JOHN, f"/budget/besluiten/{request}")
    await opened.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await money.town.register_payee(iban=IBANS[1])
    await opened.get_by_role("button", name="Akkoord").click()

    await expect(opened.get_by_text("Je akkoord is niet verwerkt")).to_be_visible()
    await expect(opened.get_by_role("region", name="Wat er veranderde")).to_contain_text(IBANS[1])
    await expect(opened.get_by_role("button", name="Afwijzen")).to_be_visible()
    await expect(opened.get_by_role("button", name="Akkoord")).to_have_count(0)
    assert await axe(opened) == []
    assert await money.heard(request) == []


async def test_a_decision_that_cannot_be_sent_is_kept_and_sent_again_by_one_button(
    shown: Shown, money: MoneySite, placeholder_settings: Settings, axe: Axe
) -> None:
    request = await money.ask("bicycle")
    money.desk.state.temporal = await connect(placeholder_settings, lazy=True)
    opened = await shown(JOHN, f"/budget/besluiten/{request}")
    await opened.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await opened.get_by_role("button", name="Akkoord").click()

    await expect(opened.get_by_text("Wat je koos is bewaard en gaat vanzelf alsnog weg.")).to_be_visible(
        timeout=PATIENCE
    )
    assert await axe(opened) == []
    listed = await shown(JOHN, "/desk/werklijst")
    await expect(listed.get_by_text("Het gaat vanzelf weg zodra dat weer kan.")).to_be_visible()
    await listed.get_by_role("link", name="Bekijk waar het over gaat").click()
    await expect(listed.get_by_text("Op je werklijst lees je wat ervan kwam.")).to_be_visible()
    money.desk.state.temporal = money.temporal
    await money.listen(request)
    await opened.get_by_role("button", name="Stuur mijn besluit nog een keer").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Je besluit is verwerkt")
    assert await money.heard(request) == [JOHN.person]


async def test_a_decision_that_went_later_and_was_refused_is_told_on_the_list_and_at_the_request(
    shown: Shown, money: MoneySite, placeholder_settings: Settings, axe: Axe
) -> None:
    request = await money.ask("bicycle")
    money.desk.state.temporal = await connect(placeholder_settings, lazy=True)
    opened = await shown(JOHN, f"/budget/besluiten/{request}")
    await opened.get_by_label("Waarom akkoord?").select_option("fits-plan")
    await opened.get_by_role("button", name="Akkoord").click()
    await expect(opened.get_by_text("gaat vanzelf alsnog weg")).to_be_visible(timeout=PATIENCE)
    async with money.desk.state.database.transaction() as tx:
        kept = await standing_decision(tx, decision_task_id(request), JOHN.person)
        assert kept is not None
        await answer_decision(tx, kept.id, "other-role-needed", now=money.desk.state.clock() + timedelta(minutes=1))

    listed = await shown(JOHN, "/desk/werklijst")
    await expect(listed.get_by_text("is niet aangenomen. De handtekening van jouw rol is al gezet.")).to_be_visible()
    assert await axe(listed) == []
    assert not await scrolls_sideways(listed)
    await listed.get_by_role("link", name="Bekijk waar het over gaat").click()
    await expect(listed.get_by_text("Je vorige besluit is niet aangenomen.")).to_be_visible()
    await expect(listed.get_by_role("button", name="Akkoord")).to_be_visible()


async def test_a_decider_asks_back_and_the_answer_stands_on_the_page(shown: Shown, money: MoneySite, axe: Axe) -> None:
    request = await money.ask("bicycle")
    opened = await shown(JOHN, f"/budget/besluiten/{request}")
    await opened.get_by_text("Eerst iets vragen aan de aanvrager").click()
    await opened.get_by_label("Wat wil je weten?").select_option("cheaper-way")
    await opened.get_by_role("button", name="Vraag stellen").click()
    await expect(opened.get_by_text("Nog geen antwoord.")).to_be_visible()

    asker = await shown(MARY, f"/budget/aanvragen/{request}")
    await expect(asker.get_by_text("Kan het goedkoper of tweedehands?")).to_be_visible()
    assert await axe(asker) == []
    assert not await scrolls_sideways(asker)
    await asker.get_by_role("link", name="Beantwoord deze vraag").click()
    await expect(asker.get_by_text("gezin Jansen")).to_be_visible()
    await expect(asker.get_by_text("Fiets, € 150,00")).to_be_visible()
    assert await axe(asker) == []
    await expect(asker.get_by_text("Kan het goedkoper of tweedehands?")).to_be_visible()
    await asker.get_by_role("button", name="Antwoord sturen").click()
    await expect(asker.get_by_role("alert").get_by_role("link")).to_have_text("Kies een antwoord.")
    await asker.get_by_label("Jouw antwoord").select_option("no-other-way")
    await asker.get_by_role("button", name="Antwoord sturen").click()
    await expect(asker.get_by_text("Beantwoord:")).to_be_visible()

    await asker.get_by_role("link", name="Bekijk de aanvraag").click()
    await expect(asker.get_by_text("Het kan niet op een andere manier.")).to_be_visible()
    await expect(asker.get_by_text("Een vraag van")).to_have_count(0)
    listed = await shown(JOHN, "/desk/werklijst")
    await expect(listed.get_by_text("Je vraag is beantwoord")).to_be_visible()
    await opened.reload()
    await expect(opened.get_by_text("Het kan niet op een andere manier")).to_be_visible()
    await expect(opened.get_by_role("button", name="Akkoord")).to_be_visible()
    await listed.reload()
    await expect(listed.get_by_text("Je vraag is beantwoord")).to_have_count(0)

    await money.town.decide("bicycle", Verdict.REFUSED, reason="too-expensive", deciders=(JOHN.person,))
    for who, where in ((MARY, "aanvragen"), (MARY, "besluiten"), (ANNE, "besluiten")):
        after = await shown(who, f"/budget/{where}/{request}")
        await expect(after.get_by_text("Kan het goedkoper of tweedehands?")).to_be_visible()
        await expect(after.get_by_text("Het kan niet op een andere manier.")).to_be_visible()
        await expect(after.get_by_text("Het kan goedkoper.")).to_be_visible()
        assert await axe(after) == []
        assert not await scrolls_sideways(after)
    plain = await shown(MARY, f"/budget/aanvragen/{request}", javascript=False)
    await plain.get_by_role("link", name="Vragen en antwoorden").click()
    await expect(plain.get_by_role("heading", name="Vragen en antwoorden")).to_be_visible()


async def test_two_release_a_payment_round_and_the_file_is_for_them_alone(
    shown: Shown, money: MoneySite, axe: Axe
) -> None:
    for what, cents in (("skates", 5_000), ("helmet", 3_000)):
        await money.town.approve(what, cents)
    batch = await money.batch()
    await money.listen(batch)
    opened = await shown(KEES, "/budget/betalingen")
    assert await axe(opened) == []
    await opened.get_by_role("link", name="Bekijk betaallijst 1").click()
    await expect(opened.get_by_role("button", name="Niet vrijgeven")).to_be_visible()
    summed = opened.get_by_role("table", name="Samen per ontvanger")
    await expect(summed.get_by_role("row", name=re.compile("€ 80,00 2 "))).to_be_visible()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)
    await opened.get_by_role("button", name="Vrijgeven", exact=True).click()
    await expect(opened.get_by_text("Er is nog een akkoord van een collega nodig.")).to_be_visible()

    other = await shown(LOES, f"/budget/betalingen/{batch}")
    await other.get_by_role("button", name="Vrijgeven", exact=True).click()
    await expect(other.get_by_text("Het besluit is daarmee rond.")).to_be_visible()
    assert await money.heard(batch) == [KEES.person, LOES.person]


async def test_what_was_decided_stands_in_the_family_s_panel(shown: Shown, money: MoneySite) -> None:
    await money.town.submit("too-much", 260_000)
    assert (await money.town.submit("bicycle")) is not None
    opened = await shown(MARY, PANEL)

    await expect(opened.get_by_role("img", name="Uitgegeven € 0,00")).to_be_visible()
    await expect(opened.get_by_text("Het bedrag is hoger dan één aanvraag mag zijn.")).to_be_visible()
    await expect(opened.get_by_text("Wacht op een besluit")).to_be_visible()


async def test_who_asked_finds_on_the_worklist_what_was_decided_and_when_it_is_paid(
    shown: Shown, money: MoneySite, axe: Axe
) -> None:
    await money.ask("bicycle")
    await money.town.decide("bicycle")
    opened = await shown(MARY, "/desk/werklijst")

    await opened.get_by_text("Nieuw: 1 besluit over geld dat jij aanvroeg").click()
    await expect(opened.get_by_text("Wordt betaald op of na maandag 6 februari.")).to_be_visible()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)
    await opened.get_by_role("link", name="Fiets, € 150,00").click()
    await expect(opened.get_by_text("Wordt betaald op of na maandag 6 februari.")).to_be_visible()

    other = await shown(JOHN, "/desk/werklijst")
    await expect(other.get_by_text("Nieuw:")).to_have_count(0)
