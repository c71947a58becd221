"""What matching tells the world."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.shared.events import Event
from services.shared.types import Code


class TandemPart(StrEnum):
    SUPPORTER = "supporter"
    BUDDY = "buddy"


class TrialOutcome(StrEnum):
    CONFIRMED = "confirmed"
    AGAIN = "again"


class TandemOption(BaseModel):
    """One tandem that a family may choose, with the reasons for it."""

    model_config = ConfigDict(frozen=True)

    tandem_id: UUID
    supporter_id: UUID
    buddy_id: UUID
    reasons: tuple[Code, ...]


class PersonRegistered(Event, domain="people"):
    """A supporter or buddy can be matched."""

    person_id: UUID
    programme: Code
    part: TandemPart


class PersonChanged(Event, domain="people"):
    """A supporter or buddy works elsewhere or in another team, or takes another number of families.

    A supporter's families go along to the team: who stands beside them stays.
    """

    person_id: UUID
    programme: Code
    part: TandemPart
    areas: tuple[Code, ...]
    team: Code | None


class PersonLeft(Event, domain="people"):
    """A supporter or buddy stops; `trajectory_ids` are the families who need another."""

    person_id: UUID
    part: TandemPart
    trajectory_ids: tuple[UUID, ...]
    programme: Code | None = None


class MatchingRoundHeld(Event, domain="matching-rounds", subject_field="round_id"):
    round_id: UUID
    programme: Code
    held_on: date
    waiting: int
    proposed: int
    unmatched: int


class TandemProposed(Event, domain="tandems", subject_field="trajectory_id"):
    """The family may choose one of these, or none."""

    trajectory_id: UUID
    family_id: UUID
    round_id: UUID
    options: tuple[TandemOption, ...]


class TandemChosen(Event, domain="tandems", subject_field="trajectory_id"):
    trajectory_id: UUID
    family_id: UUID
    tandem_id: UUID
    supporter_id: UUID | None = None
    buddy_id: UUID | None = None
    team: Code | None = None
    """The supporter's."""


class TandemDeclined(Event, domain="tandems", subject_field="trajectory_id"):
    """The family wants none of these; it waits for the next round."""

    trajectory_id: UUID
    family_id: UUID
    round_id: UUID
    reason: Code


class TrialEvaluated(Event, domain="trials", subject_field="trajectory_id"):
    trajectory_id: UUID
    tandem_id: UUID
    outcome: TrialOutcome


class TandemConfirmed(Event, domain="tandems", subject_field="trajectory_id"):
    trajectory_id: UUID
    family_id: UUID
    tandem_id: UUID
    supporter_id: UUID
    buddy_id: UUID
    replaces: bool
    waited_days: int
    team: Code | None = None


class TandemEnded(Event, domain="tandems", subject_field="trajectory_id"):
    trajectory_id: UUID
    tandem_id: UUID
    reason: Code


TANDEM_SCOPE_EVENTS: tuple[type[Event], ...] = (
    TandemChosen,
    TandemConfirmed,
    TandemEnded,
    TrialEvaluated,
    PersonChanged,
    PersonLeft,
)
"""By these every service knows who works with which family."""
