"""What people do at intake: the same models for the API and for whoever else acts as people do."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from programmes.schema import IncomeBand
from services.intake.events import ContactOutcome
from services.shared.types import Code

MEMBERS_MAX = 25
EXPECTED_MAX = 6
LIST_MAX = 20

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""A short text about a person; it never leaves intake."""
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{7,17}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}$", max_length=254)]
Postcode = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}[A-Z]{2}$")]
"""A Dutch postcode without a space."""
Codes = Annotated[tuple[Code, ...], Field(max_length=LIST_MAX)]


class MemberRole(StrEnum):
    PARENT = "parent"
    CHILD = "child"
    OTHER = "other"


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReachFirst(StrEnum):
    """Whom to call first about a family that somebody refers."""

    FAMILY = "family"
    REFERRER = "referrer"


class Referral(_Command):
    """Who sends a family here, how to reach that person, and whom to call first. The family knows of it."""

    name: Line
    phone: Phone | None = None
    email: Email | None = None
    reach_first: ReachFirst = ReachFirst.FAMILY


class ReceiveSignal(_Command):
    """A family was met, referred, or signs up itself. Without a version it is the programme's latest.

    `contact_via` says through whom a family is reached that has no number of its own; `needs` are codes of the
    programme's categories: what is needed now. `call_consent` is the version of the text under which the family agreed
    to be called; None where that was not asked.
    """

    signal_id: UUID
    programme: Code
    programme_version: int | None = None
    area: Code
    channel: Code
    contact_name: Line | None = None
    contact_phone: Phone | None = None
    contact_email: Email | None = None
    contact_via: Line | None = None
    contact_language: Code | None = None
    needs: Codes = ()
    call_consent: Annotated[int, Field(ge=1, le=1000)] | None = None
    referral: Referral | None = None


class CorrectContact(_Command):
    """What a family is called and how it is reached, mended before its intake; `seen` is the mark of what was read."""

    signal_id: UUID
    contact_name: Line
    contact_phone: Phone | None = None
    contact_email: Email | None = None
    contact_via: Line | None = None
    seen: str = ""


class SwitchReason(StrEnum):
    """Why somebody chose another programme."""

    FITS_BETTER = "fits-better"
    FAMILY_WISH = "family-wish"
    PLACE_SOONER = "place-sooner"
    WRONG_START = "wrong-start"
    SWITCHED_BACK = "switched-back"


class SwitchProgramme(_Command):
    """A sign-up goes on in another programme."""

    signal_id: UUID
    programme: Code
    reason: SwitchReason


class RecordContactAttempt(_Command):
    attempt_id: UUID
    signal_id: UUID
    outcome: ContactOutcome


class GiveConsent(_Command):
    """A family's answer for one purpose, in the talk that a signal led to. The first answer opens the family's file.

    `family_id` names a family that is known already; a new one gets an id that follows from the signal. `language` is
    that of the talk; `words_in` that of the text, where it was shown: then the text is kept with the answer.
    """

    signal_id: UUID
    family_id: UUID | None = None
    purpose: Code
    given: bool = True
    language: Code = "nl"
    words_in: Code | None = None


class WithdrawConsent(_Command):
    family_id: UUID
    programme: Code
    purpose: Code
    language: Code = "nl"
    words_in: Code | None = None


class Address(_Command):
    area: Code
    street: Line
    house_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}([ -]?[0-9A-Za-z]{1,6})?$")]
    postcode: Postcode
    city: Line


class Member(_Command):
    role: MemberRole
    given_name: Line
    prefix: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    surname: Line
    birth_date: date


class ContactChannel(StrEnum):
    """How a family likes to be reached."""

    PHONE = "phone"
    APP = "app"
    EMAIL = "email"


class ContactMoment(StrEnum):
    """When a family likes to be reached."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    SCHOOL_HOURS = "school-hours"


class Contact(_Command):
    """How a family is reached, and when; the first language is the one it prefers."""

    phone: Phone | None = None
    email: Email | None = None
    languages: Annotated[tuple[Code, ...], Field(min_length=1, max_length=LIST_MAX)] = ("nl",)
    interpreter: bool = False
    channel: ContactChannel | None = None
    moment: ContactMoment | None = None


class CompleteIntake(_Command):
    """The intake talk is done. `themes` stand in order: what weighs most first."""

    signal_id: UUID
    family_id: UUID | None = None
    address: Address
    contact: Contact = Contact()
    members: Annotated[tuple[Member, ...], Field(min_length=1, max_length=MEMBERS_MAX)]
    expected_births: Annotated[tuple[date, ...], Field(max_length=EXPECTED_MAX)] = ()
    themes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=LIST_MAX)]
    urgent_needs: Codes = ()
    income_band: IncomeBand | None = None


class FindLikelyDuplicates(_Command):
    """One person of a household, as told. The address helps, but people move."""

    given_name: Line
    prefix: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    surname: Line
    birth_date: date
    postcode: Postcode | None = None


class SearchFamilies(_Command):
    """Families by the beginning of a name, a postcode, or both."""

    surname: Line | None = None
    postcode: Postcode | None = None


class MoveFamily(_Command):
    """Another address. `seen` is the mark of the one that was read: who comes second changes nothing."""

    family_id: UUID
    address: Address
    seen: str = ""


class ChangeContact(_Command):
    """Reached another way. `seen` is the mark of what was read: who comes second changes nothing."""

    family_id: UUID
    contact: Contact
    seen: str = ""


class SaveDraft(_Command):
    """One step of an intake as it was typed. `version` is what the form was made from: 0 before anything was saved."""

    signal_id: UUID
    version: Annotated[int, Field(ge=0)]
    step: Code
    told: dict[str, Any]


class ChooseFamily(_Command):
    """Whether the family of an intake is known here already (`family_id`), or is another one (None)."""

    signal_id: UUID
    version: Annotated[int, Field(ge=0)]
    family_id: UUID | None


class MergeFamilies(_Command):
    """Two files are of one family: `kept_id` keeps, `merged_id` goes into it. `merge_id` makes it happen once."""

    merge_id: UUID
    kept_id: UUID
    merged_id: UUID


class UnmergeFamilies(_Command):
    """They are two families after all."""

    merge_id: UUID
