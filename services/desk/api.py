"""The desk over HTTP: the worklist, decisions, what is done in a trajectory, stand-ins and safety concerns."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status
from pydantic import BaseModel, ConfigDict, Field

from services.desk import decisions, handlers, reach, store, worklist
from services.desk.colleagues import colleagues_of
from services.desk.commands import (
    ActionBody,
    ActOnTrajectory,
    AssignMany,
    CompleteTask,
    CompletionBody,
    Decide,
    DecisionBody,
    HandOver,
    HandOverBody,
    ReportSafetyConcern,
    SaveSearch,
    SetStandIn,
    Snooze,
    SnoozeBody,
    Whose,
)
from services.desk.contracts import TaskKind
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused, granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.reading_routes import add_reading_api
from services.shared.readings import log_reading
from services.shared.roles import Role
from services.shared.scopes import must_see
from services.shared.types import Code, Digest
from services.shared.web import DatabaseOf, Now, TemporalOf

PAGE_MAX = 500
PAGE = 100

router = APIRouter()
add_reading_api(router)

Works = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]
ActsOnTrajectory = Annotated[Actor, Depends(allowed(Permission.ACT_ON_TRAJECTORY))]
UsesDesk = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]
Reports = Annotated[Actor, Depends(allowed(Permission.REPORT_CONCERN))]

NOT_FOUND = frozenset({"unknown-task", "unknown-stand-in", "unknown-trajectory", "unknown-search"})
NOT_ALLOWED = frozenset({"not-in-role", "excluded"})
"""Who asks may not, whatever the state of things."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class TaskAnswer(_Answer):
    id: UUID
    kind: TaskKind
    programme: Code
    subject_id: UUID
    family_id: UUID | None
    roles: tuple[Role, ...]
    due_on: date
    remind_on: date | None
    fatal_on: date | None
    snoozed_until: date | None
    number: int
    digest: Digest | None
    escalated_role: Role | None
    taken_by: UUID | None
    opened_at: datetime
    outcome: Code | None
    on_behalf_of: UUID | None = None
    """For whom I could decide it as a stand-in; only with `whose=stand-in`."""


class Wanted(BaseModel):
    """Which tasks somebody wants to see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whose: Whose = Whose.TEAM
    programme: Code | None = None
    kind: TaskKind | None = None
    subject_id: Annotated[UUID | None, Field(alias="subjectId")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE


class IdAnswer(_Answer):
    id: UUID


class StandInAnswer(_Answer):
    id: UUID
    person: UUID
    stand_in: UUID
    roles: tuple[Role, ...]
    from_on: date
    until_on: date


class ColleagueAnswer(_Answer):
    person: UUID
    name: str
    roles: tuple[Role, ...]
    team: Code | None


class AssignedAnswer(_Answer):
    task_id: UUID
    refused: Code | None
    """Why it stayed as it was; null where it was done."""


class ChangeAnswer(_Answer):
    what: handlers.Change
    person: UUID | None
    other: UUID | None
    reason: Code | None
    until: date | None
    changed_at: datetime


@router.get("/tasks", operation_id="listTasks", summary="The worklist: what is due first on top")
async def list_tasks(
    database: DatabaseOf,
    actor: Works,
    now: Now,
    wanted: Annotated[Wanted, Query()],
) -> list[TaskAnswer]:
    """`mine`: what I took; `team`: what my roles may take; `unassigned`: of those, what nobody took.

    `snoozed`: what I put off; `stand-in`: what I may decide today for somebody who is away. The other
    keys narrow the list further.
    """
    narrowed = store.Narrowed(programme=wanted.programme, kind=wanted.kind, subject_id=wanted.subject_id)
    async with database.transaction() as tx:
        if wanted.whose is Whose.STAND_IN:
            lent = await handlers.lent_tasks(tx, actor, narrowed, now=now, limit=wanted.limit)
            return [
                TaskAnswer.model_validate(each.task).model_copy(update={"on_behalf_of": each.on_behalf_of})
                for each in lent
            ]
        if wanted.whose is Whose.SNOOZED:
            resting = worklist.Wanted(**wanted.model_dump(exclude={"limit"}))
            listed = await worklist.listed(tx, actor, resting, now=now, limit=wanted.limit)
            return [TaskAnswer.model_validate(item.task) for item in listed.items]
        tasks = await store.open_tasks(
            tx,
            roles=actor.roles,
            person=actor.person,
            taken_by=actor.person if wanted.whose is Whose.MINE else None,
            unassigned=wanted.whose is Whose.UNASSIGNED,
            within=reach.sees(tx, actor),
            narrowed=narrowed,
            limit=wanted.limit,
        )
    return [TaskAnswer.model_validate(task) for task in tasks]


@router.get("/tasks/{task_id}", operation_id="getTask", summary="One task, open or closed")
async def get_task(task_id: UUID, database: DatabaseOf, now: Now, actor: Works) -> TaskAnswer:
    """What is not in my worklist, open or closed, does not exist for me."""
    async with database.transaction() as tx:
        return TaskAnswer.model_validate(await _read(tx, task_id, actor, now=now))


@router.post("/tasks/{task_id}/assignments", operation_id="takeTask", summary="I will do it")
async def take_task(task_id: UUID, database: DatabaseOf, now: Now, actor: Works) -> TaskAnswer:
    async with database.transaction() as tx:
        task = _found(await handlers.take_task(tx, task_id, now=now, actor=actor))
    return TaskAnswer.model_validate(task)


@router.delete("/tasks/{task_id}/assignments", operation_id="releaseTask", summary="Somebody else may do it")
async def release_task(task_id: UUID, database: DatabaseOf, now: Now, actor: Works) -> TaskAnswer:
    async with database.transaction() as tx:
        task = _found(await handlers.release_task(tx, task_id, now=now, actor=actor))
    return TaskAnswer.model_validate(task)


@router.post("/tasks/{task_id}/hand-overs", operation_id="handOverTask", summary="A colleague will do it")
async def hand_over(task_id: UUID, body: HandOverBody, database: DatabaseOf, now: Now, actor: Works) -> TaskAnswer:
    """One's own task, or anybody's where one hands out work."""
    command = HandOver(task_id=task_id, **body.model_dump())
    async with database.transaction() as tx:
        task = _found(await handlers.hand_over(tx, command, now=now, actor=actor))
    return TaskAnswer.model_validate(task)


@router.post("/tasks/{task_id}/snoozes", operation_id="snoozeTask", summary="Not before a day, or now again")
async def snooze(task_id: UUID, body: SnoozeBody, database: DatabaseOf, now: Now, actor: Works) -> TaskAnswer:
    command = Snooze(task_id=task_id, **body.model_dump())
    async with database.transaction() as tx:
        task = _found(await handlers.snooze_task(tx, command, now=now, actor=actor))
    return TaskAnswer.model_validate(task)


@router.get("/tasks/{task_id}/changes", operation_id="listTaskChanges", summary="Who did what with a task, and why")
async def list_changes(task_id: UUID, database: DatabaseOf, now: Now, actor: Works) -> list[ChangeAnswer]:
    """Newest first."""
    async with database.transaction() as tx:
        await _read(tx, task_id, actor, now=now)
        changes = await handlers.changes_of(tx, task_id)
    return [ChangeAnswer.model_validate(change) for change in changes]


@router.post("/assignments", operation_id="assignTasks", summary="Take, hand over or release many tasks")
async def assign_tasks(command: AssignMany, database: DatabaseOf, now: Now, actor: Works) -> list[AssignedAnswer]:
    """Each that can be is done, and of each other is told why not."""
    async with database.transaction() as tx:
        outcomes = await handlers.assign_many(tx, command, now=now, actor=actor)
    return [AssignedAnswer.model_validate(each) for each in outcomes]


@router.get("/searches", operation_id="listSearches", summary="My own searches of the worklist")
async def list_searches(database: DatabaseOf, actor: UsesDesk) -> list[SaveSearch]:
    async with database.transaction() as tx:
        return list(await handlers.searches_of(tx, actor))


@router.post("/searches", status_code=status.HTTP_201_CREATED, operation_id="saveSearch", summary="Keep a search")
async def save_search(command: SaveSearch, database: DatabaseOf, now: Now, actor: UsesDesk) -> IdAnswer:
    async with database.transaction() as tx:
        kept = granted(await handlers.save_search(tx, command, now=now, actor=actor))
    return IdAnswer(id=kept)


@router.delete("/searches/{search_id}", operation_id="forgetSearch", summary="Forget a search")
async def forget_search(search_id: UUID, database: DatabaseOf, actor: UsesDesk) -> IdAnswer:
    async with database.transaction() as tx:
        forgotten = _found(await handlers.forget_search(tx, search_id, actor=actor))
    return IdAnswer(id=forgotten)


@router.post("/tasks/{task_id}/completions", operation_id="completeTask", summary="It is done")
async def complete_task(
    task_id: UUID, body: CompletionBody, database: DatabaseOf, now: Now, actor: Works
) -> TaskAnswer:
    command = CompleteTask(task_id=task_id, **body.model_dump())
    async with database.transaction() as tx:
        await _within_reach(tx, task_id, actor)
        task = _found(await handlers.complete_task(tx, command, now=now, actor=actor))
    return TaskAnswer.model_validate(task)


@router.post(
    "/tasks/{task_id}/decisions",
    status_code=status.HTTP_201_CREATED,
    operation_id="decide",
    summary="Approve or refuse",
)
async def decide(
    task_id: UUID, body: DecisionBody, database: DatabaseOf, temporal: TemporalOf, now: Now, actor: Works
) -> IdAnswer:
    """In one's own name, or as a stand-in; who may is judged by the task's roles, not by this door."""
    command = Decide(task_id=task_id, **body.model_dump())
    async with database.transaction() as tx:
        await _within_reach(tx, task_id, actor, now=now, on_behalf_of=command.on_behalf_of)
    return IdAnswer.model_validate(_found(await decisions.decide(database, temporal, command, actor=actor, now=now)))


@router.post(
    "/trajectories/{trajectory_id}/actions",
    status_code=status.HTTP_201_CREATED,
    operation_id="actOnTrajectory",
    summary="Pause, resume, change the tandem, or stop",
)
async def act_on_trajectory(
    trajectory_id: UUID, body: ActionBody, database: DatabaseOf, temporal: TemporalOf, now: Now, actor: ActsOnTrajectory
) -> IdAnswer:
    command = ActOnTrajectory(trajectory_id=trajectory_id, **body.model_dump())
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.ACT_ON_TRAJECTORY, trajectory_id=trajectory_id)
    return IdAnswer.model_validate(_found(await decisions.act(database, temporal, command, actor=actor, now=now)))


@router.post(
    "/stand-ins", status_code=status.HTTP_201_CREATED, operation_id="setStandIn", summary="Somebody stands in for me"
)
async def set_stand_in(command: SetStandIn, database: DatabaseOf, now: Now, actor: UsesDesk) -> IdAnswer:
    async with database.transaction() as tx:
        stand_in_id = granted(await handlers.set_stand_in(tx, command, now=now, actor=actor))
    return IdAnswer(id=stand_in_id)


@router.get("/stand-ins", operation_id="listStandIns", summary="For whom I stand in today, and who will for me")
async def list_stand_ins(database: DatabaseOf, now: Now, actor: UsesDesk) -> list[StandInAnswer]:
    """`stand_in` is me, or `person` is; my own from the moment that they are set until their last day."""
    async with database.transaction() as tx:
        found = await store.stand_ins_about(tx, actor.person, local_date(now), limit=PAGE_MAX)
    return [StandInAnswer.model_validate(each) for each in found]


@router.delete("/stand-ins/{stand_in_id}", operation_id="endStandIn", summary="I am back")
async def end_stand_in(stand_in_id: UUID, database: DatabaseOf, now: Now, actor: UsesDesk) -> IdAnswer:
    async with database.transaction() as tx:
        ended = _found(await handlers.end_stand_in(tx, stand_in_id, now=now, actor=actor))
    return IdAnswer(id=ended)


@router.get("/colleagues", operation_id="listColleagues", summary="With whom I work, my own team first")
async def list_colleagues(database: DatabaseOf, now: Now, actor: UsesDesk) -> list[ColleagueAnswer]:
    """Whoever is there of late in one of my programmes, by name."""
    async with database.transaction() as tx:
        found = await colleagues_of(tx, actor, now=now)
    return [
        ColleagueAnswer(person=each.person, name=each.name, roles=tuple(sorted(each.roles)), team=each.team)
        for each in found
    ]


@router.post(
    "/safety-concerns",
    status_code=status.HTTP_201_CREATED,
    operation_id="reportSafetyConcern",
    summary="Somebody may be in danger",
)
async def report_safety_concern(
    command: ReportSafetyConcern, database: DatabaseOf, now: Now, actor: Reports
) -> IdAnswer:
    async with database.transaction() as tx:
        # Under a programme that the family is not in, nobody would see it.
        scope = await must_see(
            tx, actor, Permission.REPORT_CONCERN, family_id=command.family_id, programme=command.programme
        )
        task_id = await handlers.report_safety_concern(
            tx, command, now=now, by=actor.person, trajectory_id=scope.trajectory_id
        )
    return IdAnswer(id=task_id)


async def _within_reach(
    tx: Transaction, task_id: UUID, actor: Actor, *, now: datetime | None = None, on_behalf_of: UUID | None = None
) -> None:
    """Answers 404 for a task of a family out of reach; a stand-in reaches with the roles that they were lent."""
    task = await store.task_by_id(tx, task_id)
    if task is None:
        raise Problem(404, "unknown-task")
    acting = actor
    if on_behalf_of is not None and now is not None:
        acting = await reach.standing_in(tx, actor, on_behalf_of, now=now)
    if not await reach.may(tx, acting, task, Permission.WORK_ON_TASKS):
        raise Problem(404, "unknown-task")


def _found[T](outcome: T | Refused) -> T:
    """The outcome of a handler; what is not there is 404, who may not 403, a workflow that cannot be reached 503."""
    if isinstance(outcome, Refused) and outcome.code in NOT_FOUND:
        raise Problem(404, outcome.code)
    if isinstance(outcome, Refused) and outcome.code in NOT_ALLOWED:
        raise Problem(403, outcome.code)
    if isinstance(outcome, Refused) and outcome.code == decisions.NOT_AVAILABLE:
        raise Problem(503, outcome.code)
    return granted(outcome)


async def _read(tx: Transaction, task_id: UUID, actor: Actor, *, now: datetime) -> store.Task:
    """One task for who sees it, and the line that says whose it was."""
    task = await reach.seen_task(tx, task_id, actor)
    if task is None:
        raise Problem(404, "unknown-task")
    if task.family_id is not None:
        await log_reading(tx, actor, task.family_id, what="task", now=now)
    return task
