"""Who looked at whom, as every service that knows families shows its own part of it: an API, a panel and a file."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from services.shared.access import Actor, allowed
from services.shared.calendar import AMSTERDAM, local_date
from services.shared.database import Transaction
from services.shared.one_family import ids_of
from services.shared.permissions import Permission
from services.shared.roles import Role
from services.shared.scopes import must_see
from services.shared.screens.part import PartOf
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf

PAGE_MAX = 100
PANEL_MAX = 10
"""So many rows in a panel at once; the older ones are a page further."""
GROUPED_MAX = 500
"""So many readings at most are told in the rows of one panel."""
NAMED_MAX = 200
"""Of so many families at most the name is asked; the others are told apart by their number."""
FILE_MAX = 10_000
"""So many lines in a file, the newest; a period says which."""
HEADINGS = ("at", "person", "roles", "family_id", "what", "trace_id")

type Visit = tuple[date, UUID, tuple[Role, ...], UUID | None]
"""A day, who looked with which roles, and at which family; None where it is told of one family alone."""

Privacy = Annotated[Actor, Depends(allowed(Permission.READ_READINGS))]
OfFamily = Annotated[Actor, Depends(allowed(Permission.READ_WHO_LOOKED))]
Before = Annotated[int | None, Query(alias="voor", ge=1, lt=2**63)]


class WantedReadings(BaseModel):
    """Of whom (under whichever id), by whom, on which days; `before` is the position of the last one that was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family_id: UUID | None = None
    person: UUID | None = None
    from_on: date | None = None
    until_on: date | None = None
    before: Annotated[int | None, Field(ge=1, lt=2**63)] = None


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
    """Newest first, a page at most; `next` is the `before` of the following page, absent on the last one."""

    readings: tuple[ReadingAnswer, ...]
    next: int | None = None


@dataclass(kw_only=True)
class Looked:
    """What one person looked at on one day: the last time, and how often at what and at which families."""

    last_at: datetime
    person: UUID
    roles: tuple[Role, ...]
    seen: Counter[Code] = field(default_factory=Counter)
    families: Counter[UUID] = field(default_factory=Counter)


def asked_for(
    family_id: Annotated[UUID | None, Query(alias="gezin")] = None,
    person: Annotated[UUID | None, Query(alias="collega")] = None,
    from_on: Annotated[date | None, Query(alias="van")] = None,
    until_on: Annotated[date | None, Query(alias="tot")] = None,
    before: Before = None,
) -> WantedReadings:
    """The same, from the address of a panel: nothing but ids and days."""
    return WantedReadings(family_id=family_id, person=person, from_on=from_on, until_on=until_on, before=before)


Wanted = Annotated[WantedReadings, Depends(asked_for)]


async def readings(tx: Transaction, wanted: WantedReadings, *, limit: int = PAGE_MAX) -> ReadingList:
    table = tx.tables.reading
    query = select(table).order_by(table.c.position.desc()).limit(limit + 1)
    if wanted.family_id is not None:
        query = query.where(table.c.family_id.in_(ids_of(tx, wanted.family_id)))
    if wanted.person is not None:
        query = query.where(table.c.person == wanted.person)
    if wanted.from_on is not None:
        query = query.where(table.c.at >= _begin(wanted.from_on))
    if wanted.until_on is not None:
        query = query.where(table.c.at < _begin(wanted.until_on + timedelta(days=1)))
    if wanted.before is not None:
        query = query.where(table.c.position < wanted.before)
    found = [ReadingAnswer.model_validate(row) for row in await tx.execute(query)]
    shown = found[:limit]
    return ReadingList(readings=tuple(shown), next=shown[-1].position if len(found) > limit else None)


def by_day(found: ReadingList, *, of_one_family: bool) -> tuple[list[Looked], int | None]:
    """What a person looked at of a family on a day as one row, PANEL_MAX at most; and where the next begin.

    Families of which they looked at the same that day share a row: a list of names is one. Each reading is counted
    once: what is left of a day that goes on past the last row is told on the next page.
    """
    told = _told_in(PANEL_MAX, found.readings, of_one_family=of_one_family)
    visits: dict[Visit, Looked] = {}
    for each in found.readings[:told]:
        visit = _visit(each, of_one_family=of_one_family)
        looked = visits.setdefault(visit, Looked(last_at=each.at, person=each.person, roles=each.roles))
        looked.seen[each.what] += 1
        looked.families[each.family_id] += 1
    rows: dict[tuple[Visit, frozenset[Code]], Looked] = {}
    for visit, looked in visits.items():
        row = rows.setdefault(_alike(visit, looked.seen), looked)
        if row is not looked:
            row.seen += looked.seen
            row.families += looked.families
    return list(rows.values()), found.readings[told - 1].position if told < len(found.readings) else found.next


def _told_in(rows_max: int, readings: Sequence[ReadingAnswer], *, of_one_family: bool) -> int:
    """How many of the newest readings fit in so many rows."""
    told = 0
    seen: dict[Visit, frozenset[Code]] = {}
    rows: Counter[tuple[Visit, frozenset[Code]]] = Counter()
    for number, each in enumerate(readings, 1):
        visit = _visit(each, of_one_family=of_one_family)
        before = seen.get(visit)
        seen[visit] = (before or frozenset()) | {each.what}
        if before is not None:
            rows[_alike(visit, before)] -= 1
        rows[_alike(visit, seen[visit])] += 1
        if len(+rows) <= rows_max:
            told = number
    return told


def _visit(each: ReadingAnswer, *, of_one_family: bool) -> Visit:
    return local_date(each.at), each.person, each.roles, None if of_one_family else each.family_id


def _alike(visit: Visit, seen: Iterable[Code]) -> tuple[Visit, frozenset[Code]]:
    """What visits have in common that share a row: all but the family, and at what was looked."""
    return (*visit[:3], None), frozenset(seen)


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


def add_reading_panels(router: APIRouter) -> None:
    """A service's part of the desk's pages about readings, and of the file that goes with them."""

    @router.get("/panelen/inzagen")
    async def show_readings(
        actor: Privacy, wanted: Wanted, page: PageOf, part: PartOf, database: DatabaseOf
    ) -> Response:
        async with database.transaction() as tx:
            found = await readings(tx, wanted, limit=GROUPED_MAX)
        return page("readings_panel.html", _shown(found, wanted, part=part, place=database.schema))

    @router.get("/panelen/inzagen/{trajectory_id}")
    async def show_readings_of_family(
        trajectory_id: UUID, actor: OfFamily, page: PageOf, part: PartOf, database: DatabaseOf, before: Before = None
    ) -> Response:
        """Who looked at this family, wherever it takes part: that is told of a family, not of a trajectory."""
        async with database.transaction() as tx:
            scope = await must_see(tx, actor, Permission.READ_WHO_LOOKED, trajectory_id=trajectory_id)
            wanted = WantedReadings(family_id=scope.family_id, before=before)
            found = await readings(tx, wanted, limit=GROUPED_MAX) if scope.family_id else ReadingList(readings=())
        values = _shown(found, wanted, part=part, place=database.schema, trajectory_id=trajectory_id)
        return page("readings_panel.html", values)

    @router.get("/inzagen/bestand")
    async def download_readings(actor: Privacy, wanted: Wanted, database: DatabaseOf) -> Response:
        """The same as a file (CSV), FILE_MAX lines at most."""
        async with database.transaction() as tx:
            found = await readings(tx, wanted, limit=FILE_MAX)
        headers = {"Content-Disposition": f'attachment; filename="inzagen-{database.schema}.csv"'}
        return Response("".join(_lines(found)), media_type="text/csv; charset=utf-8", headers=headers)


def _shown(
    found: ReadingList, wanted: WantedReadings, *, part: bool, place: str, trajectory_id: UUID | None = None
) -> dict[str, Any]:
    """What the template needs; `place` is the service whose lines these are."""
    rows, following = by_day(found, of_one_family=wanted.family_id is not None)
    return {
        "part": part,
        "place": place,
        "rows": rows,
        "following": following,
        "whom": list({each: None for row in rows for each in row.families})[:NAMED_MAX],
        "wanted": wanted,
        "trajectory_id": trajectory_id,
        "file_max": FILE_MAX,
    }


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=AMSTERDAM)


def _lines(found: ReadingList) -> Iterator[str]:
    """Codes, ids and moments alone: nothing that a spreadsheet takes for a formula."""
    written = StringIO()
    lines = csv.writer(written)
    lines.writerow(HEADINGS)
    for each in found.readings:
        at = each.at.astimezone(AMSTERDAM).isoformat(timespec="seconds")
        lines.writerow([at, each.person, " ".join(each.roles), each.family_id, each.what, each.trace_id or ""])
    yield written.getvalue()
