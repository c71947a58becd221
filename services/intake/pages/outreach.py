"""Screens of outreach: the quick form of a first meeting, and the page that says that it is kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from programmes.load import all_programmes, load
from programmes.places import channels
from programmes.schema import Programme
from programmes.words import in_language
from services.intake import handlers, outreach_store, store
from services.intake.commands import ReceiveSignal
from services.intake.domain import ELSEWHERE, SignalState, open_on
from services.intake.handlers.signals import may_be_corrected
from services.intake.pages.meeting import TILES_MAX, Errors, Typed, choices, read, typed
from services.intake.pages.steps import signal_row
from services.shared.access import Actor, allowed
from services.shared.calendar import add_working_days, local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_in, may_see, visible_signals
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Met = Annotated[Actor, Depends(allowed(Permission.TAKE_SIGNAL))]
SAVED = "/intake/kennismaking/genoteerd/"


@router.get("/kennismaking")
async def quick_form(
    actor: Met, page: PageOf, database: DatabaseOf, now: Now, programma: Code | None = None
) -> Response:
    async with database.transaction() as tx:
        return await form_page(tx, page, actor, now, Typed(key=str(uuid4()), programme=programma or ""))


@router.get("/kennismaking/zonder-verbinding")
async def shell(
    request: Request, actor: Met, page: PageOf, database: DatabaseOf, now: Now, programma: Code | None = None
) -> Response:
    """The same form as a phone keeps it: without a name, a menu or anything that only this session may know."""
    request.state.keeps_for, request.state.signed_in = actor, None
    async with database.transaction() as tx:
        return await form_page(tx, page, actor, now, Typed(programme=programma or ""), offline=True)


@router.post("/kennismaking")
async def save(actor: Met, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    told = typed(form.multi_items())
    async with database.transaction() as tx:
        if only_language(form):
            return await form_page(tx, page, actor, now, told)
        if isinstance(wanted := form.get("wanted"), str):
            # Another programme has other places: nothing is kept yet, and what was typed goes along.
            return await form_page(tx, page, actor, now, replace(told, programme=wanted))
        outcome = await receive(tx, actor, told, now=now)
        if isinstance(outcome, UUID):
            return see_other(f"{SAVED}{outcome}")
        return await form_page(tx, page, actor, now, told, errors=outcome)


@router.get("/kennismaking/genoteerd/{signal_id}")
async def saved(signal_id: UUID, actor: Met, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Shown to who met the family, with what they wrote down while they may see it: a wrong number reaches nobody.

    Whom we know already is not named: a phone is often read along.
    """
    async with database.transaction() as tx:
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None or await outreach_store.received_by(tx, signal_id) != actor.person:
            raise Problem(404, "unknown-signal")
        told = await outreach_store.first_contact_of(tx, signal_id)
        seen = visible_signals(tx, actor, Permission.READ_SIGNAL)
        met_before = await handlers.met_before(tx, [signal_id], within=seen)
        contact, correctable = None, False
        if await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id):
            contact = await signal_row(tx, signal_id)
            may_take = await may_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
            correctable = may_take and await may_be_corrected(tx, signal)
            await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
    programme = in_language(load(signal.programme, signal.programme_version), page.language)
    needs = told.needs if told else ()
    values = {
        "signal": signal,
        "programme": programme,
        "channel": {each.code: each.name for each in channels(programme)}.get(signal.channel, signal.channel),
        "area": {each.code: each.name for each in programme.areas}.get(signal.area, signal.area),
        "needs": [each.name for each in programme.categories if each.code in needs],
        "met_before": bool(met_before),
        "contact": contact,
        "via": told.via if told else None,
        "may_correct": correctable,
        "call_by": _call_by(signal, programme),
    }
    return page("outreach_saved.html", values)


def _call_by(signal: store.Signal, programme: Programme) -> date | None:
    """The day by which somebody tries to reach a family for the first time; None once that was done or it ended."""
    if signal.state is not SignalState.OPEN or signal.attempts:
        return None
    return add_working_days(local_date(signal.received_at), programme.intake.contact_working_days_between)


def open_programmes(actor: Actor, now: datetime) -> dict[Code, Programme]:
    """The programmes that take families in today, of those in which somebody does outreach."""
    found = open_on(all_programmes(), local_date(now))
    return {each.id: each for each in found if may_in(actor, Permission.TAKE_SIGNAL, each.id)}


async def receive(
    tx: Transaction, actor: Actor, told: Typed, *, now: datetime, changed_is_another: bool = False
) -> UUID | Errors:
    """Keeps what was told at a first meeting, once; gives the signal's id or what is wrong.

    A form that was sent before and says something else now (the back button) is asked about, or, where nobody can be
    asked, received as another meeting: it is never lost without a word.
    """
    command = read(told, open_programmes(actor, now), local_date(now))
    if not isinstance(command, ReceiveSignal):
        return command
    if await outreach_store.is_same_meeting(tx, command, actor.person) is False:
        if not changed_is_another:
            return {"key": "sent-before"}
        command = command.model_copy(update={"signal_id": stable_id(command.signal_id, command.model_dump_json())})
    received = await handlers.receive_signal(tx, command, now=now, by=actor.person)
    return {"key": received.code} if isinstance(received, Refused) else received.id


async def form_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    now: datetime,
    told: Typed,
    *,
    errors: Mapping[str, Code] | None = None,
    offline: bool = False,
) -> Response:
    """The form as it was typed, with what somebody used last chosen where nothing was."""
    programmes = {code: in_language(each, page.language) for code, each in open_programmes(actor, now).items()}
    if not programmes:
        return page("outreach_closed.html", {"told": told})
    used = await outreach_store.latest_meetings(tx, actor.person)
    latest = next((each.programme for each in used if each.programme in programmes), next(iter(programmes)))
    programme = programmes.get(told.programme) or programmes[latest]
    may_be = choices(programme, local_date(now))
    same = [each for each in used if each.programme == programme.id]
    if same and not told.channel and not told.area:
        told = replace(told, channel=same[0].channel, area=same[0].area)
    if errors and "key" in errors:
        # Sent again, it is another meeting: whoever typed it has just been asked.
        told = replace(told, key=str(uuid4()))
    values = {
        "told": replace(told, programme=programme.id),
        "choices": may_be,
        "programmes": programmes,
        "channel_options": [(each.code, each.name) for each in may_be.channels],
        "area_options": [(each.code, each.name) for each in may_be.areas],
        "elsewhere": ELSEWHERE,
        "need_options": [(each.code, each.name) for each in may_be.needs],
        "errors": dict(errors or {}),
        "offline": offline,
        "saved_path": SAVED,
        "tiles_max": TILES_MAX,
    }
    return page("outreach_form.html", values, status=400 if errors else 200)
