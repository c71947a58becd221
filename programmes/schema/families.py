"""Whom a programme is for, how families are met, and how they come in."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from programmes.schema.base import Count, Days, Named, Section, Text, WorkingDays
from services.shared.types import Code


class Area(Named):
    """A neighbourhood or municipality (wijk) where the programme works."""

    extra_attention: bool = Field(default=False, description="The programme does more here than elsewhere.")
    open_from: date | None = Field(
        default=None, description="First day families here can come in; the start if absent."
    )


class Targets(Section):
    """What the programme promised to reach over its whole period."""

    families: Count
    children: Count | None = None


class Capacity(Section):
    """How many families can be in the programme at the same moment."""

    places_at_once: Count


class ChannelKind(StrEnum):
    """How a family and the programme meet: at a place, through a partner, or because the family asks."""

    PLACE = "place"
    PARTNER = "partner"
    FAMILY = "family"


class OutreachChannel(Named):
    """Where or through whom families are met (vindplaats)."""

    kind: ChannelKind


class IncomeBand(StrEnum):
    """Household income against the social minimum (bijstandsnorm), lowest first; the order is the meaning."""

    UP_TO_100 = "up-to-100-percent"
    UP_TO_110 = "up-to-110-percent"
    UP_TO_120 = "up-to-120-percent"
    UP_TO_130 = "up-to-130-percent"
    UP_TO_150 = "up-to-150-percent"
    ABOVE_150 = "above-150-percent"


class EligibilityRule(Section):
    """What all eligibility rules have: a code for reports and an explanation for the family."""

    code: Code
    explanation: Text = Field(description="Why, in Dutch at B1 level: it is read by a family that does not fit.")


class AreaRule(EligibilityRule):
    """The family lives in one of the programme's areas, and that area is open already."""

    rule: Literal["area"]


class ChildrenRule(EligibilityRule):
    """The family has at least so many children under an age; an expected birth may count."""

    rule: Literal["children"]
    minimum: Count
    younger_than_years: Annotated[int, Field(ge=1, le=27)]
    expected_counts: bool


class EarlyChildhoodRule(EligibilityRule):
    """A child is expected, or is younger than so many days (the first 1,000 days)."""

    rule: Literal["early-childhood"]
    younger_than_days: Days


class IncomeRule(EligibilityRule):
    """Household income lies in this band or below."""

    rule: Literal["income"]
    up_to: IncomeBand


type AnyEligibilityRule = Annotated[
    AreaRule | ChildrenRule | EarlyChildhoodRule | IncomeRule, Field(discriminator="rule")
]


class ConsentPurpose(Section):
    """One purpose a family may consent to (AVG, article 6 and 7), each on its own."""

    code: Code
    text: Text = Field(description="What the family agrees to, in Dutch at B1 level.")
    required: bool = Field(description="Without it the programme cannot work with this family.")


class Intake(Section):
    """How a signal becomes an enrolment, a decline with a pointer, or a place on the waiting list."""

    contact_attempts_maximum: Annotated[int, Field(ge=1, le=10)]
    contact_working_days_between: WorkingDays
    duration_days: Days = Field(description="Days between first contact and a decision, at most.")
    waiting_list_maximum: Annotated[int, Field(ge=0, le=10_000)]
    consents: Annotated[tuple[ConsentPurpose, ...], Field(min_length=1, max_length=20)]
    decline_reasons: Annotated[tuple[Named, ...], Field(min_length=1, max_length=30)]
    other_help: Annotated[tuple[Named, ...], Field(min_length=1, max_length=50)]
