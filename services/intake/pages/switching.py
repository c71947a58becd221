"""The screen on which a sign-up goes on in another programme that fits better, and back again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.load import all_programmes
from services.intake import handlers, store
from services.intake.commands import SwitchProgramme, SwitchReason
from services.intake.pages.seals import SealOf
from services.intake.pages.steps import outcome_path
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Taker = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]
REASONS = tuple(each for each in SwitchReason if each is not SwitchReason.SWITCHED_BACK)


@router.get("/ander-programma/{signal_id}")
async def show(signal_id: UUID, actor: Taker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Where the sign-up could go on: open, fitting, with how long the line is."""
    async with database.transaction() as tx:
        signal = await _signal(tx, signal_id, actor)
        return await _page(tx, page, signal, actor, now=now)


@router.post("/ander-programma/{signal_id}")
async def switch(
    signal_id: UUID, form: FormOf, actor: Taker, page: PageOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    """Sent twice it is done once; a colleague who was first is shown where it went."""
    programme, reason = str(form.get("programme", "")), str(form.get("reason", ""))
    async with database.transaction() as tx:
        signal = await _signal(tx, signal_id, actor)
        if only_language(form):
            return await _page(tx, page, signal, actor, now=now, chosen=(programme, reason))
        errors: dict[str, Code] = {}
        if programme not in {each.id for each in all_programmes()}:
            errors["programme"] = "choose-programme"
        if reason not in set(REASONS):
            errors["reason"] = "choose-reason"
        if errors:
            return await _page(tx, page, signal, actor, now=now, errors=errors, chosen=(programme, reason))
        command = SwitchProgramme(signal_id=signal_id, programme=programme, reason=SwitchReason(reason))
        switched = await handlers.switch_programme(tx, command, seal=seal, now=now, by=actor.person)
        if isinstance(switched, Refused):
            return await _page(tx, page, signal, actor, now=now, refused=switched.code, chosen=(programme, reason))
        return await _onward(tx, actor, signal_id, switched)


@router.post("/ander-programma/{signal_id}/terug")
async def switch_back(
    signal_id: UUID, actor: Taker, page: PageOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    async with database.transaction() as tx:
        signal = await _signal(tx, signal_id, actor)
        before = await store.signal_by_id(tx, signal.switched_from) if signal.switched_from is not None else None
        if before is None:
            raise Problem(409, "never-switched")
        command = SwitchProgramme(signal_id=signal_id, programme=before.programme, reason=SwitchReason.SWITCHED_BACK)
        switched = await handlers.switch_programme(tx, command, seal=seal, now=now, by=actor.person)
        if isinstance(switched, Refused):
            return await _page(tx, page, signal, actor, now=now, refused=switched.code)
        return await _onward(tx, actor, signal_id, switched)


async def _signal(tx: Transaction, signal_id: UUID, actor: Actor) -> store.Signal:
    await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
    signal = await store.signal_by_id(tx, signal_id)
    if signal is None:
        raise Problem(404, "unknown-signal")
    return signal


async def _onward(tx: Transaction, actor: Actor, old_id: UUID, new_id: UUID) -> Response:
    """To the sign-up as it goes on, for whoever works there; others see that it went."""
    if await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=new_id):
        return see_other(f"/intake/signalen/{new_id}")
    return see_other(outcome_path(old_id))


async def _page(
    tx: Transaction,
    page: Page,
    signal: store.Signal,
    actor: Actor,
    *,
    now: datetime,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
    chosen: tuple[str, str] = ("", ""),
) -> Response:
    family_id = signal.family_id or stable_id("family", signal.id)
    await log_reading(tx, actor, family_id, what="signal", now=now)
    values: dict[str, Any] = {
        "signal_id": signal.id,
        "programme": handlers.programme_of(signal),
        "open": signal.state in handlers.SWITCHABLE and await store.signal_after(tx, signal.id) is None,
        "choices": await handlers.choices(tx, signal, now=now),
        "reasons": [each.value for each in REASONS],
        "errors": errors or {},
        "refused": refused,
        "chosen_programme": chosen[0],
        "chosen_reason": chosen[1],
    }
    return page("intake_ander_programma.html", values, status=400 if errors else 409 if refused else 200)
