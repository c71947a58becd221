"""Who looked at whom, over all services: each shows its own lines in a panel, and one that is away costs its own."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.desk.colleagues import known_names
from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.scopes import must_see
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf

PLACES = ("intake", "matching", "plans", "budget", "desk")
"""The services that know families."""
TYPED_MAX = 60

router = APIRouter()

Privacy = Annotated[Actor, Depends(allowed(Permission.READ_READINGS))]
OfFamily = Annotated[Actor, Depends(allowed(Permission.READ_WHO_LOOKED))]
Typed = Annotated[str, Query(max_length=TYPED_MAX)]


@router.get("/inzagen")
async def show_readings(
    actor: Privacy,
    page: PageOf,
    database: DatabaseOf,
    gezin: Typed = "",
    collega: Typed = "",
    van: Typed = "",
    tot: Typed = "",
) -> Response:
    """Of one family, by one colleague, on some days, or all of it; in the address stand ids and days alone."""
    told = {"gezin": gezin.strip(), "collega": collega.strip(), "van": van.strip(), "tot": tot.strip()}
    errors: dict[str, Code] = {}
    for name in ("gezin", "collega"):
        if told[name] and _id(told[name]) is None:
            errors[name] = "not-an-id"
    for name in ("van", "tot"):
        if told[name] and _day(told[name]) is None:
            errors[name] = "not-a-day"
    if not errors and told["van"] and told["tot"] and told["tot"] < told["van"]:
        errors["tot"] = "ends-before-it-starts"
    query = urlencode({name: value for name, value in told.items() if value})
    panels = [(place, f"/{place}/panelen/inzagen{'?' if query else ''}{query}") for place in PLACES]
    async with database.transaction() as tx:
        people = await known_names(tx)
    values = {
        "told": told,
        "errors": errors,
        "people": [(str(person), name) for person, name in people.items()],
        "panels": [] if errors else panels,
    }
    return page("readings.html", values, status=400 if errors else 200)


@router.get("/gezinnen/{trajectory_id}/inzagen")
async def show_readings_of_family(trajectory_id: UUID, actor: OfFamily, page: PageOf, database: DatabaseOf) -> Response:
    """The same lines beside a dossier, for who answers for it."""
    async with database.transaction() as tx:
        scope = await must_see(tx, actor, Permission.READ_WHO_LOOKED, trajectory_id=trajectory_id)
    values = {
        "trajectory_id": trajectory_id,
        "family_id": scope.family_id,
        "panels": [(place, f"/{place}/panelen/inzagen/{trajectory_id}") for place in PLACES],
    }
    return page("dossier_readings.html", values)


def _id(told: str) -> UUID | None:
    try:
        return UUID(told)
    except ValueError:
        return None


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None
