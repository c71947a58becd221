"""What a workflow may ask of plans."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from temporalio import activity

from services.plans.events import Phase, TrajectoryOutcome
from services.shared.types import Code

TASK_QUEUE = "plans"


class Due(StrEnum):
    REVIEW = "review"
    MEASUREMENT = "measurement"


@dataclass(frozen=True, kw_only=True)
class OpenTrajectory:
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    area: Code
    started_on: date


@dataclass(frozen=True, kw_only=True)
class EnterPhase:
    trajectory_id: UUID
    phase: Phase


@dataclass(frozen=True, kw_only=True)
class PauseTrajectory:
    trajectory_id: UUID
    reason: Code


@dataclass(frozen=True, kw_only=True)
class ResumeTrajectory:
    trajectory_id: UUID


@dataclass(frozen=True, kw_only=True)
class CloseTrajectory:
    trajectory_id: UUID
    outcome: TrajectoryOutcome
    reason: Code


@dataclass(frozen=True, kw_only=True)
class FindDue:
    """Which trajectories are due for a review or measurement; each is named once until it has been held."""

    programme: Code
    limit: int


@dataclass(frozen=True, kw_only=True)
class DueItem:
    trajectory_id: UUID
    family_id: UUID
    due: Due
    number: int
    due_on: date


@dataclass(frozen=True, kw_only=True)
class DueFound:
    items: tuple[DueItem, ...]


@dataclass(frozen=True, kw_only=True)
class Done:
    """`changed` is false where there was nothing to do."""

    changed: bool


class PlansActivities(ABC):
    @abstractmethod
    @activity.defn(name="plans.open_trajectory")
    async def open_trajectory(self, command: OpenTrajectory) -> Done: ...

    @abstractmethod
    @activity.defn(name="plans.enter_phase")
    async def enter_phase(self, command: EnterPhase) -> Done: ...

    @abstractmethod
    @activity.defn(name="plans.pause_trajectory")
    async def pause_trajectory(self, command: PauseTrajectory) -> Done: ...

    @abstractmethod
    @activity.defn(name="plans.resume_trajectory")
    async def resume_trajectory(self, command: ResumeTrajectory) -> Done: ...

    @abstractmethod
    @activity.defn(name="plans.close_trajectory")
    async def close_trajectory(self, command: CloseTrajectory) -> Done: ...

    @abstractmethod
    @activity.defn(name="plans.find_due")
    async def find_due(self, command: FindDue) -> DueFound: ...
