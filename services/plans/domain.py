"""The rules of a family's plan and of how far its trajectory is: what is due when, and what may be said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from programmes.schema import Instrument, Programme
from services.plans.events import MeasurementMoment, Phase
from services.shared.calendar import add_months
from services.shared.types import Code

_ORDER = list(Phase)
REVIEWED = (Phase.WORKING_TOGETHER, Phase.LETTING_GO)
"""The phases in which a review can be held."""
MEASURED_AGAIN = (Phase.WORKING_TOGETHER, Phase.LETTING_GO)
"""The phases in which measurements follow one another on their cadence."""


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
    together, measurements alone while letting go, and the end measurement when that is over.
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


def measurement_after(trajectory: Trajectory, programme: Programme, *, taken_on: date) -> date | None:
    """When the measurement after one that was taken is due; outside the years together a phase's start says so."""
    if trajectory.phase not in MEASURED_AGAIN:
        return None
    return add_months(taken_on, programme.trajectory.measurement_months)


def moment_of(phase: Phase, taken: frozenset[MeasurementMoment]) -> MeasurementMoment | None:
    """Which moment a measurement is, by phase and by what this instrument has; None when that one was taken."""
    if phase is Phase.AFTERCARE:
        return None if MeasurementMoment.END in taken else MeasurementMoment.END
    if MeasurementMoment.BASELINE not in taken:
        return MeasurementMoment.BASELINE
    return MeasurementMoment.INTERIM if phase in MEASURED_AGAIN else None


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
