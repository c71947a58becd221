"""Money in pages of others: what is under way for a family, what became of a need, and what was decided of late."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.words import in_language
from services.budget import store
from services.budget.domain.requests import RequestState
from services.budget.pages.asking import category_name
from services.budget.payments_store import PaymentState
from services.budget.standing import (
    NEWS_FOR,
    NEWS_MAX,
    Standing,
    decided_lately,
    mark_read,
    proposals_standing,
    standing_of,
)
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.permissions import PERMITTED, Permission
from services.shared.readings import log_reading, log_readings
from services.shared.scopes import must_see
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_MONEY))]
Asker = Annotated[Actor, Depends(allowed(Permission.ASK_MONEY))]
NEEDS_MAX = 20


@router.get("/panelen/nieuws")
async def news(actor: Asker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """A fragment for who asked: what was decided of late, and when it is paid."""
    told = []
    async with database.transaction() as tx:
        for asked, definition in await decided_lately(tx, actor, now):
            (stands,) = await standing_of(tx, [asked], definition, now)
            told.append((stands, category_name(in_language(definition, page.language), asked.category)))
        families = [await store.envelope_of(tx, each.trajectory_id) for each, _ in told]
        await log_readings(tx, actor, {each.family_id for each in families if each}, what="request", now=now)
    return page("money_news.html", {"told": told})


@router.post("/nieuws/gelezen")
async def have_read(form: FormOf, actor: Asker, database: DatabaseOf, now: Now) -> Response:
    """What was shown (`aanvraag`) is no news any more. Again is fine."""
    read = [found for each in form.getlist("aanvraag")[:NEWS_MAX] if (found := _id(str(each))) is not None]
    async with database.transaction() as tx:
        await mark_read(tx, actor, read, now=now)
    return see_other("/desk/werklijst")


@router.get("/panelen/lopend/{trajectory_id}")
async def under_way(trajectory_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """A fragment for the top of a dossier: what nobody has as a task, and what was decided or paid of late."""
    async with database.transaction() as tx:
        found = await _asked(tx, trajectory_id, actor, language=page.language, now=now)
    if found is None:
        return Response(status_code=204)
    asked, names = found
    fresh = [
        each
        for each in asked
        if (each.is_proposal and each.state == "waiting")
        or (each.payment is not None and each.payment.state in (PaymentState.WAITING, PaymentState.RELEASED))
        or (each.decided_at is not None and each.decided_at >= now - NEWS_FOR and each.state != RequestState.WITHDRAWN)
    ]
    values = {"asked": fresh, "names": names, "may_ask": not actor.roles.isdisjoint(PERMITTED[Permission.ASK_MONEY])}
    return page("money_under_way.html", values)


@router.post("/panelen/nood/{trajectory_id}")
async def needs(
    trajectory_id: UUID, form: FormOf, actor: Reader, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """A fragment: what could not wait (`nood`, codes of categories), and what was asked for each since."""
    async with database.transaction() as tx:
        found = await _asked(tx, trajectory_id, actor, language=page.language, now=now)
    if found is None:
        return Response(status_code=204)
    asked, names = found
    wanted = [code for code in map(str, form.getlist("nood")[:NEEDS_MAX]) if code in names]
    of_need = {code: [each for each in asked if each.category == code and each.is_alive] for code in wanted}
    values = {
        "trajectory_id": trajectory_id,
        "needs": of_need,
        "names": names,
        "may_ask": not actor.roles.isdisjoint(PERMITTED[Permission.ASK_MONEY]),
    }
    return page("money_needs.html", values)


async def _asked(
    tx: Transaction, trajectory_id: UUID, actor: Actor, *, language: str, now: Now
) -> tuple[list[Standing], dict[Code, str]] | None:
    """All that was asked for a family, and what the programme calls it; None while it has no budget yet."""
    await must_see(tx, actor, Permission.READ_MONEY, trajectory_id=trajectory_id)
    envelope = await store.envelope_of(tx, trajectory_id)
    definition = await store.definition(tx, envelope.programme, envelope.programme_version) if envelope else None
    if envelope is None or definition is None:
        return None
    await log_reading(tx, actor, envelope.family_id, what="request", now=now)
    asked = await proposals_standing(tx, trajectory_id, definition, now)
    asked += await standing_of(tx, await store.requests_of(tx, trajectory_id), definition, now)
    return asked, {each.code: each.name for each in in_language(definition, language).categories}


def _id(told: str) -> UUID | None:
    try:
        return UUID(told)
    except ValueError:
        return None
