"""Plans over HTTP: a family's trajectory, its plan and goals, and what is done together."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from services.plans import handlers, store
from services.plans.commands import (
    AddGoal,
    AddStep,
    AgreePlan,
    DraftPlan,
    DropGoal,
    GiveAftercare,
    HoldReview,
    LogHours,
    MarkStepDone,
    ReachGoal,
    TakeMeasurement,
)
from services.plans.contracts import Done
from services.plans.domain import TrajectoryState
from services.plans.events import Contributor, Phase
from services.shared.access import Actor, allowed
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.reading_routes import add_reading_api
from services.shared.readings import must_read
from services.shared.roles import Role
from services.shared.scopes import must_see
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()
add_reading_api(router)

ReadsTrajectory = Annotated[Actor, Depends(allowed(Permission.READ_TRAJECTORY))]
ReadsPlan = Annotated[Actor, Depends(allowed(Permission.READ_PLAN))]
ReadsReviews = Annotated[Actor, Depends(allowed(Permission.READ_REVIEWS))]
WritesPlan = Annotated[Actor, Depends(allowed(Permission.WRITE_PLAN))]
WorksOnPlan = Annotated[Actor, Depends(allowed(Permission.WORK_ON_PLAN))]
WritesReviews = Annotated[Actor, Depends(allowed(Permission.WRITE_REVIEWS))]
LOGS_AS = {Contributor.PROFESSIONAL: Role.SUPPORTER, Contributor.BUDDY: Role.BUDDY}


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class TrajectoryAnswer(_Answer):
    """How far a family is."""

    id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    area: Code
    phase: Phase
    phase_since: date
    state: TrajectoryState
    started_on: date
    closed_on: date | None
    outcome: Code | None


class PlanAnswer(_Answer):
    """Every version of the plan, newest first, with goals (what weighs most first) and steps.

    `mark` goes along as `seen` with a draft that was made from this; empty while there is no plan.
    """

    versions: tuple[store.Plan, ...]
    goals: tuple[store.Goal, ...]
    steps: tuple[store.Step, ...]
    mark: str = ""


class ReviewsAnswer(_Answer):
    reviews: tuple[store.Review, ...]


class MeasurementsAnswer(_Answer):
    measurements: tuple[store.Measurement, ...]


class HoursAnswer(_Answer):
    """Minutes in all, by who gave them."""

    hours: tuple[store.Hours, ...]


class AftercareAnswer(_Answer):
    calls: tuple[store.Aftercare, ...]


@router.get("/trajectories/{trajectory_id}", summary="How far a family is", operation_id="showTrajectory")
async def show_trajectory(
    trajectory_id: UUID, actor: ReadsTrajectory, database: DatabaseOf, now: Now
) -> TrajectoryAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_TRAJECTORY, what="trajectory", now=now, trajectory_id=trajectory_id)
        trajectory = await store.trajectory(tx, trajectory_id)
    if trajectory is None:
        raise Problem(404, "not-begun")
    return TrajectoryAnswer.model_validate(trajectory)


@router.get("/trajectories/{trajectory_id}/plans", summary="A family's plan", operation_id="showPlan")
async def show_plan(trajectory_id: UUID, actor: ReadsPlan, database: DatabaseOf, now: Now) -> PlanAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_PLAN, what="plan", now=now, trajectory_id=trajectory_id)
        versions, goals = await store.plans(tx, trajectory_id), await store.goals(tx, trajectory_id)
        return PlanAnswer(
            versions=tuple(versions),
            goals=tuple(goals),
            steps=tuple(await store.steps(tx, trajectory_id)),
            mark=handlers.PlanSeen(newest=next(iter(versions), None), goals=goals).mark,
        )


@router.get("/trajectories/{trajectory_id}/reviews", summary="Reviews held and due", operation_id="listReviews")
async def list_reviews(trajectory_id: UUID, actor: ReadsReviews, database: DatabaseOf, now: Now) -> ReviewsAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_REVIEWS, what="reviews", now=now, trajectory_id=trajectory_id)
        return ReviewsAnswer(reviews=tuple(await store.reviews(tx, trajectory_id)))


@router.get(
    "/trajectories/{trajectory_id}/measurements", summary="Measurements taken and due", operation_id="listMeasurements"
)
async def list_measurements(
    trajectory_id: UUID, actor: ReadsReviews, database: DatabaseOf, now: Now
) -> MeasurementsAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_REVIEWS, what="measurements", now=now, trajectory_id=trajectory_id)
        return MeasurementsAnswer(measurements=tuple(await store.measurements(tx, trajectory_id)))


@router.get("/trajectories/{trajectory_id}/hours", summary="Contact time in all", operation_id="showHours")
async def show_hours(trajectory_id: UUID, actor: ReadsTrajectory, database: DatabaseOf, now: Now) -> HoursAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_TRAJECTORY, what="hours", now=now, trajectory_id=trajectory_id)
        return HoursAnswer(hours=tuple(await store.hours_of(tx, trajectory_id)))


@router.get(
    "/trajectories/{trajectory_id}/aftercare-calls", summary="Calls after letting go", operation_id="listAftercare"
)
async def list_aftercare(trajectory_id: UUID, actor: ReadsReviews, database: DatabaseOf, now: Now) -> AftercareAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_REVIEWS, what="aftercare", now=now, trajectory_id=trajectory_id)
        return AftercareAnswer(calls=tuple(await store.aftercare_of(tx, trajectory_id)))


@router.post("/plan-drafts", summary="Draft a plan with the family", operation_id="draftPlan")
async def draft_plan(command: DraftPlan, actor: WritesPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.draft_plan(tx, command, actor=actor, now=now))


@router.post("/plan-agreements", summary="The family agrees to the draft", operation_id="agreePlan")
async def agree_plan(command: AgreePlan, actor: WritesPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.agree_plan(tx, command, actor=actor, now=now))


@router.post("/goals", summary="Add a goal to the draft", operation_id="addGoal")
async def add_goal(command: AddGoal, actor: WritesPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.add_goal(tx, command, actor=actor, now=now))


@router.post("/reached-goals", summary="A goal is reached", operation_id="reachGoal")
async def reach_goal(command: ReachGoal, actor: WorksOnPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WORK_ON_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.reach_goal(tx, command, actor=actor, now=now))


@router.post("/dropped-goals", summary="The family drops a goal", operation_id="dropGoal")
async def drop_goal(command: DropGoal, actor: WritesPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.drop_goal(tx, command, actor=actor, now=now))


@router.post("/steps", summary="Who does what, by when", operation_id="addStep")
async def add_step(command: AddStep, actor: WorksOnPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WORK_ON_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.add_step(tx, command, actor=actor, now=now))


@router.post("/done-steps", summary="A step is done", operation_id="markStepDone")
async def mark_step_done(command: MarkStepDone, actor: WorksOnPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WORK_ON_PLAN, trajectory_id=command.trajectory_id)
        return granted(await handlers.mark_step_done(tx, command, actor=actor, now=now))


@router.post("/reviews", summary="Record a review that was held", operation_id="holdReview")
async def hold_review(command: HoldReview, actor: WritesReviews, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_REVIEWS, trajectory_id=command.trajectory_id)
        return granted(await handlers.hold_review(tx, command, actor=actor, now=now))


@router.post("/measurements", summary="Record a measurement", operation_id="takeMeasurement")
async def take_measurement(command: TakeMeasurement, actor: WritesReviews, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_REVIEWS, trajectory_id=command.trajectory_id)
        return granted(await handlers.take_measurement(tx, command, actor=actor, now=now))


@router.post("/hours", summary="Log contact time", operation_id="logHours")
async def log_hours(command: LogHours, actor: WorksOnPlan, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WORK_ON_PLAN, trajectory_id=command.trajectory_id)
        if LOGS_AS[command.contributor] not in actor.roles:
            raise Problem(403, "not-your-hours")
        return granted(await handlers.log_hours(tx, command, actor=actor, now=now))


@router.post("/aftercare-calls", summary="Record a call after letting go", operation_id="giveAftercare")
async def give_aftercare(command: GiveAftercare, actor: WritesReviews, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_REVIEWS, trajectory_id=command.trajectory_id)
        return granted(await handlers.give_aftercare(tx, command, actor=actor, now=now))
