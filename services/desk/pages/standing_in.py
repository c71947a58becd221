"""Who decides for somebody who is away: a colleague that they name, from a day to a day."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.desk import handlers, store
from services.desk.colleagues import colleague_names, colleagues_of
from services.desk.commands import SetStandIn
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.web import DatabaseOf, Now

HERE = "/desk/vervanging"
SHOWN_MAX = 20

router = APIRouter()

Anybody = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]


@router.get("/vervanging")
async def show(actor: Anybody, page: PageOf, database: DatabaseOf, now: Now, bewaard: str = "") -> Response:
    """Who stands in for whom, today and later."""
    told = {"colleague": "", "first": local_date(now).isoformat(), "last": "", "key": uuid4()}
    return await _page(page, database, told, actor=actor, now=now, saved=bool(bewaard))


@router.post("/vervanging")
async def name(form: FormOf, actor: Anybody, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """A colleague may use one's roles on those days; sent again with the same key it is said once."""
    said = Said(form)
    key = said.id()
    async with database.transaction() as tx:
        there = {str(each.person) for each in await colleagues_of(tx, actor, now=now)}
    colleague = said.code("colleague", there)
    first, last = said.day("first"), said.day("last")
    if colleague is not None and first is not None and last is not None:
        command = SetStandIn(stand_in_id=key, stand_in=UUID(colleague), from_on=first, until_on=last)
        async with database.transaction() as tx:
            outcome = await handlers.set_stand_in(tx, command, now=now, actor=actor)
        if not isinstance(outcome, Refused):
            return see_other(f"{HERE}?bewaard=ja")
        said.errors["last"] = outcome.code
    told = {field: said.text(field) for field in ("colleague", "first", "last")} | {"key": key}
    return await _page(page, database, told, actor=actor, now=now, errors=said.errors, status=400)


@router.post("/vervanging/{stand_in_id}/einde")
async def end(stand_in_id: UUID, actor: Anybody, database: DatabaseOf, now: Now) -> Response:
    """Back earlier than thought. Again is fine: it has ended."""
    async with database.transaction() as tx:
        await handlers.end_stand_in(tx, stand_in_id, now=now, actor=actor)
    return see_other(HERE)


async def _page(
    page: Page,
    database: Database,
    told: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    saved: bool = False,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    async with database.transaction() as tx:
        found = await store.stand_ins_about(tx, actor.person, local_date(now), limit=SHOWN_MAX)
        names = await colleague_names(tx, {person for each in found for person in (each.person, each.stand_in)})
        there = await colleagues_of(tx, actor, now=now)
    values = {
        "mine": [each for each in found if each.person == actor.person],
        "for_others": [each for each in found if each.person != actor.person],
        "names": names,
        "colleagues": [(str(each.person), each.name) for each in there],
        "told": told,
        "saved": saved,
        "errors": errors or {},
    }
    return page("stand_ins.html", values, status=status)
