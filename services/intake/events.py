"""What intake tells the world."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from services.shared.events import Event
from services.shared.types import Code


class ContactOutcome(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not-reached"
    REFUSED = "refused"


class SignalReceived(Event, domain="signals"):
    """A family was met, referred, or signed up itself."""

    signal_id: UUID
    programme: Code
    programme_version: int
    area: Code
    channel: Code
    received_by: UUID | None = None
    needs: tuple[Code, ...] = ()
    """What is needed now, where somebody asked: codes of the programme's categories."""
    switched_from: UUID | None = None
    """The signal in another programme that goes on as this one."""


class ContactAttempted(Event, domain="contacts"):
    """Somebody tried to reach a family that a signal is about."""

    signal_id: UUID
    attempt: int
    outcome: ContactOutcome
    by: UUID | None = None
    """Who tried."""


class SignalClosed(Event, domain="signals"):
    """A signal ended before an intake: unreachable, refused, no-intake; or goes on in another programme."""

    signal_id: UUID
    programme: Code
    reason: Code
    switched_to: UUID | None = None
    """The signal in the other programme as which it goes on."""


class ConsentGiven(Event, domain="consents"):
    family_id: UUID
    purpose: Code
    text_version: int
    signal_id: UUID | None = None
    programme: Code | None = None


class ConsentWithdrawn(Event, domain="consents"):
    """`trajectory_id` is the trajectory that cannot go on without it, if there is one."""

    family_id: UUID
    purpose: Code
    required: bool
    trajectory_id: UUID | None = None
    programme: Code | None = None


class IntakeCompleted(Event, domain="intakes", subject_field="signal_id"):
    """Household, what weighs most and consents are known; admission can be decided."""

    signal_id: UUID
    family_id: UUID
    programme: Code
    children: int
    expected_births: int
    returning: bool
    intake_by: UUID | None = None
    """Who did the intake."""


class FamilyEnrolled(Event, domain="families"):
    """A family has a place; its trajectory starts under this version of the programme, and keeps it."""

    family_id: UUID
    trajectory_id: UUID
    signal_id: UUID
    programme: Code
    programme_version: int
    area: Code
    enrolled_on: date
    children: int
    languages: tuple[Code, ...]
    themes: tuple[Code, ...]
    from_waiting_list: bool
    received_by: UUID | None = None
    """Who met the family: until it has a tandem, it is theirs."""
    intake_by: UUID | None = None
    """Who did its intake: until it has a tandem, it is theirs too."""
    met_on: date | None = None
    """The day on which it was met or signed up, in whichever programme that was."""
    intake_on: date | None = None
    needs: tuple[Code, ...] = ()
    """What cannot wait, as it was told until the intake: codes of the programme's categories."""


class FamilyDeclined(Event, domain="families"):
    family_id: UUID
    signal_id: UUID
    programme: Code
    reasons: tuple[Code, ...]
    other_help: tuple[Code, ...]


class FamilyWaitlisted(Event, domain="families"):
    family_id: UUID
    signal_id: UUID
    programme: Code
    position: int


class FamilyMoved(Event, domain="families"):
    """The address changed; only the area is told."""

    family_id: UUID
    trajectory_id: UUID | None
    area: Code
    within_programme: bool


class FamilyErased(Event, domain="families"):
    """Everything that identified the family is gone here; whoever keeps something of it erases too."""

    family_id: UUID
    trajectory_ids: tuple[UUID, ...]


class UrgentNeedReported(Event, domain="urgent-needs"):
    """Something that cannot wait for a plan."""

    family_id: UUID
    need: Code


class FamilyMerged(Event, domain="families"):
    """Two files were of one family: what stood under `merged_id` stands under `family_id` from now on."""

    family_id: UUID
    merged_id: UUID
    merge_id: UUID
    signal_ids: tuple[UUID, ...]
    trajectory_ids: tuple[UUID, ...]


class FamilyUnmerged(Event, domain="families"):
    """They are two families after all: these stand under `merged_id` again."""

    family_id: UUID
    merged_id: UUID
    merge_id: UUID
    signal_ids: tuple[UUID, ...]
    trajectory_ids: tuple[UUID, ...]


FAMILY_SCOPE_EVENTS: tuple[type[Event], ...] = (
    FamilyEnrolled,
    FamilyMoved,
    ConsentGiven,
    ConsentWithdrawn,
    FamilyErased,
    FamilyMerged,
    FamilyUnmerged,
)
"""By these every service knows which families there are, where they live, and whose doors are closed."""
