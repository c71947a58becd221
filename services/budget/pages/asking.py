"""Asking money for a family: the form, what became of it, and taking it back."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from programmes.schema import Programme
from programmes.schema.money import Category, Spender
from programmes.words import in_language
from services.budget import handlers, payments_store, proposals_store, store
from services.budget.balances import envelope_balance
from services.budget.commands import AskedFor, Organisation, ProposePayee, SubmitRequest
from services.budget.domain.amounts import TEXT_LENGTH_MAX, read_amount, written_amount
from services.budget.domain.haste import haste_rule
from services.budget.domain.motives import Elsewhere, PlanThen, Purpose
from services.budget.domain.payment_days import next_payment_day
from services.budget.events import Mandate, ProposalAnswer
from services.budget.proposals_store import Proposal
from services.budget.standing import Standing, mark_read, proposals_standing, refused_before, standing_of
from services.shared.access import Actor, allowed
from services.shared.calendar import add_working_days, local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see
from services.shared.screens.language import DUTCH, only_language
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.types import Cents, Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Asker = Annotated[Actor, Depends(allowed(Permission.ASK_MONEY))]
FIELD_OF_RULE = {
    "category-unknown": "category",
    "amount-above-maximum": "amount",
    "urgency-not-allowed": "urgent",
    "no-mandate": "amount",
    "envelope-short": "amount",
}
"""Where on the form somebody can do something about a rule that says no."""
PROPOSED = ("name", "iban", "town")
"""The fields of an organisation that is not in the list."""
TEXTS = ("category", "amount", "payee", "purpose", "elsewhere", "goal", "instead", *PROPOSED)
ACCOUNT_KNOWN: Code = "account-known"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A form as it was filled in: what could be read of it, the texts as they stood, and a code for each mistake."""

    key: UUID
    category: str = ""
    amount: str = ""
    payee: str = ""
    urgent: bool = False
    purpose: str = ""
    elsewhere: str = ""
    goal: str = ""
    plan: PlanThen | None = None
    name: str = ""
    iban: str = ""
    town: str = ""
    instead: str = ""
    """The request that came back and is asked again this way."""
    amount_cents: Cents = 0
    errors: dict[str, Code] = field(default_factory=dict)


@router.get("/aanvragen/nieuw/{trajectory_id}")
async def blank(
    trajectory_id: UUID,
    actor: Asker,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    spoed: str = "",
    voor: str = "",
    na: UUID | None = None,
) -> Response:
    """`spoed=ja`: asked at once, after an intake in which something could not wait; `voor`: the category of that.

    `na`: what came back, to mend; or what was refused, to ask anew.
    """
    async with database.transaction() as tx:
        values = await _surroundings(tx, trajectory_id, actor, language=page.language, now=now)
        before = await proposals_store.proposal_of(tx, na) if na is not None else None
        refused = await refused_before(tx, na, trajectory_id) if na is not None else None
        if refused is not None and refused.asked_by != actor.person and values["envelope"] is None:
            refused = None
    filled = Asked(key=uuid4(), urgent=spoed == "ja", category=voor if voor in values["names"] else "")
    if refused is not None:
        filled = replace(filled, category=refused.category, payee=str(refused.payee_id))
    elif before is not None and (before.proposed_by, before.trajectory_id) == (actor.person, trajectory_id):
        filled = _asked_before(before, written_amount(before.amount_cents, comma=page.language == DUTCH))
    return page("request_form.html", values | {"form": filled, "rules": ()})


@router.post("/aanvragen/nieuw/{trajectory_id}")
async def ask(
    trajectory_id: UUID, form: FormOf, actor: Asker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Sent twice it is asked once: the form carries the request's id. What a rule refuses is told beforehand."""
    async with database.transaction() as tx:
        values = await _surroundings(tx, trajectory_id, actor, language=page.language, now=now)
        asked = read_form(form, values["definition"], values["payees"])
        if only_language(form):
            return page("request_form.html", values | {"form": replace(asked, errors={}), "rules": ()})
        asked_before = await store.request_of(tx, asked.key) is not None
        is_known = asked_before or await proposals_store.proposal_of(tx, asked.key) is not None
        rules: tuple[Code, ...] = ()
        if asked.errors or not (is_known or form.get("anyway")):
            rules = await _rules_against(tx, trajectory_id, asked, values["categories"])
        if asked.errors or rules:
            return page("request_form.html", values | {"form": asked, "rules": rules}, status=400)
        command = _command(asked, trajectory_id)
        submitted = await _submit(tx, asked, command, actor, now=now)
        if isinstance(submitted, Refused) and submitted.code == ACCOUNT_KNOWN:
            wrong = replace(asked, errors={"iban": ACCOUNT_KNOWN})
            known = await proposals_store.payee_by_iban(tx, Organisation.model_validate(_organisation(asked)).iban)
            return page("request_form.html", values | {"form": wrong, "rules": (), "known": known}, status=400)
    if isinstance(submitted, Refused):
        told = {"code": submitted.code, "trajectory_id": trajectory_id, "request_id": asked.key}
        return page("request_refused.html", told, status=409)
    return see_other(f"/budget/aanvragen/{submitted.request_id}")


@router.get("/aanvragen/{request_id}")
async def show(request_id: UUID, actor: Asker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """What became of a request, for who asked it and for whoever may ask for the same family."""
    async with database.transaction() as tx:
        waiting = await _proposal(tx, request_id, actor, language=page.language, now=now)
        if waiting is not None:
            return page("request_waits.html", waiting | {"refusal": None})
        values = await _request(tx, request_id, actor, language=page.language, now=now)
        await mark_read(tx, actor, [request_id], now=now)
    return page("request.html", values | {"refusal": None, "key": request_id})


@router.post("/aanvragen/{request_id}/intrekken")
async def withdraw(request_id: UUID, actor: Asker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        waiting = await _proposal(tx, request_id, actor, language=page.language, now=now)
        if waiting is not None:
            dropped = await handlers.withdraw_proposal(tx, request_id, asked_by=actor.person, now=now)
            if isinstance(dropped, Refused):
                return page("request_waits.html", waiting | {"refusal": dropped.code}, status=409)
            return see_other(f"/budget/aanvragen/{request_id}")
        values = await _request(tx, request_id, actor, language=page.language, now=now)
        withdrawn = await handlers.withdraw_request(tx, request_id, asked_by=actor.person, now=now)
    if isinstance(withdrawn, Refused):
        return page("request.html", values | {"refusal": withdrawn.code}, status=409)
    return see_other(f"/budget/aanvragen/{request_id}")


def read_form(form: FormData, definition: Programme, payees: list[store.Payee]) -> Asked:
    """The fields of the form, each with a code where it cannot be used."""
    texts = {name: str(form.get(name, "")) for name in TEXTS}
    errors: dict[str, Code] = {}
    if texts["category"] not in {each.code for each in family_categories(definition)}:
        errors["category"] = "category-missing"
    amount = read_amount(texts["amount"])
    if isinstance(amount, str):
        errors["amount"] = amount
    proposed = {name: texts[name].strip() for name in PROPOSED}
    chosen = texts["payee"] in {str(each.payee_id) for each in payees}
    if not any(proposed.values()):
        errors |= {} if chosen else {"payee": "payee-missing"}
    elif chosen:
        errors["payee"] = "payee-twice"
    else:
        errors |= _wrong_organisation(proposed)
    if texts["purpose"] not in set(Purpose):
        errors["purpose"] = "purpose-missing"
    if texts["elsewhere"] not in set(Elsewhere):
        errors["elsewhere"] = "elsewhere-missing"
    if texts["goal"] and _uuid(texts["goal"]) is None:
        errors["goal"] = "goal-unreadable"
    key = _uuid(str(form.get("key", "")))
    if key is None:
        raise Problem(400, "invalid-input")
    # A number that is far too long is shown back no longer than it can be.
    shown = texts | {name: texts[name][: TEXT_LENGTH_MAX * 2] for name in ("amount", *PROPOSED)}
    cents = amount if isinstance(amount, int) else 0
    # The part with the goals has a field where there are any, and says so where there is no plan.
    plan = PlanThen.GOALS if "goal" in form else PlanThen.NONE if form.get("plan") == PlanThen.NONE else None
    return Asked(key=key, urgent=form.get("urgent") == "ja", plan=plan, amount_cents=cents, errors=errors, **shown)


async def _rules_against(
    tx: Transaction, trajectory_id: UUID, asked: Asked, categories: list[Category]
) -> tuple[Code, ...]:
    """The rules that say no, also where not all is filled in: whatever is filled in next, they go on saying it."""
    all_codes = [each.code for each in categories]
    return await handlers.rules_against_today(
        tx,
        trajectory_id,
        categories=all_codes if "category" in asked.errors else [asked.category],
        amount_cents=asked.amount_cents or 1,
        urgent=asked.urgent,
    )


def _wrong_organisation(proposed: dict[str, str]) -> dict[str, Code]:
    """What is wrong with an organisation that is proposed, by the field."""
    try:
        Organisation.model_validate(proposed)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
        return {name: f"{name}-invalid" for name in PROPOSED if name in wrong}
    return {}


def _asked_before(before: Proposal, amount: str) -> Asked:
    """The form of a request that came back, as it was filled in."""
    return Asked(
        key=uuid4(),
        category=before.category,
        amount=amount,
        urgent=before.urgent,
        purpose=before.motive.purpose,
        elsewhere=before.motive.elsewhere,
        goal=str(before.motive.goal_id or ""),
        name=before.name,
        iban=before.iban,
        town=before.town,
        instead=str(before.request_id),
    )


async def _submit(
    tx: Transaction, asked: Asked, command: SubmitRequest, actor: Actor, *, now: datetime
) -> handlers.Submitted | handlers.Proposed | Refused:
    """Ask it at once, or after a check of the organisation; what came back before has then been seen to."""
    submitted: handlers.Submitted | handlers.Proposed | Refused
    if asked.payee:
        submitted = await handlers.submit_request(tx, command, asked_by=actor.person, now=now)
    else:
        proposal = ProposePayee.model_validate({"request": command, "motive": command.motive} | _organisation(asked))
        submitted = await handlers.propose_payee(tx, proposal, proposed_by=actor.person, now=now)
    instead = _uuid(asked.instead)
    before = await proposals_store.proposal_of(tx, instead) if instead is not None else None
    if not isinstance(submitted, Refused) and before is not None and before.proposed_by == actor.person:
        await handlers.settle_proposal(tx, before, now=now)
    return submitted


def _organisation(asked: Asked) -> dict[str, str]:
    return {"name": asked.name, "iban": asked.iban, "town": asked.town}


def family_categories(definition: Programme) -> list[Category]:
    """What a family's money may go to."""
    return [each for each in definition.categories if each.spender is Spender.FAMILY]


def _command(asked: Asked, trajectory_id: UUID) -> SubmitRequest:
    return SubmitRequest(
        request_id=asked.key,
        trajectory_id=trajectory_id,
        category=asked.category,
        amount_cents=asked.amount_cents,
        urgent=asked.urgent,
        payee_id=UUID(asked.payee) if asked.payee else handlers.proposed_payee_id(asked.key),
        motive=AskedFor(
            purpose=Purpose(asked.purpose),
            elsewhere=Elsewhere(asked.elsewhere),
            goal_id=_uuid(asked.goal),
            plan=asked.plan,
        ),
    )


async def _surroundings(
    tx: Transaction, trajectory_id: UUID, actor: Actor, *, language: str, now: datetime
) -> dict[str, Any]:
    """What the form stands in. What is free is shown to who may see the family's money: a buddy asks without it."""
    await must_see(tx, actor, Permission.ASK_MONEY, trajectory_id=trajectory_id)
    envelope = await store.envelope_of(tx, trajectory_id)
    definition = await store.definition(tx, envelope.programme, envelope.programme_version) if envelope else None
    if envelope is None or definition is None:
        raise Problem(404, "envelope-unknown")
    sees_money = await may_see(tx, actor, Permission.READ_MONEY, trajectory_id=trajectory_id)
    if sees_money:
        await log_reading(tx, actor, envelope.family_id, what="envelope", now=now)
    payees = await store.payees_today(tx)
    asked: list[Standing] = []
    if sees_money:
        asked = await proposals_standing(tx, trajectory_id, definition, now)
        asked += await standing_of(tx, await store.open_requests(tx, trajectory_id), definition, now)
    worded = in_language(definition, language)
    categories = family_categories(worded)
    return {
        "trajectory_id": trajectory_id,
        "haste": haste_rule(worded),
        "definition": definition,
        "categories": categories,
        "asked": [each for each in asked if each.is_alive],
        "names": {each.code: each.name for each in categories},
        "payees": payees,
        "alike": repeated((each.name, each.town) for each in payees),
        "envelope": await envelope_balance(tx, trajectory_id) if sees_money else None,
        "sees_plan": await may_see(tx, actor, Permission.READ_PLAN, trajectory_id=trajectory_id),
        "closed": envelope.closed_at is not None,
        "known": None,
        "field_of_rule": FIELD_OF_RULE,
    }


async def _proposal(
    tx: Transaction, request_id: UUID, actor: Actor, *, language: str, now: datetime
) -> dict[str, Any] | None:
    """A request that waits for its organisation, or came back; None for one that is asked as any other."""
    found = await proposals_store.proposal_of(tx, request_id)
    if found is None or found.state == ProposalAnswer.REGISTERED:
        return None
    await _must_be_theirs(tx, actor, found.trajectory_id, asked_by=found.proposed_by)
    envelope = await store.envelope_of(tx, found.trajectory_id)
    definition = await store.definition(tx, found.programme, envelope.programme_version) if envelope else None
    if envelope is None or definition is None:
        raise LookupError("a proposal without its envelope or programme")
    await log_reading(tx, actor, envelope.family_id, what="request", now=now)
    return {
        "proposal": found,
        "category": category_name(in_language(definition, language), found.category),
        "mine": found.proposed_by == actor.person,
    }


async def _must_be_theirs(tx: Transaction, actor: Actor, trajectory_id: UUID, *, asked_by: UUID) -> bool:
    """What was asked is shown to who asked it, and to who may read the money of this family: gives whether they do."""
    await must_see(tx, actor, Permission.ASK_MONEY, trajectory_id=trajectory_id)
    sees_money = await may_see(tx, actor, Permission.READ_MONEY, trajectory_id=trajectory_id)
    if asked_by != actor.person and not sees_money:
        raise Problem(403, "not-your-request")
    return sees_money


async def _request(tx: Transaction, request_id: UUID, actor: Actor, *, language: str, now: datetime) -> dict[str, Any]:
    found = await store.request_of(tx, request_id)
    if found is None:
        raise Problem(404, "not-found")
    sees_money = await _must_be_theirs(tx, actor, found.trajectory_id, asked_by=found.asked_by)
    envelope = await store.envelope_of(tx, found.trajectory_id)
    definition = await store.definition(tx, found.programme, envelope.programme_version) if envelope else None
    if envelope is None or definition is None:
        raise LookupError("a request without its envelope or programme")
    await log_reading(tx, actor, envelope.family_id, what="request", now=now)
    mandate = await handlers.mandate_today(tx, found) if found.state.is_open else None
    return {
        "request": found,
        "mandate": mandate,
        "decided_by": decided_by(mandate, found.submitted_at) if mandate else None,
        "today": local_date(now),
        "category": category_name(in_language(definition, language), found.category),
        "payee": await store.payee_at(tx, found.payee_id, found.payee_version),
        "payment": (await payments_store.payments_of(tx, [request_id])).get(request_id),
        "pays_on": next_payment_day(definition, now),
        "mine": found.asked_by == actor.person,
        "sees_money": sees_money,
        "motive": await store.motive_of(tx, request_id),
        "deciders": await store.deciders_of(tx, [request_id]),
        "may_ask_anew": envelope.closed_at is None,
    }


def decided_by(mandate: Mandate, asked_at: datetime) -> date:
    """The day on which it is due for who decides; after it somebody else may decide too."""
    return add_working_days(local_date(asked_at), mandate.escalate_after_working_days)


def category_name(definition: Programme, code: Code) -> str:
    """The name of a category as the programme gives it."""
    return next((each.name for each in definition.categories if each.code == code), code)


def repeated[T](values: Iterable[T]) -> set[T]:
    """What stands there more than once."""
    return {value for value, times in Counter(values).items() if times > 1}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
