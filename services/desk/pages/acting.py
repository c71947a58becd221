"""What somebody does in a trajectory, with a reason: pause, go on, another tandem, stop; and a concern about safety."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.desk import concern_view, decisions, dossier_store, handlers
from services.desk.commands import ActOnTrajectory, ReportSafetyConcern
from services.desk.contracts import TrajectoryAct, refused_act
from services.desk.dossier_store import Course, CourseState
from services.desk.handlers.concerns import ALARM_AFTER
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import must_read
from services.shared.scopes import must_see
from services.shared.screens.part import PartOf
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now, TemporalOf

REASONS: dict[TrajectoryAct, tuple[Code, ...]] = {
    TrajectoryAct.PAUSE: ("family-asked", "illness", "away", "hard-time", "other"),
    TrajectoryAct.RESUME: ("family-ready", "solved", "other"),
    TrajectoryAct.CHANGE_TANDEM: ("no-click", "supporter-leaves", "buddy-leaves", "family-moved", "other"),
    TrajectoryAct.STOP: ("family-asked", "no-longer-needed", "no-contact", "moved-away", "other"),
}
MINUTES = int(ALARM_AFTER.total_seconds() // 60)
UNAVAILABLE = 503
CONFLICT = 409

router = APIRouter()


class Address(StrEnum):
    """The word in the address of each act."""

    PAUZE = "pauze"
    HERVATTEN = "hervatten"
    TANDEM = "andere-tandem"
    STOPPEN = "stoppen"


ACTS = {
    Address.PAUZE: TrajectoryAct.PAUSE,
    Address.HERVATTEN: TrajectoryAct.RESUME,
    Address.TANDEM: TrajectoryAct.CHANGE_TANDEM,
    Address.STOPPEN: TrajectoryAct.STOP,
}

CLOSED: Code = "trajectory-closed"

Acts = Annotated[Actor, Depends(allowed(Permission.ACT_ON_TRAJECTORY))]
Concerned = Annotated[Actor, Depends(allowed(Permission.REPORT_CONCERN))]
Works = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]


@router.get("/gezinnen/{trajectory_id}/acties/{address}")
async def show_act(
    trajectory_id: UUID, address: Address, actor: Acts, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.ACT_ON_TRAJECTORY, what="dossier", now=now, trajectory_id=trajectory_id)
        course = await _course(tx, trajectory_id)
        together = await dossier_store.works_together(tx, trajectory_id)
    not_now = _not_now(course, ACTS[address], together=together)
    return _form(page, course, address, {"reason": "", "key": uuid4()}, not_now=not_now)


@router.post("/gezinnen/{trajectory_id}/acties/{address}")
async def act(
    trajectory_id: UUID,
    address: Address,
    actor: Acts,
    form: FormOf,
    page: PageOf,
    database: DatabaseOf,
    temporal: TemporalOf,
    now: Now,
) -> Response:
    """Written down first, then brought to the trajectory. Sent again with the same key it is done once."""
    said = Said(form)
    action_id = said.id()
    wanted = ACTS[address]
    reason = said.code("reason", REASONS[wanted])
    told = {"reason": said.text("reason"), "key": action_id}
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.ACT_ON_TRAJECTORY, what="dossier", now=now, trajectory_id=trajectory_id)
        course = await _course(tx, trajectory_id)
    if reason is None:
        return _form(page, course, address, told, errors=said.errors, status=400)
    command = ActOnTrajectory(action_id=action_id, trajectory_id=trajectory_id, act=wanted, reason=reason)
    outcome = await decisions.act(database, temporal, command, actor=actor, now=now)
    if isinstance(outcome, Refused):
        away = outcome.code == decisions.NOT_AVAILABLE
        # Refused for good, the same key would be refused again: another try is another action.
        again = told if away else {**told, "key": uuid4()}
        return _form(page, course, address, again, refused=outcome.code, status=UNAVAILABLE if away else CONFLICT)
    return saved_in_dossier(trajectory_id)


@router.get("/gezinnen/{trajectory_id}/zorg")
async def show_concern(trajectory_id: UUID, actor: Concerned, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.REPORT_CONCERN, what="concern", now=now, trajectory_id=trajectory_id)
    return page("concern.html", {"trajectory_id": trajectory_id, "key": uuid4(), "minutes": MINUTES})


@router.post("/gezinnen/{trajectory_id}/zorg")
async def report_concern(
    trajectory_id: UUID, actor: Concerned, form: FormOf, database: DatabaseOf, now: Now
) -> Response:
    """A person looks today. What it is about is told by voice: the form has no place to write it."""
    concern_id = Said(form).id()
    async with database.transaction() as tx:
        scope = await must_read(
            tx, actor, Permission.REPORT_CONCERN, what="concern", now=now, trajectory_id=trajectory_id
        )
        if scope.family_id is None or scope.programme is None:
            raise Problem(404, "unknown-trajectory")
        earlier = await concern_view.reported_before(tx, trajectory_id, actor.person, now=now)
        concern_id = earlier or concern_id
        command = ReportSafetyConcern(concern_id=concern_id, programme=scope.programme, family_id=scope.family_id)
        await handlers.report_safety_concern(tx, command, now=now, by=actor.person, trajectory_id=trajectory_id)
    return see_other(f"/desk/gezinnen/{trajectory_id}/zorg/gemeld?melding={concern_id}")


@router.get("/gezinnen/{trajectory_id}/zorg/gemeld")
async def concern_reported(
    trajectory_id: UUID,
    actor: Concerned,
    page: PageOf,
    part: PartOf,
    database: DatabaseOf,
    now: Now,
    concern: Annotated[UUID | None, Query(alias="melding")] = None,
) -> Response:
    """Who was called, and who took it up: told to who reported it, again and again as long as they look.

    Nothing of the family is shown, so that looking again is no reading of it.
    """
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.REPORT_CONCERN, trajectory_id=trajectory_id)
        standing = await concern_view.standing(tx, concern, actor, now=now) if concern is not None else None
    values = {"trajectory_id": trajectory_id, "concern": concern, "standing": standing, "minutes": MINUTES}
    return page("concern_reported.html", values | {"part": part})


@router.get("/alarmen")
async def show_alarms(actor: Works, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """A fragment for the top of the worklist: concerns that wait for this person."""
    async with database.transaction() as tx:
        found = await concern_view.waiting_for(tx, actor, now=now)
    return page("alarms.html", {"alarms": found})


def offered(course: Course, *, together: bool) -> list[tuple[Address, TrajectoryAct]]:
    """What the trajectory would take now, as far as the desk heard, with the word in the address of each."""
    return [(address, act) for address, act in ACTS.items() if _not_now(course, act, together=together) is None]


def _not_now(course: Course, act: TrajectoryAct, *, together: bool) -> Code | None:
    if course.state is CourseState.CLOSED:
        return CLOSED
    return refused_act(act, paused=course.state is CourseState.PAUSED, together=together)


async def _course(tx: Transaction, trajectory_id: UUID) -> Course:
    course = await dossier_store.course_of(tx, trajectory_id)
    if course is None:
        raise Problem(404, "unknown-trajectory")
    return course


def _form(
    page: Page,
    course: Course,
    address: Address,
    told: dict[str, Any],
    *,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
    not_now: Code | None = None,
    status: int = 200,
) -> Response:
    values = {
        "trajectory_id": course.trajectory_id,
        "not_now": not_now,
        "act": ACTS[address].value,
        "reasons": REASONS[ACTS[address]],
        "told": told,
        "errors": errors or {},
        "refused": refused,
    }
    return page("act_form.html", values, status=status)
