"""The monitor over HTTP: figures, reports, and queues for subscribers."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from programmes.load import load
from programmes.problems import ProgrammeError
from services.monitor import handlers, readings
from services.monitor.commands import CatchUp, Subscribe, SubscriberName
from services.monitor.domain.figures import MINIMUM_CELL_UNKNOWN, Figures, without_small_cells
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.rabbit import subscriber_queue
from services.shared.roles import Role
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

REPORTS_MAX = 200
GAPS_MAX = 200

EVERY_FIGURE = frozenset({Role.PROGRAMME_MANAGER, Role.CONTROLLER})
"""Who answers for the programme or its money sees every number; others see none that could point at a family."""

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_FIGURES))]
Administrator = Annotated[Actor, Depends(allowed(Permission.MANAGE_SUBSCRIBERS))]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class ReportEntry(_Answer):
    report_id: UUID
    number: int
    until: date


class ReportList(_Answer):
    reports: tuple[ReportEntry, ...]


class Report(_Answer):
    report_id: UUID
    programme: Code
    number: int
    until: date
    figures: Figures


class SubscriberEntry(_Answer):
    """`queue` is where it reads; `position` is where it is in the log, `behind` how many are still to be looked at."""

    name: Code
    queue: str
    patterns: tuple[str, ...]
    position: int
    behind: int
    state: Code


class SubscriberList(_Answer):
    subscribers: tuple[SubscriberEntry, ...]


class GapEntry(_Answer):
    source: str
    subject: UUID
    sequence: int
    noticed_at: datetime


class GapList(_Answer):
    gaps: tuple[GapEntry, ...]


@router.get("/programmes/{programme}/figures", operation_id="readFigures", summary="The figures of a programme")
async def read_figures(
    programme: Code, actor: Reader, database: DatabaseOf, now: Now, until: Annotated[date | None, Query()] = None
) -> Figures:
    async with database.transaction() as tx:
        version = await readings.version_of(tx, programme)
        if version is None:
            raise Problem(404, "no-such-programme")
        figures = await readings.figures(tx, programme, until or local_date(now))
    return _as_seen_by(actor, figures, version)


@router.get("/programmes/{programme}/reports", operation_id="listReports", summary="The reports of a programme")
async def list_reports(programme: Code, actor: Reader, database: DatabaseOf) -> ReportList:
    async with database.transaction() as tx:
        rows = await readings.reports(tx, programme, limit=REPORTS_MAX)
    return ReportList(reports=tuple(ReportEntry.model_validate(row) for row in rows))


@router.get("/reports/{report_id}", operation_id="readReport", summary="One report, as it was made")
async def read_report(report_id: UUID, actor: Reader, database: DatabaseOf) -> Report:
    async with database.transaction() as tx:
        row = await readings.report(tx, report_id)
    if row is None:
        raise Problem(404, "no-such-report")
    figures = _as_seen_by(actor, Figures.model_validate(row.figures), row.version)
    return Report(report_id=row.report_id, programme=row.programme, number=row.number, until=row.until, figures=figures)


@router.post("/subscribers", operation_id="subscribe", summary="Ask for a queue of events", status_code=201)
async def subscribe(command: Subscribe, actor: Administrator, database: DatabaseOf, now: Now) -> SubscriberEntry:
    async with database.transaction() as tx:
        granted(await handlers.subscribe(tx, command, now=now))
        return await _entry(tx, command.name)


@router.get("/subscribers", operation_id="listSubscribers", summary="Who gets events, and how far they are")
async def list_subscribers(actor: Administrator, database: DatabaseOf) -> SubscriberList:
    async with database.transaction() as tx:
        rows = await readings.subscribers(tx)
    return SubscriberList(subscribers=tuple(_subscriber(row) for row in rows))


@router.post(
    "/subscribers/{name}/catch-ups",
    operation_id="catchUp",
    summary="Send again from a position on",
    status_code=202,
)
async def catch_up(
    name: SubscriberName, command: CatchUp, actor: Administrator, database: DatabaseOf, response: Response
) -> SubscriberEntry:
    async with database.transaction() as tx:
        granted(await handlers.catch_up(tx, name, command))
        return await _entry(tx, name)


@router.get("/gaps", operation_id="listGaps", summary="Numbers that are missing in what was heard")
async def list_gaps(actor: Administrator, database: DatabaseOf) -> GapList:
    async with database.transaction() as tx:
        rows = await readings.open_gaps(tx, limit=GAPS_MAX)
    return GapList(gaps=tuple(GapEntry.model_validate(row) for row in rows))


async def _entry(tx: Transaction, name: str) -> SubscriberEntry:
    rows = await readings.subscribers(tx, name=name)
    if not rows:
        raise Problem(404, "no-such-subscriber")
    return _subscriber(rows[0])


def _subscriber(row: Row[*tuple[Any, ...]]) -> SubscriberEntry:
    return SubscriberEntry(
        name=row.name,
        queue=subscriber_queue(row.name),
        patterns=row.patterns,
        position=row.position,
        behind=row.behind,
        state=row.state,
    )


def _as_seen_by(actor: Actor, figures: Figures, version: int) -> Figures:
    if actor.roles & EVERY_FIGURE:
        return figures
    try:
        minimum = load(figures.programme, version).figures.minimum_cell
    except ProgrammeError:
        minimum = MINIMUM_CELL_UNKNOWN
    return without_small_cells(figures, minimum)
