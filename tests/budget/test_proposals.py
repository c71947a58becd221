"""An organisation that is not registered yet: proposed with a request, checked by somebody else, and on or back."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from services.budget import handlers, proposals_store, store
from services.budget.commands import AskedFor, ProposePayee, RegisterPayee, SubmitRequest
from services.budget.domain.motives import Elsewhere, Purpose
from services.budget.domain.requests import RequestState
from services.budget.events import (
    PayeeProposalAnswered,
    PayeeProposalMade,
    PayeeProposalSettled,
    ProposalAnswer,
    SpendingRequestSubmitted,
)
from services.budget.tables import payee
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.budget.test_pages import ASK, BUDDY, CONTROLLER, SUPPORTER, app, form, request_of
from tests.budget.town import ANNE, IBANS, MARY, NOON, Town, trajectory
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines

__all__ = ["app"]

REQUEST = stable_id("request", "bicycle")
PAYEE = handlers.proposed_payee_id(REQUEST)
NEW_IBAN = "NL91ABNA0417164300"
SHOP = {"name": "Tweewielers Noord", "iban": "NL91 ABNA 0417 1643 00", "town": "Groningen"}
LATER = NOON + timedelta(days=1)
CONTROLLER_ID = CONTROLLER.person


async def propose(
    town: Town, *, iban: str = NEW_IBAN, amount_cents: int = 15_000, purpose: Purpose = Purpose.TAKE_PART
) -> handlers.Proposed | Refused:
    wish = SubmitRequest(
        request_id=REQUEST,
        trajectory_id=trajectory(1),
        category="bicycle",
        amount_cents=amount_cents,
        payee_id=PAYEE,
    )
    motive = AskedFor(purpose=purpose, elsewhere=Elsewhere.NOT_THERE)
    command = ProposePayee(request=wish, motive=motive, name="Tweewielers Noord", iban=iban, town="Groningen")
    async with town.database.transaction() as tx:
        return await handlers.propose_payee(tx, command, proposed_by=MARY, now=NOON)


async def register(town: Town, *, by: UUID = CONTROLLER_ID) -> proposals_store.Proposal | Refused:
    command = RegisterPayee(payee_id=PAYEE, name="Tweewielers Noord B.V.", iban=NEW_IBAN, town="Groningen")
    async with town.database.transaction() as tx:
        return await handlers.register_proposed(tx, command, by=by, now=LATER)


async def refuse(town: Town, *, by: UUID = CONTROLLER_ID) -> proposals_store.Proposal | Refused:
    async with town.database.transaction() as tx:
        return await handlers.refuse_proposed(tx, PAYEE, handlers.RefusalReason.ACCOUNT_DIFFERS, by=by, now=LATER)


async def state(town: Town) -> str:
    async with town.database.transaction() as tx:
        found = await proposals_store.proposal_of(tx, REQUEST)
    assert found is not None
    return found.state


async def test_a_request_waits_for_its_organisation_and_goes_on_by_itself(town: Town) -> None:
    proposed = await propose(town)
    assert proposed == handlers.Proposed(request_id=REQUEST, changed=True)
    assert await request_of(town) is None, "no money is set apart for an account that nobody checked"

    for _ in range(2):
        assert isinstance(await register(town), proposals_store.Proposal)
    request = await request_of(town)
    assert request is not None
    assert (request.state, request.asked_by, request.payee_id) == (RequestState.RESERVED, MARY, PAYEE)
    async with town.database.transaction() as tx:
        shop = await store.payee_today(tx, PAYEE)
        motive = await store.motive_of(tx, REQUEST)
    assert shop is not None
    assert (shop.name, shop.iban) == ("Tweewielers Noord B.V.", NEW_IBAN), "as the controller found it on the invoice"
    assert motive is not None
    assert len(await town.told(SpendingRequestSubmitted)) == 1
    [made], [answered] = await town.told(PayeeProposalMade), await town.told(PayeeProposalAnswered)
    assert (made.proposed_by, answered.answer) == (MARY, ProposalAnswer.REGISTERED)


async def test_nobody_checks_what_they_proposed(town: Town) -> None:
    await propose(town)
    assert await register(town, by=MARY) == Refused("own-proposal")
    assert await refuse(town, by=MARY) == Refused("own-proposal")
    assert await state(town) == "waiting"


async def test_what_is_not_right_goes_back_once_and_is_seen_to(town: Town) -> None:
    await propose(town)
    for _ in range(2):
        assert isinstance(await refuse(town), proposals_store.Proposal)
    assert await register(town) == Refused("proposal-answered")
    [answered] = await town.told(PayeeProposalAnswered)
    assert answered.answer is ProposalAnswer.REFUSED
    assert await request_of(town) is None

    async with town.database.transaction() as tx:
        for _ in range(2):
            seen = await handlers.withdraw_proposal(tx, REQUEST, asked_by=MARY, now=LATER)
            assert isinstance(seen, proposals_store.Proposal)
    assert len(await town.told(PayeeProposalSettled)) == 1


async def test_of_two_controllers_at_once_one_answer_stands(town: Town) -> None:
    await propose(town)
    one, other = await asyncio.gather(register(town), refuse(town, by=ANNE))
    assert sum(isinstance(each, Refused) for each in (one, other)) == 1
    assert len(await town.told(PayeeProposalAnswered)) == 1


async def test_an_account_that_is_known_is_chosen_from_the_list(town: Town) -> None:
    assert await propose(town, iban=IBANS[0]) == Refused("account-known")


async def test_an_account_that_was_registered_meanwhile_is_not_registered_twice(town: Town) -> None:
    await propose(town)
    elsewhere = stable_id("payee", "registered meanwhile")
    await town.register_payee(elsewhere, NEW_IBAN)
    await register(town)

    request = await request_of(town)
    assert request is not None
    assert request.payee_id == elsewhere
    async with town.database.transaction() as tx:
        assert (await tx.execute(select(func.count()).where(payee.c.id == PAYEE))).scalar_one() == 0


async def test_who_asked_takes_it_back_and_nobody_else(town: Town) -> None:
    await propose(town)
    async with town.database.transaction() as tx:
        assert await handlers.withdraw_proposal(tx, REQUEST, asked_by=ANNE, now=LATER) == Refused("not-the-asker")
        await handlers.withdraw_proposal(tx, REQUEST, asked_by=MARY, now=LATER)
    assert await register(town) == Refused("proposal-answered")
    assert await state(town) == "withdrawn"


async def test_when_the_envelope_closes_nobody_has_to_check_any_more(town: Town) -> None:
    await propose(town)
    await town.close_envelope()
    assert await state(town) == "lapsed"
    assert await register(town) == Refused("proposal-answered")


async def test_money_that_is_gone_by_then_is_a_refusal_in_the_books(town: Town) -> None:
    await propose(town, amount_cents=150_000)
    await town.submit("others were first", 150_000)
    await register(town)
    request = await request_of(town)
    assert request is not None
    assert (request.state, request.reason) == (RequestState.REFUSED, "envelope-short")


async def test_the_same_form_twice_is_one_proposal_and_with_other_contents_it_is_refused(town: Town) -> None:
    await propose(town)
    assert await propose(town) == handlers.Proposed(request_id=REQUEST, changed=False)
    assert await propose(town, amount_cents=16_000) == Refused("request-differs")
    assert await propose(town, purpose=Purpose.WORK) == Refused("request-differs")


async def test_on_the_screen_a_proposal_waits_is_checked_and_goes_on(app: FastAPI, town: Town) -> None:
    asked = form(payee="", **SHOP)
    async with signed_in(app, SUPPORTER) as mary:
        for _ in range(2):
            sent = await mary.post(ASK, data=asked)
            assert sent.headers["location"] == f"/budget/aanvragen/{REQUEST}"
        waits = await mary.get(f"/aanvragen/{REQUEST}")
        assert "Wacht op controle van de rekening" in waits.text
        for place in (f"/panelen/budget/{trajectory(1)}", f"/panelen/lopend/{trajectory(1)}"):
            assert "De controller kijkt de rekening na." in (await mary.get(place)).text
        assert "Tweewielers Noord" in (await mary.get(f"/panelen/budget/{trajectory(1)}")).text
        needs = await mary.post(f"/panelen/nood/{trajectory(1)}", data={"nood": "bicycle"})
        assert "Wacht op controle" in needs.text
        assert "Vraag dit nu" not in needs.text
        assert (await mary.get(f"/ontvangers/voorstel/{PAYEE}")).status_code == 403
    async with signed_in(app, CONTROLLER) as cor:
        assert "Tweewielers Noord" in (await cor.get("/ontvangers")).text
        named = await cor.get(f"/panelen/voorstel/{PAYEE}")
        assert "Tweewielers Noord, Groningen: €\xa0150,00" in named.text, "its task says which one and how much"
        page = await cor.get(f"/ontvangers/voorstel/{PAYEE}")
        assert "laat de organisatie het rekeningnummer noemen" in page.text
        wrong = await cor.post(f"/ontvangers/voorstel/{PAYEE}", data={**SHOP, "country": "NL", "iban": "NL00"})
        assert wrong.status_code == 400
        assert "Dit rekeningnummer klopt niet" in wrong.text
        await cor.post(f"/ontvangers/voorstel/{PAYEE}", data={**SHOP, "country": "NL"})
        for reason in ("not-found", ""):
            late = await cor.post(f"/ontvangers/voorstel/{PAYEE}", data={"answer": "refuse", "reason": reason})
            assert late.status_code == 409
            assert "Een collega was je voor" in late.text
            assert "Dit klopt nog niet" not in late.text
    async with signed_in(app, SUPPORTER) as mary:
        assert "Wacht op een besluit" in (await mary.get(f"/aanvragen/{REQUEST}")).text
        assert "Tweewielers Noord, Groningen" in (await mary.get(f"/panelen/budget/{trajectory(1)}")).text


async def test_what_the_controller_corrected_is_what_everybody_reads_from_then_on(app: FastAPI) -> None:
    check = f"/ontvangers/voorstel/{PAYEE}"
    corrected = {**SHOP, "name": "Tweewielers BV", "country": "NL"}
    async with signed_in(app, SUPPORTER) as mary, signed_in(app, CONTROLLER) as cor:
        await mary.post(ASK, data=form(payee="", **SHOP))
        halfway = await cor.post(check, data={**corrected, "reason": "not-found", "taal": "en"})
        assert 'value="Tweewielers BV"' in halfway.text, "the language changed, and nothing was added"
        assert '<option value="not-found" selected>' in halfway.text
        await cor.post(check, data=corrected)
        pages = [
            await cor.get(check),
            await cor.get(f"/panelen/voorstel/{PAYEE}"),
            await mary.get(f"/aanvragen/{REQUEST}"),
            await mary.get(f"/panelen/budget/{trajectory(1)}"),
        ]
    for page in pages:
        assert "Tweewielers BV" in page.text
        assert "Tweewielers Noord" not in page.text


async def test_on_the_screen_what_came_back_says_why_and_is_asked_again_as_it_was_filled_in(
    app: FastAPI, town: Town
) -> None:
    async with signed_in(app, BUDDY) as bo, signed_in(app, CONTROLLER) as cor:
        await bo.post(ASK, data=form(payee="", **SHOP))
        unsaid = await cor.post(f"/ontvangers/voorstel/{PAYEE}", data={"answer": "refuse", "reason": ""})
        assert "Kies waarom je deze ontvanger niet toevoegt." in unsaid.text
        await cor.post(f"/ontvangers/voorstel/{PAYEE}", data={"answer": "refuse", "reason": "no-invoice"})
        back = await bo.get(f"/aanvragen/{REQUEST}")
        assert "Vraag haar om een factuur of offerte met het nummer erop." in back.text
        again = await bo.get(f"{ASK}?na={REQUEST}")
        assert 'value="Tweewielers Noord"' in again.text
        assert 'value="150,00"' in again.text
        bo.cookies.set("taal", "en")
        assert 'value="150.00"' in (await bo.get(f"{ASK}?na={REQUEST}")).text
        bo.cookies.delete("taal")
        mended = form(payee="", **SHOP, key=str(stable_id("request", "again")), instead=str(REQUEST))
        sent = await bo.post(ASK, data=mended)
        assert sent.status_code == 303
        assert "Pas aan en vraag opnieuw" not in (await bo.get(f"/aanvragen/{REQUEST}")).text
    assert len(await town.told(PayeeProposalSettled)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"payee": ""}, "Kies aan wie we betalen, of stel een nieuwe ontvanger voor."),
        (SHOP, "Kies een ontvanger uit de lijst, of vul een nieuwe in. Niet allebei."),
        ({**SHOP, "payee": "", "iban": "NL91 ABNA 0417 1643 01"}, "Dit rekeningnummer klopt niet."),
        ({**SHOP, "payee": "", "iban": ""}, "Dit rekeningnummer klopt niet."),
        ({**SHOP, "payee": "", "town": ""}, "Vul de plaats in, hoogstens 35 tekens."),
        (
            {**SHOP, "payee": "", "iban": IBANS[0]},
            "Deze rekening staat al in de lijst als De Fietsenmaker &amp; Zn., Groningen.",
        ),
    ],
)
async def test_the_form_says_at_the_field_what_is_wrong_with_an_organisation(
    app: FastAPI, changes: dict[str, str], said: str
) -> None:
    async with signed_in(app, SUPPORTER) as mary:
        answer: httpx.Response = await mary.post(ASK, data=form(**changes))
    assert answer.status_code == 400
    assert said in answer.text
