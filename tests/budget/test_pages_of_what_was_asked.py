"""What became of money that was asked, on the screen: who decides, what was decided, and when it is paid."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from services.budget.__main__ import SERVICE
from services.budget.events import Verdict
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.budget.test_pages import (
    ASK,
    BUDDY,
    COORDINATOR,
    HOLDER,
    PAID_ON,
    SUPPORTER,
    UNDER_WAY,
    app,
    form,
)
from tests.budget.town import ANNE, BICYCLE_SHOP, NOON, Town, trajectory
from tests.screens.people import signed_in

__all__ = ["app"]

pytestmark = pytest.mark.engines


async def test_who_asked_reads_who_decides_and_until_when(
    town: Town, placeholder_settings: Settings, app: FastAPI
) -> None:
    await town.ask("bicycle", 15_000)
    path = f"/aanvragen/{stable_id('request', 'bicycle')}"
    late = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOON + timedelta(days=21))
    assert late is not None
    async with signed_in(app, SUPPORTER) as mine, signed_in(late, SUPPORTER) as later:
        now = (await mine.get(path)).text
        assert "beslist. Dat gebeurt uiterlijk op" in now
        assert "Dat had op" in (await later.get(path)).text


@pytest.mark.parametrize(
    ("told", "against", "plain"),
    [({"goal": ""}, True, False), ({"plan": "none"}, False, True), ({}, False, False)],
    ids=["there were goals", "there is no plan", "nobody was asked"],
)
async def test_no_goal_speaks_against_a_request_only_where_there_was_one_to_choose(
    app: FastAPI, told: dict[str, str], against: bool, plain: bool
) -> None:
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, COORDINATOR) as coordinator:
        assert (await mine.post(ASK, data=form() | told)).status_code == 303
        decides = (await coordinator.get(f"/besluiten/{stable_id('request', 'bicycle')}")).text
    assert ("Er is geen doel uit het gezinsplan bij genoemd." in decides) is against
    assert ("Toen dit werd aangevraagd, was er nog geen gezinsplan waar het gezin ja op zei." in decides) is plain


async def test_whoever_asked_finds_what_was_decided_and_the_day_on_which_it_is_paid(app: FastAPI, town: Town) -> None:
    """On the worklist, on top of the dossier, in its panel and on the page of the request."""
    request = stable_id("request", "bicycle")
    places = (UNDER_WAY, f"/panelen/budget/{trajectory(1)}", f"/aanvragen/{request}")
    async with signed_in(app, SUPPORTER) as mine:
        assert (await mine.get("/panelen/nieuws")).text.strip() == ""
        assert (await mine.get(UNDER_WAY)).text.strip() == ""
        await town.approve("bicycle", 15_000)
        for place in ("/panelen/nieuws", *places, f"/besluiten/{request}"):
            assert PAID_ON in (await mine.get(place)).text, place
        made = await town.make_batch()
        for place in places:
            assert "De betaling staat klaar." in (await mine.get(place)).text, place
        assert await town.release(made)
        (at_bank,) = await town.at_bank()
        await town.confirm(at_bank.end_to_end_id, at_bank.amount_cents)
        for place in places:
            assert "Is betaald op 2 februari 2023." in (await mine.get(place)).text, place


async def test_what_was_decided_is_told_to_who_asked_alone_and_a_refusal_with_its_reason(
    app: FastAPI, town: Town
) -> None:
    await town.ask("bicycle", 15_000)
    await town.decide("bicycle", Verdict.REFUSED)
    await town.ask("skates", 5_000)
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, COORDINATOR) as coordinator:
        told = (await mine.get("/panelen/nieuws")).text
        assert "1 besluit" in told
        assert "Het past bij het plan van het gezin." in told, "the reason that was given"
        assert (await coordinator.get("/panelen/nieuws")).text.strip() == ""


@pytest.mark.parametrize("address", ["/aanvragen/{}", "/besluiten/{}"])
async def test_what_was_opened_is_no_news_any_more(app: FastAPI, town: Town, address: str) -> None:
    await town.approve("bicycle", 15_000)
    await town.approve("skates", 5_000)
    opened = address.format(stable_id("request", "bicycle"))
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, COORDINATOR) as coordinator:
        await coordinator.get(opened)
        assert "2 besluiten" in (await mine.get("/panelen/nieuws")).text, "a colleague read it"
        for _ in range(2):
            await mine.get(opened)
        assert "1 besluit" in (await mine.get("/panelen/nieuws")).text


async def test_what_was_waiting_when_it_was_opened_is_news_once_it_is_decided(app: FastAPI, town: Town) -> None:
    await town.ask("bicycle", 15_000)
    async with signed_in(app, SUPPORTER) as mine:
        await mine.get(f"/aanvragen/{stable_id('request', 'bicycle')}")
        await town.decide("bicycle")
        assert "1 besluit" in (await mine.get("/panelen/nieuws")).text


async def test_one_press_says_that_the_news_was_read(app: FastAPI, town: Town) -> None:
    await town.approve("bicycle", 15_000)
    read = {"aanvraag": [str(stable_id("request", "bicycle")), "nonsense"]}
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, COORDINATOR) as coordinator:
        assert read["aanvraag"][0] in (await mine.get("/panelen/nieuws")).text
        await coordinator.post("/nieuws/gelezen", data=read)
        assert "1 besluit" in (await mine.get("/panelen/nieuws")).text, "it is not a colleague's to take away"
        for _ in range(2):
            assert (await mine.post("/nieuws/gelezen", data=read)).headers["location"] == "/desk/werklijst"
        assert (await mine.get("/panelen/nieuws")).text.strip() == ""


async def test_old_decisions_are_no_news(town: Town, placeholder_settings: Settings) -> None:
    await town.approve("bicycle", 15_000)
    later = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOON + timedelta(days=15))
    assert later is not None
    async with signed_in(later, SUPPORTER) as mine:
        assert (await mine.get("/panelen/nieuws")).text.strip() == ""


async def test_a_need_that_was_asked_for_is_not_offered_again_and_says_how_it_stands(app: FastAPI, town: Town) -> None:
    needs = {"nood": ["bicycle", "clothing", "of no programme"]}
    path = f"/panelen/nood/{trajectory(1)}"
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, HOLDER) as holder, signed_in(app, BUDDY) as buddy:
        before = (await mine.post(path, data=needs)).text
        assert before.count("Vraag dit nu met spoed aan") == 2
        assert before.count("nog niet aangevraagd.") == 2
        assert f'href="/budget{ASK}?spoed=ja&amp;voor=clothing"' in before
        offered = (await mine.get(f"{ASK}?spoed=ja&voor=clothing")).text
        assert '<option value="clothing" selected>' in offered, "the need from which somebody came is filled in"
        decides = (await holder.post(path, data=needs)).text
        assert "Vraag dit" not in decides, "a budget holder asks nothing"
        assert (await buddy.post(path, data=needs)).status_code == 403

        await mine.post(ASK, data=form(amount="20", urgent="ja"))
        after = (await mine.post(path, data=needs)).text
        assert "Fiets: aangevraagd op 1 februari 2023 13:00." in after
        assert "Wacht op een besluit" in after
        assert "Al aangevraagd voor dit gezin:" in (await mine.get(ASK)).text
        assert "Al aangevraagd" not in (await buddy.get(ASK)).text, "who sees no money"
        assert after.count("Vraag dit nu met spoed aan") == 1
        assert after.count("nog niet aangevraagd.") == 1

        await mine.post(f"/aanvragen/{stable_id('request', 'bicycle')}/intrekken")
        assert (await mine.post(path, data=needs)).text.count("Vraag dit nu met spoed aan") == 2


async def test_who_asked_takes_it_back_from_the_page_to_which_the_dossier_leads_too(app: FastAPI, town: Town) -> None:
    await town.ask("bicycle", 15_000)
    path = f"/besluiten/{stable_id('request', 'bicycle')}"
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, COORDINATOR) as coordinator:
        assert "Aanvraag terugnemen" in (await mine.get(path)).text
        assert "Aanvraag terugnemen" not in (await coordinator.get(path)).text
        await town.decide("bicycle")
        assert "Aanvraag terugnemen" not in (await mine.get(path)).text


async def test_after_a_refusal_both_pages_say_who_decided_when_and_why_and_lead_to_the_questions(
    app: FastAPI, town: Town
) -> None:
    await town.ask("bicycle", 15_000)
    await town.decide("bicycle", verdict=Verdict.REFUSED, reason="too-expensive")
    request = stable_id("request", "bicycle")
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, HOLDER) as holder:
        asked, decides = [(await mine.get(f"/{where}/{request}")).text for where in ("aanvragen", "besluiten")]
        of_holder = (await holder.get(f"/besluiten/{request}")).text

    for page in (asked, decides):
        told = page.partition("<dt>Besloten</dt>")[2].partition("</dd>")[0]
        assert "1 februari 2023" in told
        assert f"/desk/collega/{ANNE}" in told
        assert "Het kan goedkoper." in told
        assert f'href="/desk/panelen/vragen/{request}"' in page, "without scripts too"
        assert f'href="/budget/aanvragen/nieuw/{trajectory(1)}?na={request}"' in page
    assert "Zonder deze aanvraag" in decides
    assert "Met deze aanvraag erbij" not in decides
    assert "Vraag opnieuw aan" not in of_holder, "who decides does not ask"


async def test_a_rule_that_said_no_has_no_decider_and_what_is_under_way_is_counted(app: FastAPI, town: Town) -> None:
    request = stable_id("request", "bicycle")
    async with signed_in(app, SUPPORTER) as mine:
        await mine.post(ASK, data=form(category="sport-and-culture", urgent="ja", anyway="ja"))
        assert "vanzelf" in (await mine.get(f"/aanvragen/{request}")).text
        await mine.post(ASK, data=form(key=str(stable_id("request", "helmet"))))
        waits = (await mine.get(f"/besluiten/{stable_id('request', 'helmet')}")).text
    assert "Met deze aanvraag erbij" in waits
    assert "Vraag opnieuw aan" not in waits
    earlier = waits.partition("Eerdere aanvragen van dit gezin")[2]
    assert f'href="/budget/besluiten/{request}"' in earlier
    assert "Afgewezen" in earlier
    assert "Aangevraagd op 1 februari 2023" in earlier
    assert "earlier-table" not in waits, "a row stands whole on a phone"


async def test_what_was_refused_is_asked_anew_with_its_category_and_payee_and_another_amount(
    app: FastAPI, town: Town
) -> None:
    await town.ask("bicycle", 15_000)
    again = f"{ASK}?na={stable_id('request', 'bicycle')}"
    async with signed_in(app, SUPPORTER) as mine, signed_in(app, BUDDY) as buddy:
        assert " selected>Fiets<" not in (await mine.get(again)).text, "nothing was refused yet"
        await town.decide("bicycle", verdict=Verdict.REFUSED, reason="too-expensive")
        filled = (await mine.get(again)).text
        of_buddy = (await buddy.get(again)).text

    assert " selected>Fiets<" in filled
    assert f'value="{BICYCLE_SHOP}" selected>' in filled
    assert "150,00" not in filled.partition("<form")[2].partition('id="payee"')[0]
    assert f'value="{stable_id("request", "bicycle")}"' not in filled, "a request of its own"
    assert " selected>Fiets<" not in of_buddy, "what another asked is not a buddy's to read"
