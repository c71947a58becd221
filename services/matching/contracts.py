"""What a workflow may ask of matching."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from services.shared.types import Code

TASK_QUEUE = "matching"


@dataclass(frozen=True, kw_only=True)
class RequestTandem:
    """A family waits for a tandem from now on. `number` counts its requests: 1, and one more for each change."""

    trajectory_id: UUID
    family_id: UUID
    number: int
    programme: Code
    programme_version: int
    area: Code
    languages: tuple[Code, ...]
    themes: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class WithdrawRequest:
    """The family waits no longer: open proposals and a trial end too."""

    trajectory_id: UUID


@dataclass(frozen=True, kw_only=True)
class EndTandem:
    """The tandem of a trajectory ends and its people are free for another family."""

    trajectory_id: UUID
    reason: Code


@dataclass(frozen=True, kw_only=True)
class MoveFamily:
    trajectory_id: UUID
    area: Code


@dataclass(frozen=True, kw_only=True)
class HoldRound:
    programme: Code
    programme_version: int
    round_number: int


@dataclass(frozen=True, kw_only=True)
class RoundHeld:
    waiting: int
    proposed: int
    unmatched: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """`changed` is false where there was nothing to do."""

    changed: bool


class MatchingActivities(ABC):
    @abstractmethod
    @activity.defn(name="matching.request_tandem")
    async def request_tandem(self, command: RequestTandem) -> Done: ...

    @abstractmethod
    @activity.defn(name="matching.withdraw_request")
    async def withdraw_request(self, command: WithdrawRequest) -> Done: ...

    @abstractmethod
    @activity.defn(name="matching.end_tandem")
    async def end_tandem(self, command: EndTandem) -> Done: ...

    @abstractmethod
    @activity.defn(name="matching.move_family")
    async def move_family(self, command: MoveFamily) -> Done: ...

    @abstractmethod
    @activity.defn(name="matching.hold_round")
    async def hold_round(self, command: HoldRound) -> RoundHeld: ...
