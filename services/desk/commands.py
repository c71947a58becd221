"""What people do at the desk: the same models for the API and for whoever else acts as people do."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.desk.contracts import Choice, TaskKind, TrajectoryAct
from services.desk.due import DueWithin
from services.shared.types import Code, Digest

BULK_MAX = 100
"""As many tasks as stand on one page of the worklist."""
SEARCH_NAME_PATTERN = r"^[\w ,.()+-]{1,40}$"


class Whose(StrEnum):
    """Which part of the worklist somebody looks at."""

    MINE = "mine"
    TEAM = "team"
    UNASSIGNED = "unassigned"
    STAND_IN = "stand-in"
    SNOOZED = "snoozed"


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DecisionBody(_Command):
    """`digest` is that of the task as the person saw it; `on_behalf_of` is whom a stand-in stands in for."""

    choice: Choice
    reason: Code
    digest: Digest
    on_behalf_of: UUID | None = None


class Decide(DecisionBody):
    task_id: UUID


class DeciderAsks(StrEnum):
    """What a decider may want to know; more than this is talked about."""

    WHY_THIS_AMOUNT = "why-this-amount"
    CHEAPER_WAY = "cheaper-way"
    OTHER_HELP = "other-help"
    WHEN_NEEDED = "when-needed"
    RIGHT_PAYEE = "right-payee"
    WHICH_GOAL = "which-goal"
    PLEASE_CALL = "please-call"


class AskerAnswers(StrEnum):
    """What an asker may answer."""

    IT_IS_RIGHT = "it-is-right"
    NO_OTHER_WAY = "no-other-way"
    OTHER_HELP_SAID_NO = "other-help-said-no"
    NEEDED_THIS_WEEK = "needed-this-week"
    CAN_WAIT = "can-wait"
    TOLD_BY_VOICE = "told-by-voice"
    WILL_ASK_ANEW = "will-ask-anew"


class AskBack(_Command):
    """`question_id` is made by who sends it, so that sending twice is asking once."""

    question_id: UUID
    task_id: UUID
    question: DeciderAsks


class AnswerQuestion(_Command):
    question_id: UUID
    answer: AskerAnswers


class ActionBody(_Command):
    """`action_id` is made by who sends it, so that sending twice is acting once."""

    action_id: UUID
    act: TrajectoryAct
    reason: Code


class ActOnTrajectory(ActionBody):
    trajectory_id: UUID


class CompletionBody(_Command):
    outcome: Code


class CompleteTask(CompletionBody):
    task_id: UUID


class Reason(StrEnum):
    """Why a task changes hands."""

    TOO_BUSY = "too-busy"
    AWAY = "away"
    LEFT = "left"
    ELSEWHERE = "elsewhere"
    KNOWS_FAMILY = "knows-family"
    OTHER_EXPERTISE = "other-expertise"
    BY_MISTAKE = "by-mistake"


class Assignment(StrEnum):
    """What somebody does with many tasks at once."""

    TAKE = "take"
    HAND_OVER = "hand-over"
    RELEASE = "release"


class HandOverBody(_Command):
    to: UUID
    reason: Reason


class HandOver(HandOverBody):
    task_id: UUID


class AssignMany(_Command):
    """The same for many tasks; handing over names a colleague and a reason."""

    task_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=BULK_MAX)]
    assignment: Assignment
    to: UUID | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def whole(self) -> Self:
        if self.assignment is Assignment.HAND_OVER and (self.to is None or self.reason is None):
            raise ValueError("handing over names a colleague and a reason")
        return self


class MoveAll(_Command):
    """Everything that one person has goes to a colleague or, without one, back to the team."""

    person: UUID
    to: UUID | None = None
    reason: Reason


class SnoozeBody(_Command):
    """Not before this day; None: now."""

    until: date | None


class Snooze(SnoozeBody):
    task_id: UUID


class SaveSearch(_Command):
    """What somebody looks for in the worklist, under a name of their own. The same id again changes nothing."""

    search_id: UUID
    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=SEARCH_NAME_PATTERN)]
    whose: Whose = Whose.TEAM
    kind: TaskKind | None = None
    programme: Code | None = None
    area: Code | None = None
    due: DueWithin | None = None


class SetStandIn(_Command):
    """I am away from the first day to the last; this colleague may use my roles meanwhile."""

    stand_in_id: UUID
    stand_in: UUID
    from_on: date
    until_on: date


class ReportSafetyConcern(_Command):
    """Somebody may be in danger: a person looks today. What it is about is told by voice, never written here."""

    concern_id: UUID
    programme: Code
    family_id: UUID
