"""What a workflow may ask of intake."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from temporalio import activity

from services.shared.types import Code

TASK_QUEUE = "intake"


class Admission(StrEnum):
    ENROLLED = "enrolled"
    DECLINED = "declined"
    WAITING = "waiting"
    CLOSED = "closed"
    """The signal had ended already."""


@dataclass(frozen=True, kw_only=True)
class Admit:
    signal_id: UUID


@dataclass(frozen=True, kw_only=True)
class Admitted:
    admission: Admission
    family_id: UUID | None = None
    trajectory_id: UUID | None = None
    reasons: tuple[Code, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CloseSignal:
    signal_id: UUID
    reason: Code


@dataclass(frozen=True, kw_only=True)
class CloseWaitingList:
    """The programme has ended: who still waits is declined, with other help."""

    programme: Code


@dataclass(frozen=True, kw_only=True)
class EraseDue:
    """Erase at most `limit` families whose retention term has passed at the activity's time."""

    programme: Code
    limit: int


@dataclass(frozen=True, kw_only=True)
class Counted:
    count: int


class IntakeActivities(ABC):
    @abstractmethod
    @activity.defn(name="intake.admit")
    async def admit(self, command: Admit) -> Admitted:
        """Decide on a completed intake: does the programme fit, is there a place."""

    @abstractmethod
    @activity.defn(name="intake.close_signal")
    async def close_signal(self, command: CloseSignal) -> Counted: ...

    @abstractmethod
    @activity.defn(name="intake.close_waiting_list")
    async def close_waiting_list(self, command: CloseWaitingList) -> Counted: ...

    @abstractmethod
    @activity.defn(name="intake.erase_due")
    async def erase_due(self, command: EraseDue) -> Counted: ...
