"""Who works with the families, and how tandems are put together."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from programmes.schema.base import Count, Days, Named, Section, Text, Weight


class BuddyPay(StrEnum):
    """Whether buddies are employed or volunteer."""

    PAID = "paid"
    VOLUNTEER = "volunteer"


class Tandem(Section):
    """One supporter and one buddy for one family."""

    supporter_title: Text = Field(description="What families call the professional: gezinsondersteuner, gezinscoach.")
    buddy_title: Text
    buddy_pay: BuddyPay
    buddy_hours_per_professional_hour: Annotated[int, Field(ge=1, le=20)]
    professional_hours_per_month: Annotated[int, Field(ge=1, le=80)]
    families_per_supporter: Count
    families_per_buddy: Count
    proposals_maximum: Annotated[int, Field(ge=1, le=10)] = Field(description="Tandems a family chooses from.")
    trial_days: Days


class Training(Named):
    """A course for buddies (Gro Next, coaching course)."""

    required: bool = Field(description="A buddy without it is proposed to no family.")


class MatchingWeights(Section):
    """How much each point counts in the order of proposals; only their proportion matters."""

    area: Weight
    language: Weight
    theme: Weight
    waiting: Weight


class MatchingRules(Section):
    """Rules that no weight can buy off."""

    conduct_certificate: bool = Field(description="The buddy's VOG is valid on the day of the proposal.")
    required_training: bool
    shared_language: bool
    same_area: bool


class Matching(Section):
    """How tandems are proposed; the family chooses."""

    weights: MatchingWeights
    hard_rules: MatchingRules
