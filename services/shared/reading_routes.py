"""Who looked at whom, shown to the privacy officer: a page and an API of every service that knows families."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.roles import Role
from services.shared.screens.web import FormOf, PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf

PAGE_MAX = 100

Privacy = Annotated[Actor, Depends(allowed(Permission.READ_READINGS))]


class WantedReadings(BaseModel):
    """Of whom, or by whom; `before` is the position of the last one that was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family_id: UUID | None = None
    person: UUID | None = None
    before: Annotated[int | None, Field(ge=1)] = None


class ReadingAnswer(BaseModel):
    """Who looked (with which roles), at which family, at what, when; `trace_id` finds the request in the logs."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    position: int
    at: datetime
    person: UUID
    roles: tuple[Role, ...]
    family_id: UUID
    what: Code
    trace_id: str | None


class ReadingList(BaseModel):
    """Newest first, at most PAGE_MAX; `next` is the `before` of the following page, absent on the last one."""

    readings: tuple[ReadingAnswer, ...]
    next: int | None = None


async def readings(tx: Transaction, wanted: WantedReadings) -> ReadingList:
    table = tx.tables.reading
    query = select(table).order_by(table.c.position.desc()).limit(PAGE_MAX + 1)
    if wanted.family_id is not None:
        query = query.where(table.c.family_id == wanted.family_id)
    if wanted.person is not None:
        query = query.where(table.c.person == wanted.person)
    if wanted.before is not None:
        query = query.where(table.c.position < wanted.before)
    found = [ReadingAnswer.model_validate(row) for row in await tx.execute(query)]
    shown = found[:PAGE_MAX]
    return ReadingList(readings=tuple(shown), next=shown[-1].position if len(found) > PAGE_MAX else None)


def add_reading_api(router: APIRouter) -> None:
    """`GET /readings` and the search in them, at a service's own API."""

    @router.get("/readings", operation_id="listReadings", summary="The newest readings of families' data")
    async def list_readings(actor: Privacy, database: DatabaseOf) -> ReadingList:
        async with database.transaction() as tx:
            return await readings(tx, WantedReadings())

    @router.post("/readings/_zoek", operation_id="searchReadings", summary="Readings of one family, or by one person")
    async def search_readings(command: WantedReadings, actor: Privacy, database: DatabaseOf) -> ReadingList:
        async with database.transaction() as tx:
            return await readings(tx, command)


def add_reading_page(router: APIRouter) -> None:
    """`/inzagen` among a service's own pages. What is looked for goes by POST: it is nobody's address."""

    @router.get("/inzagen")
    async def show_readings(actor: Privacy, page: PageOf, database: DatabaseOf) -> Response:
        async with database.transaction() as tx:
            found = await readings(tx, WantedReadings())
        return page("readings.html", {"found": found, "told": {}, "errors": {}})

    @router.post("/inzagen")
    async def find_readings(actor: Privacy, page: PageOf, form: FormOf, database: DatabaseOf) -> Response:
        told = {name: str(form.get(name, "")).strip() for name in ("family_id", "person", "before")}
        if told["before"] and not (told["before"].isdecimal() and 0 < int(told["before"]) < 2**63):
            told["before"] = ""
        errors = {name: "not-an-id" for name in ("family_id", "person") if told[name] and _id(told[name]) is None}
        wanted = WantedReadings(
            family_id=_id(told["family_id"]),
            person=_id(told["person"]),
            before=int(told["before"]) if told["before"] else None,
        )
        async with database.transaction() as tx:
            found = ReadingList(readings=()) if errors else await readings(tx, wanted)
        return page("readings.html", {"found": found, "told": told, "errors": errors}, status=400 if errors else 200)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
