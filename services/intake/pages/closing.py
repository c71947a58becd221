"""Screens on the end of a sign-up: somebody stops it and says why; and what came of it, whoever decided."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.load import latest, load
from programmes.rules import matching_rounds
from programmes.schema import Programme
from programmes.words import in_language
from services.intake import handlers, store
from services.intake.contracts import CloseSignal
from services.intake.domain import ALREADY_KNOWN, NO_CONSENT, SignalState
from services.intake.domain.told import urgent_needs_of
from services.intake.pages.signals import others_alike
from services.intake.pages.steps import outcome_path, signal_row
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date, morning_of
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_SIGNAL))]
Taker = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]

CLOSINGS = ("refused", NO_CONSENT, "unreachable", "other-help", "not-this-programme", ALREADY_KNOWN)
SAID_BY_OURS = frozenset({"family-declined", "no-contact", "other-help-fits", "not-eligible", "programme-full"})
"""What a programme calls a reason that is in CLOSINGS by another code, or that admission gives by itself."""


@router.get("/signalen/{signal_id}/sluiten")
async def show_closing(signal_id: UUID, actor: Taker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        return await _closing_page(tx, page, actor, signal_id, now=now)


@router.post("/signalen/{signal_id}/sluiten")
async def close(signal_id: UUID, actor: Taker, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        signal = await signal_row(tx, signal_id)
        reason = str(form.get("reason", ""))
        if only_language(form):
            return await _closing_page(tx, page, actor, signal_id, now=now, chosen=reason)
        if reason not in (*CLOSINGS, *own_reasons(load(signal.programme, signal.programme_version))):
            return await _closing_page(tx, page, actor, signal_id, now=now, fault="choose-reason")
        await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason=reason), now=now)
    return see_other(outcome_path(signal_id))


@router.get("/uitkomsten/{signal_id}")
async def show_outcome(signal_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Enrolled, waiting (with the position of now), declined or closed: each with what comes next."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None:
            raise Problem(404, "unknown-signal")
        programme = in_language(handlers.programme_of(signal), page.language)
        enrolment = await store.enrolment_of(tx, signal_id)
        record = await store.intake_of(tx, signal_id)
        in_line = await store.signals_in_line(tx, signal.programme, SignalState.WAITING)
        after = await store.signal_after(tx, signal_id)
        goes_on = None
        if after is not None:
            goes_on = {
                "id": after.id,
                "programme": load(after.programme, after.programme_version),
                "may_see": await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=after.id),
            }
        twice = ALREADY_KNOWN in signal.reasons
        others = await others_alike(tx, page, actor, signal_id, now=now, state=signal.state) if twice else {}
        may_take = await may_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
    needs = urgent_needs_of(programme)
    line = [each.id for each in in_line]
    values = {
        "signal": signal,
        "programme": programme,
        "trajectory_id": enrolment.trajectory_id if enrolment else None,
        "first_round": _first_round(signal.programme, enrolment.enrolled_on, now) if enrolment else None,
        "today": local_date(now),
        "goes_on": goes_on,
        "twice": twice,
        "others": others.get("met_before", []),
        "may_switch": may_take and not twice and signal.state in handlers.SWITCHABLE,
        "position": line.index(signal_id) + 1 if signal_id in line else 0,
        "explanations": own_reasons(programme) | {rule.code: rule.explanation for rule in programme.eligibility},
        "urgent": [needs.get(code, code) for code in record.urgent_needs] if record else [],
    }
    return page("intake_uitkomst.html", values)


def _first_round(programme: Code, enrolled_on: date, now: datetime) -> date | None:
    """The day of the first round in which a tandem is sought for a family: rounds are held in the morning."""
    after = enrolled_on if now >= morning_of(enrolled_on) else enrolled_on - timedelta(days=1)
    return next(matching_rounds(latest(programme), after=after), None)


async def _closing_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    signal_id: UUID,
    *,
    now: datetime,
    fault: Code | None = None,
    chosen: str | None = None,
) -> Response:
    await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
    signal = await signal_row(tx, signal_id)
    if signal.state != SignalState.OPEN:
        return see_other(outcome_path(signal_id))
    await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
    programme = in_language(load(signal.programme, signal.programme_version), page.language)
    draft = await store.draft_of(tx, signal_id)
    readings = handlers.read_draft(programme, draft, today=local_date(now)) if draft is not None else None
    said_no = readings is not None and handlers.refused_consents(programme, readings)
    values = {
        "signal": signal,
        "programme": programme,
        "closings": CLOSINGS,
        "own_reasons": own_reasons(programme),
        "chosen": chosen if chosen is not None else NO_CONSENT if said_no else "",
        "fault": fault,
    }
    return page("intake_sluiten.html", values, status=400 if fault else 200)


def own_reasons(programme: Programme) -> dict[Code, str]:
    """Why a family does not come in, as far as only this programme has a code for it."""
    known = SAID_BY_OURS.union(CLOSINGS)
    return {each.code: each.name for each in programme.intake.decline_reasons if each.code not in known}
