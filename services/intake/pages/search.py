"""Finding a family by name: asked in the body of a request, answered with who is within reach, and written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import Response

from programmes.load import all_programmes
from programmes.words import in_language
from services.intake import handlers, store
from services.intake.commands import SearchFamilies
from services.intake.domain import SignalState
from services.intake.pages.panels import family_names
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.readings import log_readings
from services.shared.scopes import visible, visible_families
from services.shared.screens.part import PartOf
from services.shared.screens.web import FormOf, PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

SIGNALS_MAX = 20
TYPED_MAX = 120

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_FAMILY))]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Who was found, and where their page is: the dossier, or the signal of who is not enrolled."""

    name: str
    path: str
    programme: Code
    area: Code | None


@router.post("/zoeken")
async def search(actor: Reader, form: FormOf, page: PageOf, part: PartOf, database: DatabaseOf, now: Now) -> Response:
    """Families by the beginning of a surname or a postcode, and open signals by name."""
    surname, postcode = (str(form.get(name, "")).strip()[:TYPED_MAX] for name in ("achternaam", "postcode"))
    try:
        wanted = SearchFamilies(surname=surname or None, postcode=postcode.replace(" ", "").upper() or None)
    except ValidationError:
        wanted = None
    template = "search_found.html" if part else "search_page.html"
    typed = {"surname": surname, "postcode": postcode}
    if wanted is None or not (surname or postcode):
        code = "nothing-typed" if wanted is not None else "not-a-postcode"
        return page(template, {"found": [], "refused": code, "area_names": {}, **typed}, status=200 if part else 400)
    async with database.transaction() as tx:
        families = await handlers.search_families(
            tx, wanted, within=visible_families(tx, actor, Permission.READ_FAMILY)
        )
        ids = list(dict.fromkeys(each.family_id for each in families))
        await log_readings(tx, actor, ids, what="search", now=now)
        found = [*await _enrolled(tx, actor, ids), *await _met(tx, actor, surname)]
    known = (in_language(each, page.language) for each in all_programmes())
    area_names = {(programme.id, area.code): area.name for programme in known for area in programme.areas}
    return page(template, {"found": found, "refused": None, "area_names": area_names, **typed})


async def _enrolled(tx: Transaction, actor: Actor, families: Sequence[UUID]) -> list[Found]:
    names, scope = await family_names(tx, actor, families), tx.tables.family_scope
    theirs = scope.c.family_id.in_(families) & visible(tx, actor, Permission.READ_FAMILY)
    rows = await tx.execute(select(scope).where(theirs).order_by(scope.c.id))
    latest = {row.family_id: row for row in rows}
    return [
        Found(
            name=names[family], path=_path(latest[family]), programme=latest[family].programme, area=latest[family].area
        )
        for family in families
        if family in names and family in latest
    ]


async def _met(tx: Transaction, actor: Actor, surname: str) -> list[Found]:
    """Who was met and has not been taken in: only a name of a few words is known."""
    if not surname:
        return []
    signal, scope = store.signal, tx.tables.family_scope
    query = (
        select(signal.c.id, signal.c.contact_name, signal.c.programme, signal.c.area)
        .join(scope, scope.c.signal_id == signal.c.id)
        .where(
            visible(tx, actor, Permission.READ_SIGNAL),
            signal.c.state == SignalState.OPEN,
            signal.c.contact_name.icontains(surname, autoescape=True),
        )
        .order_by(signal.c.contact_name, signal.c.id)
        .limit(SIGNALS_MAX)
    )
    return [
        Found(name=row.contact_name, path=f"/intake/signalen/{row.id}", programme=row.programme, area=row.area)
        for row in await tx.execute(query)
    ]


def _path(row: object) -> str:
    trajectory, signal = getattr(row, "trajectory_id", None), getattr(row, "signal_id", None)
    return f"/desk/gezinnen/{trajectory}" if trajectory else f"/intake/signalen/{signal}"
