"""Screens on what a family allows, one purpose at a time; and its BSN, for who may see that."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.schema import DUTCH
from programmes.words import in_language
from services.intake import handlers, store
from services.intake.commands import GiveConsent, WithdrawConsent
from services.intake.domain.consents import GIVEN, WITHDRAWN
from services.intake.pages.seals import SealOf
from services.intake.pages.typed import words_in
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see, must_see
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Keeper = Annotated[Actor, Depends(allowed(Permission.KEEP_CONSENT))]
NumberReader = Annotated[Actor, Depends(allowed(Permission.READ_BSN))]


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
    enrolment = await store.enrolment_of(tx, signal_id)
    at_dossier = enrolment is not None and await may_see(
        tx, actor, Permission.READ_FAMILY, trajectory_id=enrolment.trajectory_id
    )
    programme = in_language(handlers.programme_of(signal), page.language)
    values = {
        "signal_id": signal_id,
        "trajectory_id": enrolment.trajectory_id if enrolment and at_dossier else None,
        "programme": programme,
        "language_names": {each.code: each.name for each in programme.languages},
        "answers": await store.consents(tx, signal.family_id, signal.programme),
        "history": await store.consent_history(tx, signal.family_id, signal.programme),
        "unsure": unsure,
        "changed": changed,
    }
    return page("intake_toestemmingen.html", values, status=400 if unsure else 200)
