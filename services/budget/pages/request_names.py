"""What requests are about, in a few words, for the worklist: the desk knows only that there is a request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from programmes.words import in_language
from services.budget import store
from services.budget.pages.asking import category_name
from services.budget.tables import envelope, request
from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.readings import log_readings
from services.shared.scopes import visible
from services.shared.screens.web import FormOf, PageOf
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_MONEY))]
REQUESTS_MAX = 100
"""As many as a page of the worklist can hold."""


@router.post("/panelen/aanvragen")
async def names(form: FormOf, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """What for, how much and whether it is urgent (`aanvraag`), each for its place on the page that asks.

    An id that somebody may not see is passed over, as is one that nobody knows.
    """
    told = {}
    async with database.transaction() as tx:
        scope = tx.tables.family_scope
        mine = select(scope.c.trajectory_id).where(visible(tx, actor, Permission.READ_MONEY))
        asked = select(
            request.c.id,
            request.c.category,
            request.c.amount_cents,
            request.c.urgent,
            envelope.c.family_id,
            envelope.c.programme,
            envelope.c.programme_version,
        ).join(envelope, envelope.c.trajectory_id == request.c.trajectory_id)
        found = (await tx.execute(asked.where(request.c.id.in_(_ids(form)), request.c.trajectory_id.in_(mine)))).all()
        for row in found:
            definition = await store.definition(tx, row.programme, row.programme_version)
            if definition is not None:
                category = category_name(in_language(definition, page.language), row.category)
                told[row.id] = (category, row.amount_cents, row.urgent)
        await log_readings(tx, actor, {row.family_id for row in found}, what="request", now=now)
    return page("request_names.html", {"told": told})


def _ids(form: FormData) -> list[UUID]:
    found = []
    for value in form.getlist("aanvraag")[:REQUESTS_MAX]:
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
