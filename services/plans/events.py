"""What plans tells the world."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from services.shared.events import Event
from services.shared.types import Code


class Phase(StrEnum):
    MATCHING = "matching"
    PLAN = "plan"
    WORKING_TOGETHER = "working-together"
    LETTING_GO = "letting-go"
    AFTERCARE = "aftercare"
    CLOSED = "closed"


class TrajectoryOutcome(StrEnum):
    COMPLETED = "completed"
    STOPPED = "stopped"
    MOVED_AWAY = "moved-away"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    NO_MATCH = "no-match"
    NO_FUNDS = "no-funds"
    PROGRAMME_ENDED = "programme-ended"
    NOT_STARTED = "not-started"
    """Undone because a step of its start could not be done."""


class MeasurementMoment(StrEnum):
    BASELINE = "baseline"
    INTERIM = "interim"
    END = "end"


class Contributor(StrEnum):
    PROFESSIONAL = "professional"
    BUDDY = "buddy"


class TrajectoryOpened(Event, domain="trajectories"):
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    area: Code | None = None


class TrajectoryPhaseEntered(Event, domain="trajectories", subject_field="trajectory_id"):
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    phase: Phase


class TrajectoryPaused(Event, domain="trajectories"):
    trajectory_id: UUID
    reason: Code


class TrajectoryResumed(Event, domain="trajectories"):
    trajectory_id: UUID


class TrajectoryClosed(Event, domain="trajectories"):
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    outcome: TrajectoryOutcome
    reason: Code
    closed_on: date


class PlanAgreed(Event, domain="plans", subject_field="trajectory_id"):
    """The family agreed to this version of its plan; what stands in it stays with the family's own pages."""

    trajectory_id: UUID
    plan_id: UUID
    version: int
    goals: int


class GoalReached(Event, domain="goals", subject_field="trajectory_id"):
    trajectory_id: UUID
    goal_id: UUID
    theme: Code


class ReviewHeld(Event, domain="reviews", subject_field="trajectory_id"):
    trajectory_id: UUID
    review_id: UUID
    ready_to_let_go: bool
    goals_open: int
    goals_reached: int


class MeasurementTaken(Event, domain="measurements", subject_field="trajectory_id"):
    """Scores by dimension, on the scale of this version of the instrument."""

    trajectory_id: UUID
    instrument: Code
    instrument_version: int
    moment: MeasurementMoment
    scores: dict[Code, int]


class HoursLogged(Event, domain="hours", subject_field="trajectory_id"):
    trajectory_id: UUID
    contributor: Contributor
    minutes: int
    on: date


class AftercareGiven(Event, domain="aftercare", subject_field="trajectory_id"):
    """An aftercare call was made (or tried)."""

    trajectory_id: UUID
    number: int
    reached: bool
