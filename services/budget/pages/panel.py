"""The family's budget as a part of its dossier: a bar, the same in a table, and what was asked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.words import in_language
from services.budget import store
from services.budget.balances import envelope_balance
from services.budget.standing import Standing, proposals_standing, standing_of
from services.shared.access import Actor, allowed
from services.shared.permissions import PERMITTED, Permission
from services.shared.readings import log_reading
from services.shared.scopes import must_see
from services.shared.screens.part import PartOf
from services.shared.screens.web import PageOf
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_MONEY))]
REQUESTS_SHOWN = 20


@router.get("/panelen/budget/{trajectory_id}")
async def show(
    trajectory_id: UUID, actor: Reader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """Empty, and it says so, until the family has an envelope."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.READ_MONEY, trajectory_id=trajectory_id)
        held = await envelope_balance(tx, trajectory_id)
        asked: list[Standing] = []
        left_out = 0
        definition = None
        if held is not None:
            envelope = await store.envelope_of(tx, trajectory_id)
            definition = await store.definition(tx, held.programme, held.programme_version)
            requests = await store.requests_of(tx, trajectory_id)
            left_out = max(0, len(requests) - REQUESTS_SHOWN)
            if definition is not None:
                asked = await proposals_standing(tx, trajectory_id, definition, now)
                asked += await standing_of(tx, requests[:REQUESTS_SHOWN], definition, now)
            if envelope is not None:
                await log_reading(tx, actor, envelope.family_id, what="envelope", now=now)
    return page(
        "budget_panel.html",
        {
            "part": part,
            "trajectory_id": trajectory_id,
            "envelope": held,
            "categories": {each.code: each.name for each in in_language(definition, page.language).categories}
            if definition
            else {},
            "asked": asked,
            "left_out": left_out,
            "may_ask": not actor.roles.isdisjoint(PERMITTED[Permission.ASK_MONEY]),
        },
    )
