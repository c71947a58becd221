"""What the desk hears for dossiers: on a queue of its own, so that a timeline never holds up the worklist."""

from datetime import datetime

from services.budget.events import SpendingRequestDecided
from services.desk import dossier_store as store
from services.desk.dossier_store import Course, CourseState, MomentKind
from services.intake.events import FamilyEnrolled, FamilyMoved
from services.matching.events import TandemConfirmed, TandemEnded, TandemProposed
from services.plans.events import (
    AftercareGiven,
    GoalReached,
    HoursLogged,
    MeasurementTaken,
    Phase,
    PlanAgreed,
    ReviewHeld,
    TrajectoryClosed,
    TrajectoryPaused,
    TrajectoryPhaseEntered,
    TrajectoryResumed,
)
from services.shared.calendar import local_date
from services.shared.consumer import Consumer
from services.shared.database import Transaction

READY, NOT_YET = "ready", "not-yet"
REACHED, NOT_REACHED = "reached", "not-reached"

consumer = Consumer("desk.timeline")


@consumer.handles(FamilyEnrolled)
async def on_family_enrolled(tx: Transaction, event: FamilyEnrolled, now: datetime) -> None:
    begun = await store.keep_course(
        tx,
        Course(
            trajectory_id=event.trajectory_id,
            family_id=event.family_id,
            programme=event.programme,
            programme_version=event.programme_version,
            phase=Phase.MATCHING,
            phase_since=event.enrolled_on,
            state=CourseState.ACTIVE,
            started_on=event.enrolled_on,
            closed_on=None,
            outcome=None,
        ),
    )
    if begun:
        for kind, on in ((MomentKind.MET, event.met_on), (MomentKind.INTAKE, event.intake_on)):
            if on is not None:
                await store.note(tx, event.trajectory_id, kind, on)
        await store.note(tx, event.trajectory_id, MomentKind.ENROLLED, event.enrolled_on)


@consumer.handles(TrajectoryPhaseEntered)
async def on_trajectory_phase_entered(tx: Transaction, event: TrajectoryPhaseEntered, now: datetime) -> None:
    today = local_date(now)
    await store.change(tx, event.trajectory_id, phase=event.phase, phase_since=today)
    await store.note(tx, event.trajectory_id, MomentKind.PHASE, today, code=event.phase.value)


@consumer.handles(TrajectoryPaused)
async def on_trajectory_paused(tx: Transaction, event: TrajectoryPaused, now: datetime) -> None:
    await store.change(tx, event.trajectory_id, state=CourseState.PAUSED)
    await store.note(tx, event.trajectory_id, MomentKind.PAUSED, local_date(now), code=event.reason)


@consumer.handles(TrajectoryResumed)
async def on_trajectory_resumed(tx: Transaction, event: TrajectoryResumed, now: datetime) -> None:
    await store.change(tx, event.trajectory_id, state=CourseState.ACTIVE)
    await store.note(tx, event.trajectory_id, MomentKind.RESUMED, local_date(now))


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    outcome = event.outcome.value
    await store.change(
        tx,
        event.trajectory_id,
        phase=Phase.CLOSED,
        phase_since=event.closed_on,
        state=CourseState.CLOSED,
        closed_on=event.closed_on,
        outcome=outcome,
    )
    await store.note(tx, event.trajectory_id, MomentKind.CLOSED, event.closed_on, code=outcome)


@consumer.handles(FamilyMoved)
async def on_family_moved(tx: Transaction, event: FamilyMoved, now: datetime) -> None:
    if event.trajectory_id is not None:
        await store.note(tx, event.trajectory_id, MomentKind.MOVED, local_date(now), code=event.area)


@consumer.handles(TandemProposed)
async def on_tandem_proposed(tx: Transaction, event: TandemProposed, now: datetime) -> None:
    number = len(event.options)
    await store.note(tx, event.trajectory_id, MomentKind.TANDEM_PROPOSED, local_date(now), number=number)


@consumer.handles(TandemConfirmed)
async def on_tandem_confirmed(tx: Transaction, event: TandemConfirmed, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.TANDEM_CONFIRMED, local_date(now))


@consumer.handles(TandemEnded)
async def on_tandem_ended(tx: Transaction, event: TandemEnded, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.TANDEM_ENDED, local_date(now), code=event.reason)


@consumer.handles(PlanAgreed)
async def on_plan_agreed(tx: Transaction, event: PlanAgreed, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.PLAN_AGREED, local_date(now), number=event.version)


@consumer.handles(GoalReached)
async def on_goal_reached(tx: Transaction, event: GoalReached, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.GOAL_REACHED, local_date(now), code=event.theme)


@consumer.handles(ReviewHeld)
async def on_review_held(tx: Transaction, event: ReviewHeld, now: datetime) -> None:
    code = READY if event.ready_to_let_go else NOT_YET
    await store.note(tx, event.trajectory_id, MomentKind.REVIEW, local_date(now), code=code)


@consumer.handles(MeasurementTaken)
async def on_measurement_taken(tx: Transaction, event: MeasurementTaken, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.MEASUREMENT, local_date(now), code=event.moment.value)


@consumer.handles(HoursLogged)
async def on_hours_logged(tx: Transaction, event: HoursLogged, now: datetime) -> None:
    code, number = event.contributor.value, event.minutes
    await store.note(tx, event.trajectory_id, MomentKind.CONTACT, event.on, code=code, number=number)


@consumer.handles(AftercareGiven)
async def on_aftercare_given(tx: Transaction, event: AftercareGiven, now: datetime) -> None:
    code = REACHED if event.reached else NOT_REACHED
    await store.note(tx, event.trajectory_id, MomentKind.AFTERCARE, local_date(now), code=code)


@consumer.handles(SpendingRequestDecided)
async def on_spending_request_decided(tx: Transaction, event: SpendingRequestDecided, now: datetime) -> None:
    await store.note(tx, event.trajectory_id, MomentKind.DECISION, local_date(now), code=event.verdict.value)
