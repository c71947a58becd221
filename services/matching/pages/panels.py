"""What matching shows in the dossier: the tandem, or how far it is with finding one; and who answered what."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.responses import Response

from programmes.load import latest, load
from programmes.rules import matching_rounds
from programmes.words import in_language
from services.matching import store, tables
from services.matching.domain import RequestState, Rules, certificate_runs_out
from services.matching.pages.people import titles_of
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.readings import must_read
from services.shared.scopes import may_see
from services.shared.screens.part import PartOf
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

CHANGES_MAX = 100

router = APIRouter()

ReadsTandem = Annotated[Actor, Depends(allowed(Permission.READ_TANDEM))]
ReadsHistory = Annotated[Actor, Depends(allowed(Permission.READ_HISTORY))]


@router.get("/panelen/tandem/{trajectory_id}")
async def show_tandem(
    trajectory_id: UUID, actor: ReadsTandem, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_TANDEM, what="tandem", now=now, trajectory_id=trajectory_id)
        tandem = await store.tandem_of(tx, trajectory_id)
        request = await store.open_request(tx, trajectory_id)
        proposal = await store.proposal_for(tx, trajectory_id)
        people = await store.persons(tx, tandem.people) if tandem else {}
        may_match = await may_see(tx, actor, Permission.MATCH, trajectory_id=trajectory_id)
        obstacles = await _obstacles(tx, trajectory_id) if request and request.state is RequestState.WAITING else []
        next_round = await _next_round(tx, request.programme, today=local_date(now)) if request else None
    programme = load(request.programme, request.programme_version) if request is not None else None
    if programme is None and tandem is not None:
        programme = latest(people[tandem.supporter_id].programme)
    buddy = people[tandem.buddy_id] if tandem and may_match else None
    today = local_date(now)
    runs_out = buddy and programme and certificate_runs_out(buddy, Rules.of(programme), on=today)
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "tandem": tandem,
        "waiting": request,
        "proposal": proposal,
        "obstacles": obstacles,
        "next_round": next_round,
        "titles": titles_of(in_language(programme, page.language)) if programme else {},
        "may_match": may_match,
        "certificate_of": buddy if runs_out else None,
        "today": today,
    }
    return page("tandem_panel.html", values)


@router.get("/panelen/geschiedenis/{trajectory_id}")
async def show_history(
    trajectory_id: UUID, actor: ReadsHistory, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """Who answered what about the tandem, when and why."""
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_HISTORY, what="history", now=now, trajectory_id=trajectory_id)
        table = tables.change
        query = select(table).where(table.c.trajectory_id == trajectory_id).order_by(table.c.position.desc())
        changes = list(await tx.execute(query.limit(CHANGES_MAX)))
    return page("tandem_history.html", {"part": part, "trajectory_id": trajectory_id, "changes": changes})


async def _next_round(tx: Transaction, programme: Code, *, today: date) -> date | None:
    """The day of the first round that is still to come: today's, while it was not held."""
    after = today if await store.was_held_on(tx, programme, today) else today - timedelta(days=1)
    return next(matching_rounds(latest(programme), after=after), None)


async def _obstacles(tx: Transaction, trajectory_id: UUID) -> list[str]:
    """Why the last round found nobody."""
    table = tables.request
    query = select(table.c.unmatched_reasons).where(table.c.trajectory_id == trajectory_id)
    found = (await tx.execute(query.order_by(table.c.number.desc()).limit(1))).scalar_one_or_none()
    return list(found or [])
