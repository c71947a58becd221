"""What people do with a plan: bodies of the API, and what the simulation's people do. Their texts stay in plans."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.plans.domain import ContactKind, DocumentKind, Present, Scan, Who
from services.plans.events import Contributor
from services.shared.types import Code

WORDS_MAX = 2_000
GOALS_MAX = 20
STEPS_MAX = 50
DIMENSIONS_MAX = 20
MINUTES_A_DAY = 1_440
NUMBER_MAX = 1_000
LABEL_MAX = 120

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WORDS_MAX)]
"""A family's own words, or words about it."""
Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewGoal(_Command):
    """What the family wants to have reached; a goal that it has already keeps its words and gets its new place."""

    goal_id: UUID
    words: Words
    theme: Code


class DraftPlan(_Command):
    """Where are we now, what do we want; goals with the most stressful one first.

    `seen` is the mark of the plan that was read; without one there was none yet. Who comes second changes nothing.
    """

    trajectory_id: UUID
    situation: Words
    wishes: Words
    goals: Annotated[tuple[NewGoal, ...], Field(min_length=1, max_length=GOALS_MAX)]
    seen: str = ""


class AgreePlan(_Command):
    """The family agrees to the draft that it has seen: this version, no other."""

    trajectory_id: UUID
    version: Number


class AddGoal(_Command):
    """One goal more, in a draft that the family has yet to agree to."""

    trajectory_id: UUID
    goal: NewGoal


class ReachGoal(_Command):
    trajectory_id: UUID
    goal_id: UUID


class DropGoal(_Command):
    """The family does not want this any more."""

    trajectory_id: UUID
    goal_id: UUID


class AddStep(_Command):
    """Who does what, by when."""

    trajectory_id: UUID
    step_id: UUID
    goal_id: UUID
    words: Words
    who: Who
    by: date | None = None


class MarkStepDone(_Command):
    trajectory_id: UUID
    step_id: UUID


class HoldReview(_Command):
    """The conversation about how it goes. `number` is the one that is due, or the next one when held early."""

    trajectory_id: UUID
    number: Number
    ready_to_let_go: bool
    notes: Words | None = None


class TakeMeasurement(_Command):
    """An instrument's scores by dimension. `number` is the one that is due, or the next one when taken early."""

    trajectory_id: UUID
    number: Number
    instrument: Code
    scores: Annotated[dict[Code, int], Field(max_length=DIMENSIONS_MAX)]


class LogHours(_Command):
    """Contact time of the one who logs it. The same entry again changes nothing."""

    entry_id: UUID
    trajectory_id: UUID
    contributor: Contributor
    minutes: Annotated[int, Field(ge=1, le=MINUTES_A_DAY)]
    on: date


class GiveAftercare(_Command):
    """The call of this number was made; `reached` says whether somebody answered."""

    trajectory_id: UUID
    number: Number
    reached: bool


class WriteJournal(_Command):
    """One contact with the family: what was done, and how long it took. The same entry again changes nothing.

    `words` is about people and stays in plans; `minutes` above zero count for the tandem.
    """

    entry_id: UUID
    trajectory_id: UUID
    on: date
    kind: ContactKind
    present: Annotated[tuple[Present, ...], Field(max_length=len(Present))] = ()
    minutes: Annotated[int, Field(ge=0, le=MINUTES_A_DAY)] = 0
    words: Words | None = None


class AddDocument(_Command):
    """A document that has been looked at and sealed; `sealed` can be read with the family's key only."""

    document_id: UUID
    trajectory_id: UUID
    kind: DocumentKind
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LABEL_MAX)]
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    size_bytes: Annotated[int, Field(ge=1)]
    scan: Scan
    sealed: bytes


class RemoveDocument(_Command):
    trajectory_id: UUID
    document_id: UUID


class WriteTaskNote(_Command):
    """What a colleague who does a task of the desk should know. `note_id` is made by who sends it."""

    note_id: UUID
    trajectory_id: UUID
    task_id: UUID
    words: Words
