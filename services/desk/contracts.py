"""What a workflow may ask of the desk, and what the desk brings to a workflow."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import permutations
from uuid import UUID

from temporalio import activity

from services.shared.roles import Role
from services.shared.types import Code, Digest, stable_id

TASK_QUEUE = "desk"
DECIDE_UPDATE = "decide"
"""The update by which a person's decision reaches the Approval in a workflow."""
ACT_UPDATE = "act"
"""The update by which a person's action reaches a FamilyTrajectory."""


class TaskKind(StrEnum):
    CONTACT_FAMILY = "contact-family"
    DO_INTAKE = "do-intake"
    CHOOSE_TANDEM = "choose-tandem"
    EVALUATE_TRIAL = "evaluate-trial"
    MAKE_PLAN = "make-plan"
    HOLD_REVIEW = "hold-review"
    TAKE_MEASUREMENT = "take-measurement"
    DECIDE_REQUEST = "decide-request"
    RELEASE_BATCH = "release-batch"
    GIVE_AFTERCARE = "give-aftercare"
    TALK_ABOUT_PAUSE = "talk-about-pause"
    SAFETY_CONCERN = "safety-concern"
    ANSWER_QUESTION = "answer-question"
    CHECK_PAYEE = "check-payee"
    MEND_REQUEST = "mend-request"
    ASK_URGENT_NEED = "ask-urgent-need"


OF_A_SIGNAL = (TaskKind.CONTACT_FAMILY, TaskKind.DO_INTAKE)
"""Of a family that is no family yet: their subject is the signal."""
OF_A_TRAJECTORY = (
    TaskKind.CHOOSE_TANDEM,
    TaskKind.EVALUATE_TRIAL,
    TaskKind.MAKE_PLAN,
    TaskKind.HOLD_REVIEW,
    TaskKind.TAKE_MEASUREMENT,
    TaskKind.GIVE_AFTERCARE,
    TaskKind.TALK_ABOUT_PAUSE,
    TaskKind.ASK_URGENT_NEED,
)
"""Their subject is the trajectory."""


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """One piece of work for people. The same task_id again changes nothing.

    `subject_id` is what it is about (signal, trajectory, request, batch); `trajectory_id` of which trajectory that is,
    where it is no trajectory itself: who may see that may see the task. `workflow` names the approval to which a
    decision goes, None for work that is done elsewhere. `roles` may take it; `excluded` never. From `remind_on` on it
    is shown as one to be reminded of. After `fatal_on`, where a law or a programme names such a day, it can no longer
    be done. A decision needs so many different `deciders`, who together fill the `seats`. Whoever it is `meant_for` has
    it from the start, if they may take it.
    """

    task_id: UUID
    kind: TaskKind
    programme: Code
    subject_id: UUID
    family_id: UUID | None
    roles: tuple[Role, ...]
    due_on: date
    workflow: UUID | None = None
    digest: Digest | None = None
    excluded: tuple[UUID, ...] = ()
    number: int = 1
    remind_on: date | None = None
    fatal_on: date | None = None
    deciders: int = 1
    seats: tuple[Role, ...] = ()
    trajectory_id: UUID | None = None
    meant_for: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CloseTask:
    """Every open task of this subject and kind (all kinds when None) is closed."""

    subject_id: UUID
    kind: TaskKind | None
    outcome: Code


@dataclass(frozen=True, kw_only=True)
class OpenTasks:
    """What is put on the list, after what it takes the place of has been closed."""

    tasks: tuple[OpenTask, ...]
    closes: tuple[CloseTask, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EscalateTask:
    """A role more may take it."""

    task_id: UUID
    role: Role


@dataclass(frozen=True, kw_only=True)
class Counted:
    count: int


class Choice(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the desk sends to an approval. `on_behalf_of` is whom a stand-in stands in for."""

    choice: Choice
    person: UUID
    roles: tuple[Role, ...]
    reason: Code
    digest: Digest
    on_behalf_of: UUID | None = None


class TrajectoryAct(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    CHANGE_TANDEM = "change-tandem"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class TrajectoryAction:
    """What the desk sends to a FamilyTrajectory."""

    act: TrajectoryAct
    person: UUID
    reason: Code


def refused_act(act: TrajectoryAct, *, paused: bool, together: bool) -> Code | None:
    """Why an action makes no sense now, None when it does; `together` is with a tandem that the family confirmed."""
    match act:
        case TrajectoryAct.PAUSE if paused:
            return "already-paused"
        case TrajectoryAct.RESUME if not paused:
            return "not-paused"
        case TrajectoryAct.CHANGE_TANDEM if not together:
            return "no-tandem"
    return None


def all_sit(seats: Sequence[Role], escalated: Role | None, approvals: Sequence[Collection[Role]]) -> bool:
    """Whether each approval, given as the roles of who gave it, can take a seat of its own role.

    Whoever it was escalated to can take any. There are two seats at most, so every order is tried.
    """
    if not seats:
        return True
    return any(
        all({seat, escalated} & set(roles) for seat, roles in zip(order, approvals, strict=False))
        for order in permutations(seats)
    )


def approval_id(subject: UUID) -> str:
    """The id of the workflow in which people decide about a subject (a request, a batch)."""
    return f"approval-{subject}"


def decision_task_id(subject: UUID) -> UUID:
    """The task in which people decide about a subject."""
    return stable_id(approval_id(subject), "task")


def concern_task_id(concern_id: UUID) -> UUID:
    """The task that a concern about safety is."""
    return stable_id("safety-concern", concern_id)


def urgent_task_id(asks: UUID) -> UUID:
    """The task to ask for what cannot wait: of a trajectory, or of the request for it that came to nothing."""
    return stable_id("ask-urgent-need", asks)


def trajectory_workflow_id(trajectory_id: UUID) -> str:
    """The workflow id of a family's trajectory."""
    return f"trajectory-{trajectory_id}"


class DeskActivities(ABC):
    @abstractmethod
    @activity.defn(name="desk.open_tasks")
    async def open_tasks(self, command: OpenTasks) -> Counted: ...

    @abstractmethod
    @activity.defn(name="desk.close_task")
    async def close_task(self, command: CloseTask) -> Counted: ...

    @abstractmethod
    @activity.defn(name="desk.escalate_task")
    async def escalate_task(self, command: EscalateTask) -> Counted: ...
