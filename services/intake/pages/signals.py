"""Screens on sign-ups: who waits for a talk, what was tried, and whether the family was met before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from sqlalchemy import func, select
from starlette.responses import Response

from programmes.load import all_programmes, load
from programmes.places import channels
from programmes.schema import Programme
from programmes.words import in_language
from services.intake import handlers, outreach_store, store
from services.intake.commands import RecordContactAttempt
from services.intake.domain import SignalState
from services.intake.domain.told import Step
from services.intake.events import ContactOutcome
from services.intake.handlers.signals import may_be_corrected
from services.intake.pages.beginning import beginning
from services.intake.pages.steps import STEPS, signal_row
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading, log_readings
from services.shared.roles import Role
from services.shared.scopes import may_see, must_see, visible, visible_signals
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_SIGNAL))]
Taker = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]

INTAKE_ROLES = frozenset({Role.SUPPORTER, Role.OUTREACH_WORKER})
"""Whose work an intake is."""
PAGE_SIZE = 50
PAGES_MAX = 10_000
SAVED, MENDED = "ja", "verbeterd"


@router.get("/signalen")
async def list_signals(
    actor: Reader,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
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
        known = visible_signals(tx, actor, Permission.FIND_DUPLICATES)
        met_before = await handlers.met_before(tx, [row.id for row in rows], within=known)
        who = (row.family_id or stable_id("family", row.id) for row in rows[:PAGE_SIZE])
        await log_readings(tx, actor, who, what="signals", now=now)
    values = {
        "signals": rows[:PAGE_SIZE],
        "met_before": met_before.keys(),
        "names": {row.id: where_met(_told(page, row), row) for row in rows},
        "standing": stand.value,
        "standings": [state.value for state in SignalState],
        "counts": counts,
        "page_number": pagina,
        "more": len(rows) > PAGE_SIZE,
    }
    return page("intake_signalen.html", values)


@router.get("/signalen/{signal_id}")
async def show_signal(
    signal_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now, genoteerd: str = ""
) -> Response:
    async with database.transaction() as tx:
        return await _signal_page(tx, page, actor, signal_id, now=now, noted=genoteerd)


@router.post("/signalen/{signal_id}/contact")
async def record_attempt(
    signal_id: UUID, actor: Taker, page: PageOf, form: FormOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        outcome, key = str(form.get("outcome", "")), _id(str(form.get("key", "")))
        if only_language(form):
            return await _signal_page(tx, page, actor, signal_id, now=now, key=key, chosen=outcome)
        if outcome not in set(ContactOutcome):
            return await _signal_page(tx, page, actor, signal_id, now=now, fault="choose-outcome", key=key)
        command = RecordContactAttempt(attempt_id=key, signal_id=signal_id, outcome=ContactOutcome(outcome))
        recorded = await handlers.record_contact_attempt(tx, command, now=now, by=actor.person)
        if not isinstance(recorded, int):
            return await _signal_page(tx, page, actor, signal_id, now=now, fault="signal-not-open")
    return see_other(f"/intake/signalen/{signal_id}?genoteerd={SAVED}")


async def _signal_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    signal_id: UUID,
    *,
    now: datetime,
    fault: Code | None = None,
    key: UUID | None = None,
    noted: str = "",
    chosen: str = "",
) -> Response:
    await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
    signal = await signal_row(tx, signal_id)
    programme = _told(page, signal)
    draft = await store.draft_of(tx, signal_id)
    attempts = store.contact_attempt
    tried = select(attempts).where(attempts.c.signal_id == signal_id).order_by(attempts.c.attempt)
    next_step = _next_step(programme, draft, switched=signal.switched_from is not None, now=now)
    family_id = signal.family_id
    await log_reading(tx, actor, family_id or stable_id("family", signal_id), what="signal", now=now)

    async def may(permission: Permission) -> bool:
        return family_id is not None and await may_see(tx, actor, permission, family_id=family_id)

    may_take = await may_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
    known = await store.signal_by_id(tx, signal_id)
    before = await store.signals_before(tx, signal_id)
    after = await store.signal_after(tx, signal_id)
    tries = list(await tx.execute(tried))
    values = where_met(programme, signal) | {
        "signal": signal,
        "programme": programme,
        "draft": draft,
        "first": await outreach_store.first_contact_of(tx, signal_id),
        "needs": {category.code: category.name for category in programme.categories},
        "began": await beginning(tx, signal),
        "programmes": {each.id: each for each in all_programmes()},
        "noted": MENDED if noted == MENDED else _noted(tries, actor) if noted == SAVED else None,
        **await others_alike(tx, page, actor, signal_id, now=now),
        "may_take": may_take,
        "may_correct": may_take and known is not None and await may_be_corrected(tx, known),
        "came_from": handlers.programme_of(before[0]) if before else None,
        "may_go_back": may_take and known is not None and await handlers.origin(tx, known) is not None,
        "may_switch": may_take and signal.state in handlers.SWITCHABLE and after is None,
        "may_merge": await may(Permission.MERGE_FAMILIES),
        "may_read_bsn": await may(Permission.READ_BSN),
        "next_step": next_step.value,
        "next_number": STEPS.index(next_step) + 1,
        "steps": len(STEPS),
        "key": key or uuid4(),
        "chosen": chosen,
        "fault": fault,
    }
    return page("intake_signaal.html", values, status=_status(fault))


async def others_alike(
    tx: Transaction,
    page: Page,
    actor: Actor,
    signal_id: UUID,
    *,
    now: datetime,
    state: SignalState = SignalState.OPEN,
) -> dict[str, Any]:
    """Sign-ups that may be of the same family; of what this actor does not see only that there is one."""
    known = visible_signals(tx, actor, Permission.FIND_DUPLICATES)
    found = (await handlers.met_before(tx, [signal_id], within=known, state=state)).get(signal_id, [])
    of_these = visible_signals(tx, actor, Permission.READ_SIGNAL).where(
        tx.tables.family_scope.c.signal_id.in_([each.signal_id for each in found])
    )
    seen = set((await tx.execute(of_these)).scalars())
    shown = [each for each in found if each.signal_id in seen]
    who = (each.family_id or stable_id("family", each.signal_id) for each in shown)
    await log_readings(tx, actor, who, what="duplicates", now=now)
    return {
        "met_before": [(each, where_met(_told(page, each.row), each.row)) for each in shown],
        "met_elsewhere": len(found) > len(shown),
    }


def _noted(attempts: Sequence[Any], actor: Actor) -> Code | None:
    """What is said after an attempt was written down: its outcome, and whether the intake is this actor's own now."""
    if not attempts:
        return None
    outcome: Code = attempts[-1].outcome
    first = [each.outcome for each in attempts].count(ContactOutcome.REACHED) == 1
    theirs = attempts[-1].by == actor.person and not actor.roles.isdisjoint(INTAKE_ROLES)
    return "reached-yours" if outcome == ContactOutcome.REACHED and first and theirs else outcome


def _next_step(programme: Programme, draft: store.Draft | None, *, switched: bool, now: datetime) -> Step:
    """Where an intake goes on: at what is not told yet; after another programme first at what is asked differently."""
    if draft is None:
        return STEPS[0]
    faults = handlers.read_draft(programme, draft, today=local_date(now)).faults if switched else []
    if faults:
        return faults[0].step
    return next((step for step in STEPS[:-2] if step not in draft.steps), STEPS[-1])


def _status(fault: Code | None) -> int:
    if fault is None:
        return 200
    return 409 if fault == "signal-not-open" else 400


def where_met(programme: Programme, signal: Any) -> dict[str, str]:
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
