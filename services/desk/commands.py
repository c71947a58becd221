"""What people do at the desk: the same models for the API and for whoever else acts as people do."""

from datetime import date
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
