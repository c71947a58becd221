"""A screen on which somebody mends what a family is called or how it is reached, until its intake begins."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.intake import outreach_store, store
from services.intake.commands import CorrectContact
from services.intake.handlers.signals import correct_contact, may_be_corrected, told_mark
from services.intake.pages.meeting import Typed, contact_errors, contact_told, typed
from services.intake.pages.signals import MENDED, Taker
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.outcomes import Refused, granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import must_see
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.types import stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

SIGN_UP = "/intake/signalen/"


@router.get("/signalen/{signal_id}/verbeteren")
async def show(signal_id: UUID, actor: Taker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        signal, there = await _there(tx, signal_id, actor)
        if not await may_be_corrected(tx, signal):
            return see_other(f"{SIGN_UP}{signal_id}")
        await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
    return page("outreach_correct.html", _values(signal_id, _typed(there), seen=told_mark(there)))


@router.post("/signalen/{signal_id}/verbeteren")
async def correct(
    signal_id: UUID, form: FormOf, actor: Taker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """The same again changes nothing; what a colleague mended meanwhile is shown first."""
    told, seen = typed(form.multi_items()), str(form.get("seen", ""))
    async with database.transaction() as tx:
        _, there = await _there(tx, signal_id, actor)
        if only_language(form):
            return page("outreach_correct.html", _values(signal_id, told, seen=seen))
        first = await outreach_store.first_contact_of(tx, signal_id)
        if errors := contact_errors(told, reached=first is None or first.referral is None):
            return page("outreach_correct.html", _values(signal_id, told, seen=seen) | {"errors": errors}, status=400)
        mended: dict[str, Any] = contact_told(told)
        if there.email:
            # Beside an e-mail address the form shows no other way: what it did not show stays.
            mended["contact_via"] = mended["contact_via"] or there.via
        command = CorrectContact(signal_id=signal_id, seen=seen, **mended)
        outcome = await correct_contact(tx, command, now=now, by=actor.person)
        if isinstance(outcome, Refused) and outcome.code == "changed-meanwhile":
            values = _values(signal_id, told, seen=told_mark(there)) | {"there": there}
            return page("outreach_correct.html", values, status=409)
        granted(outcome)
    return see_other(f"{SIGN_UP}{signal_id}?genoteerd={MENDED}")


async def _there(tx: Transaction, signal_id: UUID, actor: Actor) -> tuple[store.Signal, outreach_store.ContactTold]:
    """The signal, for who may do its intake, with what stands there."""
    await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
    signal = await store.signal_by_id(tx, signal_id, lock=True)
    if signal is None:
        raise Problem(404, "unknown-signal")
    return signal, await outreach_store.contact_of(tx, signal_id)


def _typed(there: outreach_store.ContactTold) -> Typed:
    """What stands there, as the form of a meeting has it."""
    return Typed(name=there.name or "", phone=there.phone or "", other=there.email or there.via or "")


def _values(signal_id: UUID, told: Typed, *, seen: str) -> dict[str, Any]:
    return {"signal_id": signal_id, "told": told, "seen": seen, "errors": {}, "there": None}
