"""Screens on sign-ups: who waits for a talk, what was tried, what came of it, and what a family allows."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from sqlalchemy import func, select
from starlette.responses import Response

from programmes.load import all_programmes, load
from programmes.places import channels
from programmes.schema import DUTCH, Programme
from programmes.words import in_language
from services.intake import handlers, outreach_store, store
from services.intake.commands import GiveConsent, RecordContactAttempt, WithdrawConsent
from services.intake.contracts import CloseSignal
from services.intake.domain import SignalState
from services.intake.domain.consents import GIVEN, WITHDRAWN
from services.intake.domain.told import urgent_needs_of
from services.intake.events import ContactOutcome
from services.intake.pages.intake import STEPS, signal_row
from services.intake.pages.seals import SealOf
from services.intake.pages.typed import words_in
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see, visible
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_SIGNAL))]
Taker = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]
Keeper = Annotated[Actor, Depends(allowed(Permission.KEEP_CONSENT))]
NumberReader = Annotated[Actor, Depends(allowed(Permission.READ_BSN))]

PAGE_SIZE = 50
PAGES_MAX = 10_000
CLOSINGS = ("unreachable", "refused", "other-help", "not-this-programme")


@router.get("/signalen")
async def list_signals(
    actor: Reader,
    page: PageOf,
    database: DatabaseOf,
    stand: SignalState = SignalState.OPEN,
    pagina: Annotated[int, Query(ge=1, le=PAGES_MAX)] = 1,
) -> Response:
    """Open ones oldest first: who waits longest is called first; the others newest first."""
    async with database.transaction() as tx:
        signal, scope, draft = store.signal, tx.tables.family_scope, store.intake_draft
        theirs = visible(tx, actor, Permission.READ_SIGNAL)
        counted = (
            select(signal.c.state, func.count().label("many"))
            .join(scope, scope.c.signal_id == signal.c.id)
            .where(theirs)
            .group_by(signal.c.state)
        )
        counts = {row.state: row.many for row in await tx.execute(counted)}
        waits = stand in (SignalState.OPEN, SignalState.WAITING)
        order = signal.c.received_at if waits else signal.c.received_at.desc()
        query = (
            select(signal, draft.c.signal_id.is_not(None).label("draft"))
            .join(scope, scope.c.signal_id == signal.c.id)
            .outerjoin(draft, draft.c.signal_id == signal.c.id)
            .where(theirs, signal.c.state == stand)
            .order_by(order, signal.c.id)
            .limit(PAGE_SIZE + 1)
            .offset((pagina - 1) * PAGE_SIZE)
        )
        rows = list(await tx.execute(query))
    values = {
        "signals": rows[:PAGE_SIZE],
        "names": {row.id: _names(_told(page, row), row) for row in rows},
        "standing": stand.value,
        "standings": [state.value for state in SignalState],
        "counts": counts,
        "page_number": pagina,
        "more": len(rows) > PAGE_SIZE,
    }
    return page("intake_signalen.html", values)


@router.get("/signalen/{signal_id}")
async def show_signal(signal_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        return await _signal_page(tx, page, actor, signal_id, now=now)


@router.post("/signalen/{signal_id}/contact")
async def record_attempt(
    signal_id: UUID, actor: Taker, page: PageOf, form: FormOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        outcome, key = str(form.get("outcome", "")), _id(str(form.get("key", "")))
        if outcome not in set(ContactOutcome):
            return await _signal_page(tx, page, actor, signal_id, now=now, fault="choose-outcome", key=key)
        command = RecordContactAttempt(attempt_id=key, signal_id=signal_id, outcome=ContactOutcome(outcome))
        recorded = await handlers.record_contact_attempt(tx, command, now=now, by=actor.person)
        if not isinstance(recorded, int):
            return await _signal_page(tx, page, actor, signal_id, now=now, fault="signal-not-open")
    return see_other(f"/intake/signalen/{signal_id}")


@router.post("/signalen/{signal_id}/sluiten")
async def close(signal_id: UUID, actor: Taker, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        reason = str(form.get("reason", ""))
        if reason not in CLOSINGS:
            return await _signal_page(tx, page, actor, signal_id, now=now, fault="choose-reason")
        await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason=reason), now=now)
    return see_other(f"/intake/uitkomsten/{signal_id}")


@router.get("/uitkomsten/{signal_id}")
async def show_outcome(signal_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Enrolled, waiting (with the position of now), declined or closed: each with what comes next."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None:
            raise Problem(404, "unknown-signal")
        programme = _told(page, signal)
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
        may_take = await may_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        if signal.family_id is not None:
            await log_reading(tx, actor, signal.family_id, what="signal", now=now)
    needs = urgent_needs_of(programme)
    line = [each.id for each in in_line]
    values = {
        "signal": signal,
        "programme": programme,
        "trajectory_id": enrolment.trajectory_id if enrolment else None,
        "goes_on": goes_on,
        "may_switch": may_take and signal.state in handlers.SWITCHABLE,
        "position": line.index(signal_id) + 1 if signal_id in line else 0,
        "explanations": {rule.code: rule.explanation for rule in programme.eligibility},
        "urgent": [needs.get(code, code) for code in record.urgent_needs] if record else [],
    }
    return page("intake_uitkomst.html", values)


@router.get("/toestemmingen/{signal_id}")
async def show_consents(
    signal_id: UUID, actor: Keeper, page: PageOf, database: DatabaseOf, now: Now, opgeslagen: str = ""
) -> Response:
    async with database.transaction() as tx:
        return await _consents_page(tx, page, actor, signal_id, now=now, changed=opgeslagen == "ja")


@router.post("/toestemmingen/{signal_id}")
async def change_consent(
    signal_id: UUID, actor: Keeper, page: PageOf, form: FormOf, database: DatabaseOf, now: Now
) -> Response:
    """A family changes its mind for one purpose. Taking back what is needed is asked twice: it stops a trajectory."""
    purpose, answer = str(form.get("purpose", "")), str(form.get("answer", ""))
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.KEEP_CONSENT, signal_id=signal_id)
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None or signal.family_id is None:
            raise Problem(404, "unknown-signal")
        known = {each.code: each for each in handlers.programme_of(signal).intake.consents}
        shown = words_in(form)
        talk = {"language": shown or DUTCH, "words_in": shown or None}
        if purpose not in known or answer not in (GIVEN, WITHDRAWN):
            raise Problem(400, "invalid-input")
        before = (await store.consents(tx, signal.family_id, signal.programme)).get(purpose)
        if answer == WITHDRAWN and before == GIVEN:
            if known[purpose].required and form.get("sure") != "yes":
                return await _consents_page(tx, page, actor, signal_id, now=now, unsure=purpose)
            taken_back = WithdrawConsent(
                family_id=signal.family_id, programme=signal.programme, purpose=purpose, **talk
            )
            granted(await handlers.withdraw_consent(tx, taken_back, now=now, by=actor.person))
        elif answer == GIVEN:
            given = GiveConsent(signal_id=signal_id, family_id=signal.family_id, purpose=purpose, **talk)
            granted(await handlers.give_consent(tx, given, now=now, by=actor.person))
    return see_other(f"/intake/toestemmingen/{signal_id}?opgeslagen=ja")


@router.post("/bsn/{family_id}")
async def show_number(
    family_id: UUID, actor: NumberReader, page: PageOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    """On demand, for who may, and written down."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.READ_BSN, family_id=family_id)
        number = await handlers.read_number(tx, family_id, seal=seal)
        await log_reading(tx, actor, family_id, what="bsn", now=now)
    return page("intake_bsn_getoond.html", {"number": number})


async def _signal_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    signal_id: UUID,
    *,
    now: datetime,
    fault: Code | None = None,
    key: UUID | None = None,
) -> Response:
    await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
    signal = await signal_row(tx, signal_id)
    programme = _told(page, signal)
    draft = await store.draft_of(tx, signal_id)
    attempts = store.contact_attempt
    tried = select(attempts).where(attempts.c.signal_id == signal_id).order_by(attempts.c.attempt)
    family_id = signal.family_id
    await log_reading(tx, actor, family_id or stable_id("family", signal_id), what="signal", now=now)

    async def may(permission: Permission) -> bool:
        return family_id is not None and await may_see(tx, actor, permission, family_id=family_id)

    may_take = await may_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
    known = await store.signal_by_id(tx, signal_id)
    before = await store.signals_before(tx, signal_id)
    after = await store.signal_after(tx, signal_id)
    values = _names(programme, signal) | {
        "signal": signal,
        "programme": programme,
        "draft": draft,
        "first": await outreach_store.first_contact_of(tx, signal_id),
        "needs": {category.code: category.name for category in programme.categories},
        "attempts": list(await tx.execute(tried)),
        "may_take": may_take,
        "came_from": handlers.programme_of(before[0]) if before else None,
        "may_go_back": may_take and known is not None and await handlers.origin(tx, known) is not None,
        "may_switch": may_take and signal.state in handlers.SWITCHABLE and after is None,
        "may_merge": await may(Permission.MERGE_FAMILIES),
        "may_read_bsn": await may(Permission.READ_BSN),
        "next_step": _next_step(programme, draft, switched=bool(before), now=now),
        "key": key or uuid4(),
        "fault": fault,
    }
    return page("intake_signaal.html", values, status=_status(fault))


def _next_step(programme: Programme, draft: store.Draft | None, *, switched: bool, now: datetime) -> str:
    """Where an intake goes on: at what is not told yet; after another programme first at what is asked differently."""
    if draft is None:
        return STEPS[0].value
    faults = handlers.read_draft(programme, draft, today=local_date(now)).faults if switched else []
    if faults:
        return faults[0].step.value
    return next((step.value for step in STEPS[:-2] if step not in draft.steps), STEPS[-1].value)


def _status(fault: Code | None) -> int:
    if fault is None:
        return 200
    return 409 if fault == "signal-not-open" else 400


async def _consents_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    signal_id: UUID,
    *,
    now: datetime,
    unsure: Code = "",
    changed: bool = False,
) -> Response:
    await must_see(tx, actor, Permission.KEEP_CONSENT, signal_id=signal_id)
    signal = await store.signal_by_id(tx, signal_id)
    if signal is None or signal.family_id is None:
        raise Problem(404, "unknown-signal")
    await log_reading(tx, actor, signal.family_id, what="consents", now=now)
    programme = _told(page, signal)
    values = {
        "signal_id": signal_id,
        "programme": programme,
        "language_names": {each.code: each.name for each in programme.languages},
        "answers": await store.consents(tx, signal.family_id, signal.programme),
        "history": await store.consent_history(tx, signal.family_id, signal.programme),
        "unsure": unsure,
        "changed": changed,
    }
    return page("intake_toestemmingen.html", values, status=400 if unsure else 200)


def _names(programme: Programme, signal: Any) -> dict[str, str]:
    """Area and channel as the programme calls them."""
    areas = {area.code: area.name for area in programme.areas}
    # A sign-up that came from another programme was met where that one meets families.
    known = (*(in_language(each, programme.language) for each in all_programmes()), programme)
    met_at = {channel.code: channel.name for each in known for channel in channels(each)}
    return {
        "area": areas.get(signal.area, signal.area),
        "channel": met_at.get(signal.channel, signal.channel),
        "words_in": programme.language,
    }


def _told(page: Page, signal: Any) -> Programme:
    """The programme of a signal, in the reader's language."""
    return in_language(load(signal.programme, signal.programme_version), page.language)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem(400, "invalid-input") from None
