"""What people do at the desk: the same models for the API and for whoever else acts as people do."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.desk.contracts import Choice, TrajectoryAct
from services.shared.types import Code, Digest


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
