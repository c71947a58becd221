"""Money on the screen: who sees which page, what a form does, and what it says when it cannot."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.budget import store
from services.budget.__main__ import SERVICE
from services.budget.domain.requests import RequestState
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.budget.town import ANNE, BICYCLE_SHOP, GRONINGEN, IBANS, JOHN, MARY, NOON, RELEASERS, Town, trajectory
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines
BEIJUM = "beijum"


def actor(person: UUID, *roles: Role) -> Actor:
    return Actor(
        person=person,
        roles=frozenset(roles),
        name="Iemand",
        programmes=frozenset({GRONINGEN}),
        areas=frozenset({BEIJUM}),
    )


SUPPORTER = actor(MARY, Role.SUPPORTER)
OTHER_SUPPORTER = actor(stable_id("person", "supporter Piet"), Role.SUPPORTER)
BUDDY = actor(stable_id("person", "buddy Bo"), Role.BUDDY)
HOLDER = actor(ANNE, Role.BUDGET_HOLDER)
COORDINATOR = actor(JOHN, Role.TEAM_COORDINATOR)
CONTROLLER = actor(stable_id("person", "controller Cor"), Role.CONTROLLER)
RELEASER = actor(RELEASERS[0], Role.PAYMENT_RELEASER)
ASK = f"/aanvragen/nieuw/{trajectory(1)}"
UNDER_WAY = f"/panelen/lopend/{trajectory(1)}"
PAID_ON = "Wordt betaald op of na maandag 6 februari."


def form(**changes: str) -> dict[str, str]:
    filled = {
        "key": str(stable_id("request", "bicycle")),
        "category": "bicycle",
        "amount": "€ 150,00",
        "payee": str(BICYCLE_SHOP),
        "purpose": "take-part",
        "elsewhere": "not-there",
    }
    return filled | changes


@pytest.fixture
async def app(town: Town, placeholder_settings: Settings) -> FastAPI:
    async with town.database.transaction() as tx:
        scope = tx.tables.family_scope
        where = {"area": BEIJUM, "team": "oost", "supporter_id": MARY, "buddy_id": BUDDY.person}
        await tx.execute(scope.update().where(scope.c.trajectory_id == trajectory(1)).values(**where))
    app = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOON)
    assert app is not None
    return app


@pytest.fixture
async def supporter(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, SUPPORTER) as client:
        yield client


async def request_of(town: Town, name: str = "bicycle") -> store.Request | None:
    async with town.database.transaction() as tx:
        return await store.request_of(tx, stable_id("request", name))


async def readings(town: Town) -> list[tuple[UUID, str]]:
    async with town.database.transaction() as tx:
        rows = await tx.execute(tx.tables.reading.select())
        return [(row.person, row.what) for row in rows]


async def test_a_supporter_asks_once_however_often_the_button_is_pressed(
    supporter: httpx.AsyncClient, town: Town
) -> None:
    blank = await supporter.get(ASK)
    assert blank.status_code == 200
    assert "2.500,00" in blank.text

    first = await supporter.post(ASK, data=form())
    again = await supporter.post(ASK, data=form())

    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    asked = await request_of(town)
    assert asked is not None
    assert (asked.amount_cents, asked.state, asked.asked_by) == (15_000, RequestState.RESERVED, MARY)
    shown = await supporter.get(first.headers["location"].removeprefix("/budget"))
    assert "Wacht op een besluit" in shown.text
    assert (MARY, "request") in await readings(town)


async def test_what_is_not_filled_in_well_is_said_at_its_field_and_nothing_is_asked(
    supporter: httpx.AsyncClient, town: Town
) -> None:
    answer = await supporter.post(ASK, data=form(amount="12,505", category="", payee="x", elsewhere=""))

    assert answer.status_code == 400
    for place in ("amount", "category", "payee", "elsewhere"):
        assert f'id="{place}-error"' in answer.text
    assert 'value="12,505"' in answer.text, "what was typed stays"
    assert await request_of(town) is None


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"payee": "", "amount": "300,01", "urgent": "ja"}, ("payee", "urgent")),
        ({"category": "", "amount": "300,01", "urgent": "ja"}, ("category", "urgent")),
        ({"purpose": "", "amount": "2.500,01", "urgent": "ja"}, ("purpose", "amount", "urgent")),
        ({"category": "parent-training", "amount": "", "urgent": "ja"}, ("amount", "urgent")),
    ],
)
async def test_what_a_rule_says_no_to_is_told_with_all_else_that_is_wrong(
    supporter: httpx.AsyncClient, changes: dict[str, str], fields: tuple[str, ...]
) -> None:
    answer = await supporter.post(ASK, data=form(**changes))

    assert answer.status_code == 400
    assert {
        name for name in ("category", "amount", "payee", "purpose", "urgent") if f'id="{name}-error"' in answer.text
    } == {*fields}
    assert "Toch zo aanvragen" not in answer.text, "not while something else is missing"


async def test_who_changes_language_halfway_loses_nothing_and_asks_nothing(app: FastAPI, town: Town) -> None:
    typed = form(amount="12,505", category="", payee="", name="Stroom Noord", iban="NL91", town="Assen", urgent="ja")
    async with signed_in(app, SUPPORTER) as mary:
        mary.cookies.set("taal", "en")
        shown = await mary.post(ASK, data=typed | {"taal": "en"})
        assert (shown.status_code, "Ask for money" in shown.text) == (200, True)
        for said in ("12,505", "Stroom Noord", "NL91", "Assen", typed["key"]):
            assert f'value="{said}"' in shown.text
        assert 'aria-invalid="true"' not in shown.text, "nothing was asked yet, so nothing is wrong yet"
        await mary.post(ASK, data=form() | {"taal": "en"})
    assert await request_of(town) is None

    async with signed_in(app, CONTROLLER) as cor:
        path = f"/ontvangers/{stable_id('payee', 'power')}"
        payee = {"name": "Stroom", "iban": IBANS[1], "town": "Assen", "country": "NL", "version": "0"}
        shown = await cor.post(path, data=payee | {"taal": "en"})
        assert 'value="Stroom"' in shown.text
        assert "Stroom" not in (await cor.get("/ontvangers")).text


async def test_a_rule_that_says_no_is_told_first_and_recorded_only_when_the_family_wants_a_decision(
    supporter: httpx.AsyncClient, town: Town
) -> None:
    too_much = form(category="sport-and-culture", urgent="ja")
    told = await supporter.post(ASK, data=too_much)
    assert told.status_code == 400
    assert "Met haast kan hier niet" in told.text
    assert await request_of(town) is None

    anyway = await supporter.post(ASK, data=too_much | {"anyway": "ja"})

    assert anyway.status_code == 303
    asked = await request_of(town)
    assert asked is not None
    assert (asked.state, asked.reason) == (RequestState.REFUSED, "urgency-not-allowed")
    shown = await supporter.get(anyway.headers["location"].removeprefix("/budget"))
    assert "Met haast kan hier niet" in shown.text


async def test_the_same_form_with_other_values_is_no_second_request(supporter: httpx.AsyncClient, town: Town) -> None:
    await supporter.post(ASK, data=form())
    for other in ({"amount": "20"}, {"purpose": "work"}, {"elsewhere": "refused-there"}, {"goal": str(uuid4())}):
        back = await supporter.post(ASK, data=form(**other))
        assert back.status_code == 409, other
        assert "Dit formulier is al verstuurd met andere gegevens. Kijk eerst wat er staat." in back.text
        assert f'href="/budget/aanvragen/{form()["key"]}"' in back.text

    asked = await request_of(town)
    assert asked is not None
    assert asked.amount_cents == 15_000


async def test_the_asker_takes_it_back_and_nobody_else_does(app: FastAPI, town: Town) -> None:
    await town.submit("bicycle", 15_000)
    path = f"/aanvragen/{stable_id('request', 'bicycle')}"
    async with signed_in(app, COORDINATOR) as coordinator:
        assert (await coordinator.post(f"{path}/intrekken")).status_code == 409
    async with signed_in(app, SUPPORTER) as mine:
        assert "Aanvraag terugnemen" in (await mine.get(path)).text
        assert (await mine.post(f"{path}/intrekken")).status_code == 303
        assert (await mine.post(f"{path}/intrekken")).status_code == 303, "twice is once"
        assert "Aanvraag terugnemen" not in (await mine.get(path)).text
    asked = await request_of(town)
    assert asked is not None
    assert asked.state is RequestState.WITHDRAWN


async def test_a_buddy_asks_without_seeing_what_the_family_has(app: FastAPI, town: Town) -> None:
    async with signed_in(app, BUDDY) as buddy:
        blank = await buddy.get(ASK)
        assert blank.status_code == 200
        assert "Nog vrij" not in blank.text
        assert (await buddy.post(ASK, data=form())).status_code == 303
        assert (await buddy.get(f"/panelen/budget/{trajectory(1)}")).status_code == 403
        assert (await buddy.get(f"/besluiten/{stable_id('request', 'bicycle')}")).status_code == 403


async def test_a_family_of_somebody_else_stays_closed(app: FastAPI, town: Town) -> None:
    await town.submit("bicycle", 15_000)
    request = stable_id("request", "bicycle")
    async with signed_in(app, OTHER_SUPPORTER) as other:
        for path in (ASK, f"/panelen/budget/{trajectory(1)}", f"/aanvragen/{request}", f"/besluiten/{request}"):
            assert (await other.get(path)).status_code == 403, path
        assert (await other.post(ASK, data=form(key=str(uuid4())))).status_code == 403


async def test_the_decider_sees_request_envelope_mandate_and_history_on_one_page(app: FastAPI, town: Town) -> None:
    await town.approve("skates", 5_000)
    async with signed_in(app, SUPPORTER) as mine:
        await mine.post(ASK, data=form(elsewhere="not-asked"))
    async with signed_in(app, HOLDER) as holder:
        page = await holder.get(f"/besluiten/{stable_id('request', 'bicycle')}")

    assert page.status_code == 200
    for told in (
        "De Fietsenmaker &amp; Zn.",
        IBANS[0],
        "Bij andere regelingen is het nog niet gevraagd",
        "Voor hetzelfde doel is eerder al betaald",
        "teamcoördinator beslist",
        "2.300,00",
        f"/desk/besluiten/{stable_id('request', 'bicycle')}?gezien=",
    ):
        assert told in page.text, told
    assert (ANNE, "request") in await readings(town)


async def test_haste_says_up_to_which_amount_for_what_and_what_happens_otherwise(
    app: FastAPI, supporter: httpx.AsyncClient
) -> None:
    rule = (
        "Elke aanvraag met haast is hoogstens €\xa0300,00. Met haast kan alleen voor:",
        ". We beslissen dan binnen 1 werkdag. Is het meer, of voor iets anders? Dan kan het alleen zonder haast.",
    )
    asking = (await supporter.get(ASK)).text
    await supporter.post(ASK, data=form(urgent="ja"))
    async with signed_in(app, COORDINATOR) as coordinator:
        deciding = (await coordinator.get(f"/besluiten/{stable_id('request', 'bicycle')}")).text

    for said in rule:
        assert said in asking
        assert said in deciding
    assert "Beslis uiterlijk op donderdag 2 februari." in deciding


async def test_an_approval_of_what_has_changed_goes_no_further_and_shows_the_change(app: FastAPI, town: Town) -> None:
    mandate = await town.ask("bicycle", 15_000)
    path = f"/besluiten/{stable_id('request', 'bicycle')}"
    sent = {"choice": "approve", "digest": mandate.digest, "task": str(uuid4()), "reason-approve": "fits-plan"}
    async with signed_in(app, COORDINATOR) as coordinator:
        passed = await coordinator.post(path, data=sent)
        assert (passed.status_code, passed.headers["location"]) == (307, "/desk/besluiten?betaaldag=2023-02-06")

        await town.register_payee(iban=IBANS[1])
        stopped = await coordinator.post(path, data=sent)
        refusing = await coordinator.post(path, data=sent | {"choice": "refuse"})

    assert stopped.status_code == 409
    assert IBANS[0] in stopped.text
    assert IBANS[1] in stopped.text
    assert refusing.status_code == 307, "what changed can still be refused"


async def test_a_batch_is_seen_and_its_file_is_for_releasers_once_it_left(app: FastAPI, town: Town) -> None:
    await town.approve("bicycle", 15_000)
    made = await town.make_batch()
    path = f"/betalingen/{made.batch_id}"
    async with signed_in(app, RELEASER) as releaser:
        listed = await releaser.get("/betalingen")
        assert "Er wacht 1 betaallijst op vrijgave" in listed.text
        assert IBANS[0] in (await releaser.get(path)).text
        assert (await releaser.get(f"{path}/bestand")).status_code == 404
        assert (await releaser.get(f"/besluiten/{made.batch_id}")).status_code == 403
        assert await town.release(made)
        file = await releaser.get(f"{path}/bestand")
        assert file.headers["content-disposition"].startswith("attachment")
        assert b"pain.001.001.09" in file.content
    async with signed_in(app, CONTROLLER) as controller:
        assert (await controller.get(path)).status_code == 200
        assert (await controller.get(f"{path}/bestand")).status_code == 403


async def test_the_list_of_payments_names_the_day_of_the_next_and_what_waits_for_it(app: FastAPI, town: Town) -> None:
    async with signed_in(app, RELEASER) as kees:
        assert "We kijken op zondag 5 februari weer of er iets te betalen is." in (await kees.get("/betalingen")).text
        for what in ("bicycle", "helmet"):
            await town.approve(what, 4_000)
        coming = (await kees.get("/betalingen")).text
        assert "We maken de volgende betaallijst op zondag 5 februari." in coming
        assert "Daarvoor wachten 2 betalingen, samen €\xa080,00." in coming
        await town.make_batch(now=NOON)
        assert "Er wacht nu geen betaling." in (await kees.get("/betalingen")).text


async def test_the_controller_reads_whose_money_it_was_to_the_cent(app: FastAPI, town: Town) -> None:
    await town.approve("bicycle", 15_001)
    (at_bank,) = await town.pay()
    await town.confirm(at_bank.end_to_end_id, at_bank.amount_cents)
    async with signed_in(app, CONTROLLER) as controller:
        assert "Kansen voor Kinderen" in (await controller.get("/boek")).text
        book = await controller.get(f"/boek/{GRONINGEN}")
        assert book.status_code == 200
        assert "150,01" in book.text
        assert (await controller.get("/boek/kansrijk-groningen")).status_code == 403


async def test_a_new_payee_goes_through_the_controller_and_two_editors_do_not_overwrite_each_other(
    app: FastAPI, town: Town
) -> None:
    new = uuid4()
    filled = {"version": "0", "name": "Speelgoedwinkel", "iban": IBANS[1], "town": "Groningen", "country": "NL"}
    async with signed_in(app, SUPPORTER) as mine:
        assert (await mine.post(f"/ontvangers/{new}", data=filled)).status_code == 403
    async with signed_in(app, CONTROLLER) as controller:
        wrong = await controller.post(f"/ontvangers/{new}", data=filled | {"iban": "NL00TEST0000000001"})
        assert wrong.status_code == 400
        assert 'id="iban-error"' in wrong.text
        assert (await controller.post(f"/ontvangers/{new}", data=filled)).status_code == 303
        assert (await controller.post(f"/ontvangers/{new}", data=filled)).status_code == 303, "twice is once"
        changed = await controller.post(f"/ontvangers/{new}", data=filled | {"version": "1", "town": "Haren"})
        assert changed.status_code == 303
        late = await controller.post(f"/ontvangers/{new}", data=filled | {"version": "1", "town": "Assen"})
        assert late.status_code == 409
        assert "Haren" in late.text


async def test_an_account_stands_in_the_list_once_and_what_is_alike_is_told_apart(app: FastAPI, town: Town) -> None:
    twin = stable_id("payee", "the same shop in another street")
    filled = {"version": "0", "name": "De Fietsenmaker & Zn.", "iban": IBANS[0], "town": "Groningen", "country": "NL"}
    async with signed_in(app, CONTROLLER) as controller:
        known = await controller.post(f"/ontvangers/{twin}", data=filled)
        assert known.status_code == 400
        assert "Deze rekening is van De Fietsenmaker &amp; Zn., Groningen." in known.text
        assert "/budget/ontvangers/" in known.text
        assert (await controller.post(f"/ontvangers/{twin}", data=filled | {"iban": IBANS[1]})).status_code == 303
        assert (await controller.get("/ontvangers")).text.count("staat vaker in de lijst") == 2, "of the two there were"
    async with signed_in(app, SUPPORTER) as mine:
        offered = (await mine.get(ASK)).text
    for iban in IBANS:
        assert f"De Fietsenmaker &amp; Zn., Groningen, rekening die eindigt op {iban[-4:]}" in offered


async def test_what_money_is_for_is_told_in_the_readers_language(supporter: httpx.AsyncClient, town: Town) -> None:
    dutch = (await supporter.get(ASK)).text
    supporter.cookies.set("taal", "en")
    english = (await supporter.get(ASK)).text

    assert ">Fiets<" in dutch
    assert ">Bicycle<" in english
    assert "12.50" in english
    assert "12,50" not in english
    assert ">Fiets<" not in english


async def test_what_requests_are_about_is_told_to_who_sees_that_money_and_written_down(
    app: FastAPI, town: Town
) -> None:
    await town.submit("bicycle")
    await town.submit("heating", 20_00, category="household", urgent=True)
    request_id, urgent_id = stable_id("request", "bicycle"), stable_id("request", "heating")
    asked = {"aanvraag": [str(request_id), str(urgent_id), "no id", str(uuid4())]}
    async with signed_in(app, HOLDER) as client:
        told = (await client.post("/panelen/aanvragen", data=asked)).text
    async with signed_in(app, OTHER_SUPPORTER) as client:
        kept = (await client.post("/panelen/aanvragen", data=asked)).text

    assert told.count("hx-swap-oob") == 2
    bicycle, heating = (
        told.partition(f"[data-aanvraag='{each}']")[2].partition("hx-swap-oob")[0] for each in (request_id, urgent_id)
    )
    assert ("Haast" in bicycle, "Haast" in heating) == (False, True)
    assert "€" in told
    assert kept.strip() == ""
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        read = (await tx.execute(select(reading.c.person, reading.c.what))).all()
    assert [(each.person, each.what) for each in read] == [(ANNE, "request")]
