"""The rules of a family's plan and of how far its trajectory is: what is due when, and what may be said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from programmes.schema import Instrument, Programme
from services.plans.events import MeasurementMoment, Phase
from services.shared.calendar import add_months
from services.shared.types import Code

_ORDER = list(Phase)
YEARS_TOGETHER = (Phase.WORKING_TOGETHER, Phase.LETTING_GO)
"""The phases in which a review can be held and progress is measured."""
END_MEASUREMENT_LEAD = timedelta(days=28)
"""The end measurement falls due so long before letting go is over: time to sit down for it while somebody is there."""


class TrajectoryState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class PlanState(StrEnum):
    DRAFT = "draft"
    AGREED = "agreed"
    REPLACED = "replaced"


class GoalState(StrEnum):
    OPEN = "open"
    REACHED = "reached"
    DROPPED = "dropped"


class ContactKind(StrEnum):
    """How a family and somebody of its tandem met or spoke."""

    VISIT = "visit"
    OUTDOORS = "outdoors"
    CALL = "call"
    MESSAGE = "message"
    GROUP = "group"
    WITH_PARTNER = "with-partner"


class Present(StrEnum):
    """Who was there, besides the one who writes."""

    PARENT = "parent"
    CHILD = "child"
    SUPPORTER = "supporter"
    BUDDY = "buddy"
    INTERPRETER = "interpreter"
    PARTNER = "partner"


class DocumentKind(StrEnum):
    PLAN = "plan"
    LETTER = "letter"
    DECISION = "decision"
    PROOF = "proof"
    OTHER = "other"


class Scan(StrEnum):
    """What a virus scanner said; what it found infected is never kept."""

    CLEAN = "clean"
    NOT_SCANNED = "not-scanned"


class Change(StrEnum):
    """What can be changed in a trajectory, as its history tells it."""

    TRAJECTORY_OPENED = "trajectory-opened"
    PHASE_ENTERED = "phase-entered"
    PAUSED = "paused"
    RESUMED = "resumed"
    TRAJECTORY_CLOSED = "trajectory-closed"
    TANDEM_CONFIRMED = "tandem-confirmed"
    TANDEM_ENDED = "tandem-ended"
    FAMILY_MOVED = "family-moved"
    PLAN_DRAFTED = "plan-drafted"
    PLAN_AGREED = "plan-agreed"
    GOAL_ADDED = "goal-added"
    GOAL_REACHED = "goal-reached"
    GOAL_DROPPED = "goal-dropped"
    STEP_ADDED = "step-added"
    STEP_DONE = "step-done"
    REVIEW_HELD = "review-held"
    MEASUREMENT_TAKEN = "measurement-taken"
    CONTACT_WRITTEN = "contact-written"
    HOURS_LOGGED = "hours-logged"
    AFTERCARE_GIVEN = "aftercare-given"
    DOCUMENT_ADDED = "document-added"
    DOCUMENT_REMOVED = "document-removed"
    TEXTS_ERASED = "texts-erased"


class Who(StrEnum):
    """Who takes a step."""

    FAMILY = "family"
    SUPPORTER = "supporter"
    BUDDY = "buddy"
    PARTNER = "partner"


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """How far a family is; the dates of what is next are empty while it is named already, or nothing is to come."""

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
    supporter_id: UUID | None
    buddy_id: UUID | None
    next_review_on: date | None
    next_measurement_on: date | None


@dataclass(frozen=True)
class Measured:
    """What is known of a trajectory's measurements: the moments that were taken, and whether one is named now."""

    taken: frozenset[MeasurementMoment] = frozenset()
    named: bool = False


@dataclass(frozen=True)
class NextDue:
    """When the next review and measurement fall due."""

    review_on: date | None
    measurement_on: date | None


def is_forward(current: Phase, to: Phase) -> bool:
    """A trajectory goes forward only; who comes back starts a new one."""
    return _ORDER.index(to) > _ORDER.index(current)


def due_on_entering(
    trajectory: Trajectory, phase: Phase, programme: Programme, measured: Measured, *, on: date
) -> NextDue:
    """What falls due once a phase begins.

    The baseline with the first plan, then reviews and measurements on the programme's cadence while working
    together, and the end measurement before letting go is over, or else right after.
    """
    course = programme.trajectory
    review, measurement = trajectory.next_review_on, trajectory.next_measurement_on
    match phase:
        case Phase.PLAN if not measured.taken and not measured.named:
            measurement = on
        case Phase.WORKING_TOGETHER:
            review = add_months(on, course.review_months)
            if measurement is None and not measured.named:
                measurement = add_months(on, course.measurement_months) if measured.taken else on
        case Phase.LETTING_GO:
            review = None
            if not measured.named:
                measurement = min(measurement or date.max, end_measurement_on(on, programme))
        case Phase.AFTERCARE:
            review = None
            ended = MeasurementMoment.END in measured.taken
            measurement = None if measured.named or ended else on
        case Phase.CLOSED:
            review = measurement = None
    return NextDue(review_on=review, measurement_on=measurement)


def review_after(trajectory: Trajectory, programme: Programme, *, held_on: date) -> date | None:
    """When the review after one that was held is due; none once the family lets go."""
    if trajectory.phase is not Phase.WORKING_TOGETHER:
        return None
    return add_months(held_on, programme.trajectory.review_months)


def measurement_after(
    trajectory: Trajectory, programme: Programme, moment: MeasurementMoment, *, taken_on: date
) -> date | None:
    """When the measurement after one that was taken is due; before the years together their start says so."""
    following = add_months(taken_on, programme.trajectory.measurement_months)
    match trajectory.phase:
        case Phase.WORKING_TOGETHER:
            return following
        case Phase.LETTING_GO if moment is not MeasurementMoment.END:
            return max(taken_on, min(following, end_measurement_on(trajectory.phase_since, programme)))
        case _:
            return None


def end_measurement_on(letting_go_since: date, programme: Programme) -> date:
    """The day on which the end measurement falls due: a while before letting go, or the programme, is over."""
    over = add_months(letting_go_since, programme.trajectory.letting_go_months)
    if programme.period.end is not None:
        over = min(over, programme.period.end)
    return max(letting_go_since, over - END_MEASUREMENT_LEAD)


def moment_of(
    trajectory: Trajectory, programme: Programme, taken: frozenset[MeasurementMoment], *, on: date
) -> MeasurementMoment | None:
    """Which moment a measurement is, by phase, day and what this instrument has; None when there is none to take."""
    if MeasurementMoment.END in taken:
        return None
    phase = trajectory.phase
    ending = phase is Phase.LETTING_GO and on >= end_measurement_on(trajectory.phase_since, programme)
    if ending or phase is Phase.AFTERCARE:
        return MeasurementMoment.END
    if MeasurementMoment.BASELINE not in taken:
        return MeasurementMoment.BASELINE
    return MeasurementMoment.INTERIM if phase in YEARS_TOGETHER else None


def wrong_scores(instrument: Instrument, scores: Mapping[Code, int]) -> tuple[Code, ...]:
    """The dimensions that are missing, unknown, or scored outside the scale."""
    asked = {dimension.code for dimension in instrument.dimensions}
    outside = {code for code, score in scores.items() if not instrument.minimum <= score <= instrument.maximum}
    return tuple(sorted((asked ^ scores.keys()) | outside))


def aftercare_dates(programme: Programme, *, ended_on: date) -> tuple[date, ...]:
    """The days on which somebody calls after letting go has ended."""
    return tuple(add_months(ended_on, months) for months in programme.trajectory.aftercare_months)


def hours_refusal(trajectory: Trajectory, on: date, *, today: date) -> Code | None:
    """Hours may be written down late, for days on which the trajectory ran."""
    if on > today:
        return "in-the-future"
    if on < trajectory.started_on or (trajectory.closed_on is not None and on > trajectory.closed_on):
        return "not-during-the-trajectory"
    return None
