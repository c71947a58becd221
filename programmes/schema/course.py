"""The course of a trajectory, how it is measured and reported, and how long it is kept."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from programmes.schema.base import Count, Days, Months, Named, Section, Text
from services.shared.types import Code


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """As `date.weekday()` counts: Monday is 0."""
        return list(Weekday).index(self)


class Trajectory(Section):
    """Phases and cadence of one family's years in the programme."""

    matching_round_days: Days = Field(description="Days between rounds, in whole weeks.")
    matching_weekday: Weekday
    choice_days: Days = Field(description="Days a family has to choose from its proposals.")
    first_plan_days: Days = Field(description="Days from a confirmed tandem to an agreed plan, at most.")
    review_months: Months
    measurement_months: Months
    working_together_months: Months = Field(description="At most, unless support lasts as long as needed.")
    as_long_as_needed: bool = Field(description="A review may extend working together, as often as needed.")
    letting_go_months: Months
    aftercare_months: Annotated[tuple[Months, ...], Field(min_length=1, max_length=12)] = Field(
        description="Months after letting go at which somebody calls."
    )
    pause_maximum_months: Months = Field(description="After so long somebody talks with the family about its pause.")
    pause_talk_days: Days = Field(
        default=14, description="Days in which that talk is held. Where a file does not say it, 14: our assumption."
    )
    pause_talks_maximum: Annotated[int, Field(ge=1, le=10)] = Field(
        default=2,
        description="After so many talks a pause that goes on ends the trajectory. Where a file does not say it, 2: "
        "our assumption.",
    )
    no_match_months: Months = Field(
        default=12,
        description="A family for whom no tandem was found in this time is told so, and closed. Where a file does not "
        "say it, 12: our assumption.",
    )


class Dimension(Named):
    """One thing an instrument measures, asked in our own plain words."""

    question: Text
    higher_is_better: bool


class Instrument(Section):
    """A questionnaire of our own; scores of different versions are never averaged."""

    code: Code
    version: Count
    name: Text
    minimum: Annotated[int, Field(ge=0, le=100)]
    maximum: Annotated[int, Field(ge=1, le=100)]
    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=20)]


class FunderReport(Section):
    """A statement to one funder on what its money did."""

    source: Code
    cadence_months: Months


class Reports(Section):
    """Who is told what, how often."""

    cadence_months: Months
    funders: Annotated[tuple[FunderReport, ...], Field(min_length=1, max_length=20)]
    status_dimensions: Annotated[tuple[Named, ...], Field(min_length=1, max_length=10)]
    council_letter_month: Annotated[int, Field(ge=1, le=12)] | None = Field(
        default=None, description="Calendar month of the yearly letter to the council."
    )


OTHER_RESULT = "other"


class RetentionTerm(Section):
    """How long a file is kept after its result (bewaartermijn)."""

    result: Code
    months: Months


class Retention(Section):
    """Terms per result; the result `other` stands for all that are not named."""

    terms: Annotated[tuple[RetentionTerm, ...], Field(min_length=1, max_length=30)]


class Figures(Section):
    """What published figures must keep to."""

    minimum_cell: Annotated[int, Field(ge=5, le=100)] = Field(description="Counts below it are suppressed.")
