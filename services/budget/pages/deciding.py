"""Everything that somebody needs to see who decides about a request; the decision itself goes to the desk."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from programmes.words import in_language
from services.budget import handlers, payments_store, store
from services.budget.balances import envelope_balance
from services.budget.commands import AskedFor
from services.budget.domain.haste import haste_rule
from services.budget.domain.motives import Circumstances, Motive, PlanThen, arguments
from services.budget.domain.payment_days import next_payment_day
from services.budget.domain.requests import RequestState
from services.budget.pages.asking import category_name, decided_by
from services.budget.standing import mark_read
from services.desk.contracts import Choice
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_MONEY))]
DESK = "/desk/besluiten"
EARLIER_SHOWN = 12


@router.get("/besluiten/{subject_id}")
async def show(subject_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """A request as it stands today. What is about a batch is at its own address."""
    async with database.transaction() as tx:
        values = await _request(tx, subject_id, actor, language=page.language, now=now)
        if values is None:
            return await _batch_instead(tx, subject_id)
        await mark_read(tx, actor, [subject_id], now=now)
    return page("decide.html", values | {"changed_meanwhile": False})


@router.post("/besluiten/{subject_id}")
async def check(
    subject_id: UUID, form: FormOf, actor: Reader, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """On the way to the desk: an approval of what is no longer as it was seen goes no further, and shows the change.

    The day on which it will be paid goes along: the desk says so to who approves.
    """
    async with database.transaction() as tx:
        values = await _request(tx, subject_id, actor, language=page.language, now=now)
    if values is None:
        raise Problem(404, "not-found")
    if form.get("choice") == Choice.APPROVE and form.get("digest") != values["digest"]:
        return page("decide.html", values | {"changed_meanwhile": True}, status=409)
    return RedirectResponse(f"{DESK}?betaaldag={values['pays_on']}", 307)


async def _request(
    tx: Transaction, request_id: UUID, actor: Actor, *, language: str, now: datetime
) -> dict[str, Any] | None:
    """What stands on the page; None for what is no request. Answers 403 to who may not see this family's money."""
    found = await store.request_of(tx, request_id)
    envelope = await store.envelope_of(tx, found.trajectory_id) if found else None
    if found is None or envelope is None:
        return None
    await must_see(tx, actor, Permission.READ_MONEY, trajectory_id=found.trajectory_id)
    await log_reading(tx, actor, envelope.family_id, what="request", now=now)
    definition = await store.definition(tx, envelope.programme, envelope.programme_version)
    held = await envelope_balance(tx, found.trajectory_id)
    if definition is None or held is None:
        raise LookupError("a request without its programme or envelope")
    definition = in_language(definition, language)
    earlier = [each for each in await store.requests_of(tx, found.trajectory_id) if each.id != found.id]
    asked_for = await store.motive_of(tx, found.id)
    payee_then = await store.payee_at(tx, found.payee_id, found.payee_version)
    payee_now = await store.payee_today(tx, found.payee_id)
    motive = _motive(asked_for) if asked_for else None
    pro, con = arguments(
        motive,
        Circumstances(
            amount_cents=found.amount_cents,
            envelope_cents=held.amount_cents,
            free_after_cents=held.balance.free_cents,
            urgent=found.urgent,
            same_category_before=sum(
                each.category == found.category and each.state is RequestState.APPROVED for each in earlier
            ),
            payee_changed=payee_then != payee_now,
        ),
    )
    mandate = await handlers.mandate_today(tx, found) if found.state.is_open else None
    return {
        "request": found,
        "category": category_name(definition, found.category),
        "categories": {each.code: each.name for each in definition.categories},
        "programme": definition.name,
        "objection_weeks": definition.approval.objection_weeks,
        "envelope": held,
        "payee_then": payee_then,
        "payee": payee_now,
        "mandate": mandate,
        "haste": haste_rule(definition),
        "decided_by": decided_by(mandate, found.submitted_at) if mandate else None,
        "digest": mandate.digest if mandate else None,
        "asked_for": asked_for,
        "pro": pro,
        "con": con,
        "earlier": earlier[:EARLIER_SHOWN],
        "earlier_left_out": max(0, len(earlier) - EARLIER_SHOWN),
        "payment": (await payments_store.payments_of(tx, [found.id])).get(found.id),
        "pays_on": next_payment_day(definition, now),
        "mine": found.asked_by == actor.person,
        "deciders": await store.deciders_of(tx, [found.id]),
        "may_ask_anew": envelope.closed_at is None
        and await may_see(tx, actor, Permission.ASK_MONEY, trajectory_id=found.trajectory_id),
        "may_decide": bool(mandate and actor.person not in mandate.excluded),
    }


def _motive(asked_for: AskedFor) -> Motive:
    return Motive(
        purpose=asked_for.purpose,
        elsewhere=asked_for.elsewhere,
        serves_goal=asked_for.goal_id is not None,
        could_choose=asked_for.plan is PlanThen.GOALS,
    )


async def _batch_instead(tx: Transaction, subject_id: UUID) -> Response:
    if await payments_store.batch_of(tx, subject_id) is None:
        raise Problem(404, "not-found")
    return see_other(f"/budget/betalingen/{subject_id}")
