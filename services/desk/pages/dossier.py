"""The dossier: whose it is, how far they are, what is next, and a panel of each service; the list of families too."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.desk import dossier_store, families, reach, urgent_store
from services.desk.colleagues import colleague_names
from services.desk.dossier_store import CourseState, MomentKind
from services.desk.due import due_on
from services.desk.families import Looked
from services.desk.pages.acting import offered
from services.desk.places import need_names, place_names
from services.desk.timeline import draw
from services.plans.events import Phase
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import must_read
from services.shared.screens.language import language_of
from services.shared.screens.web import SAVED, PageOf
from services.shared.web import DatabaseOf, Now

PANELS = (
    ("family", Permission.READ_FAMILY, "/intake/panelen/gezin/{}"),
    ("tandem", Permission.READ_TANDEM, "/matching/panelen/tandem/{}"),
    ("contact", Permission.WRITE_JOURNAL, "/plans/panelen/logboek/{}"),
    ("plan", Permission.READ_PLAN, "/plans/panelen/plan/{}"),
    ("progress", Permission.READ_REVIEWS, "/plans/panelen/voortgang/{}"),
    ("budget", Permission.READ_MONEY, "/budget/panelen/budget/{}"),
    ("documents", Permission.READ_DOCUMENTS, "/plans/panelen/documenten/{}"),
)
"""A name for its words, who may see it, and where it comes from: each service renders its own."""
HISTORIES = (
    ("family-history", "/intake/panelen/geschiedenis/{}"),
    ("plan-history", "/plans/panelen/geschiedenis/{}"),
    ("tandem-history", "/matching/panelen/geschiedenis/{}"),
)
ASKED = (
    *(permission for _, permission, _ in PANELS),
    Permission.ACT_ON_TRAJECTORY,
    Permission.REPORT_CONCERN,
    Permission.READ_HISTORY,
    Permission.READ_WHO_LOOKED,
    Permission.ASK_MONEY,
    Permission.CHANGE_FAMILY,
    Permission.READ_HOUSEHOLD,
)
QUIET = frozenset({MomentKind.CONTACT})
"""So many that they are drawn and counted, and left out of the table."""

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_TRAJECTORY))]
HistoryReader = Annotated[Actor, Depends(allowed(Permission.READ_HISTORY))]


@router.get("/gezinnen")
async def list_families(
    request: Request,
    actor: Reader,
    page: PageOf,
    database: DatabaseOf,
    programme: Annotated[str, Query(alias="programma")] = "",
    area: Annotated[str, Query(alias="wijk")] = "",
    phase: Annotated[str, Query(alias="fase")] = "",
    supporter: Annotated[str, Query(alias="ondersteuner")] = "",
    whose: Annotated[str, Query(alias="wie")] = "",
    number: Annotated[int, Query(alias="pagina", ge=1, le=families.PAGES_MAX)] = 1,
) -> Response:
    """What somebody sees, who came in last on top; names come from intake."""
    looked = Looked(
        programme=programme or None,
        area=area or None,
        phase=Phase(phase) if phase in set(Phase) else None,
        supporter=_id(supporter),
        mine=whose == "mijn",
        uncovered=whose == "zonder",
        closed=whose == "afgesloten",
    )
    async with database.transaction() as tx:
        total, rows = await families.listed(tx, actor, looked, page=number)
        choices = await families.choices(tx, actor)
        people = {row.supporter_id for row in rows} | {row.buddy_id for row in rows} | set(choices.supporters)
        names = await colleague_names(tx, [each for each in people if each is not None])
    values = {
        "rows": rows,
        "total": total,
        "looked": looked,
        "whose": whose,
        "choices": choices,
        "names": names,
        "places": place_names(language_of(request)),
        "phases": [each.value for each in Phase],
        "number": number,
        "pages": max(1, -(-total // families.PAGE)),
        "query": {"programma": programme, "wijk": area, "fase": phase, "ondersteuner": supporter, "wie": whose},
    }
    return page("families.html", values)


@router.get("/gezinnen/{trajectory_id}")
async def show_dossier(
    request: Request,
    trajectory_id: UUID,
    actor: Reader,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    saved: Annotated[str, Query(alias=SAVED)] = "",
) -> Response:
    today = local_date(now)
    async with database.transaction() as tx:
        scope = await must_read(
            tx, actor, Permission.READ_TRAJECTORY, what="dossier", now=now, trajectory_id=trajectory_id
        )
        course = await dossier_store.course_of(tx, trajectory_id)
        if course is None:
            raise Problem(404, "unknown-trajectory")
        moments = await dossier_store.moments(tx, trajectory_id)
        together = await dossier_store.works_together(tx, trajectory_id)
        to_do = await dossier_store.to_do(tx, trajectory_id, course.family_id, course.programme)
        seen = set(await reach.seen_among(tx, actor, [task.id for task in to_do]))
        may = await families.theirs(tx, actor, trajectory_id, ASKED)
        needs = await urgent_store.needs_of(tx, trajectory_id) if Permission.READ_HOUSEHOLD in may else []
        people = [each for each in (scope.supporter_id, scope.buddy_id, *(task.taken_by for task in to_do)) if each]
        names = await colleague_names(tx, people)
    values = {
        "trajectory_id": trajectory_id,
        "course": course,
        "scope": scope,
        "names": names,
        "places": place_names(language_of(request)),
        "to_do": [(task, due_on(task.due_on, today=today), task.id in seen) for task in to_do],
        "needs": [each.code for each in needs if each.is_open],
        "need_names": need_names(course.programme, page.language) if needs else {},
        "picture": draw(course, moments, today=today),
        "moments": [each for each in reversed(moments) if each.kind not in QUIET],
        "contacts": sum(each.kind in QUIET for each in moments),
        "panels": [(name, path.format(trajectory_id)) for name, permission, path in PANELS if permission in may],
        "acts": offered(course, together=together),
        "planned": course.phase is Phase.MATCHING and any(each.kind is MomentKind.PLAN_AGREED for each in moments),
        "may": {permission.value for permission in may},
        "saved": bool(saved),
        "open": course.state is not CourseState.CLOSED,
        "today": today,
    }
    return page("dossier.html", values)


@router.get("/gezinnen/{trajectory_id}/geschiedenis")
async def show_history(
    trajectory_id: UUID, actor: HistoryReader, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """What was changed, by whom, when and why: the desk's own part, and that of the services."""
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_HISTORY, what="history", now=now, trajectory_id=trajectory_id)
        actions = await dossier_store.actions(tx, trajectory_id)
        money = await families.theirs(tx, actor, trajectory_id, (Permission.READ_MONEY,))
        names = await colleague_names(tx, [each.person for each in actions])
    histories = [(name, path.format(trajectory_id)) for name, path in HISTORIES]
    values = {
        "trajectory_id": trajectory_id,
        "actions": actions,
        "names": names,
        "histories": histories,
        "sees_money": bool(money),
    }
    return page("dossier_history.html", values)


def _id(told: str) -> UUID | None:
    try:
        return UUID(told) if told else None
    except ValueError:
        return None
