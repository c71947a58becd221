"""A screen on which somebody mends what they wrote down of a family that they met, until its intake begins."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.intake import handlers, outreach_store, store
from services.intake.commands import ReceiveSignal
from services.intake.handlers.signals import correct_meeting, may_be_corrected
from services.intake.pages.meeting import CONTACT, Typed, read, typed
from services.intake.pages.outreach import SAVED, Met
from services.intake.pages.steps import signal_row
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import must_see
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.types import stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()


@router.get("/kennismaking/genoteerd/{signal_id}/verbeteren")
async def show(signal_id: UUID, actor: Met, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        signal, told = await _met(tx, signal_id, actor)
        if not await may_be_corrected(tx, signal):
            return see_other(f"{SAVED}{signal_id}")
        await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
    return page("outreach_correct.html", {"signal_id": signal_id, "told": told, "errors": {}})


@router.post("/kennismaking/genoteerd/{signal_id}/verbeteren")
async def correct(signal_id: UUID, form: FormOf, actor: Met, page: PageOf, database: DatabaseOf) -> Response:
    """The same again changes nothing; once the intake has begun it is mended there."""
    now_typed = typed(form.multi_items())
    async with database.transaction() as tx:
        signal, before = await _met(tx, signal_id, actor)
        told = replace(before, name=now_typed.name, phone=now_typed.phone, other=now_typed.other)
        values: dict[str, Any] = {"signal_id": signal_id, "told": told, "errors": {}}
        if only_language(form):
            return page("outreach_correct.html", values)
        met_on = local_date(signal.received_at)
        command = read(told, {signal.programme: handlers.programme_of(signal)}, met_on)
        if isinstance(command, ReceiveSignal):
            granted(await correct_meeting(tx, command, by=actor.person))
            return see_other(f"{SAVED}{signal_id}")
    wrong = {name: code for name, code in command.items() if name in CONTACT}
    if not wrong:
        raise Problem(409, "signal-not-open")
    return page("outreach_correct.html", values | {"errors": wrong}, status=400)


async def _met(tx: Transaction, signal_id: UUID, actor: Actor) -> tuple[store.Signal, Typed]:
    """The signal, for who met the family, with what stands there as the form of a meeting has it."""
    signal = await store.signal_by_id(tx, signal_id)
    if signal is None or await outreach_store.received_by(tx, signal_id) != actor.person:
        raise Problem(404, "unknown-signal")
    await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
    contact, first = await signal_row(tx, signal_id), await outreach_store.first_contact_of(tx, signal_id)
    told = Typed(
        key=str(signal_id),
        programme=signal.programme,
        channel=signal.channel,
        area=signal.area,
        name=contact.contact_name or "",
        phone=contact.contact_phone or "",
        other=contact.contact_email or (first.via if first else None) or "",
    )
    return signal, told
