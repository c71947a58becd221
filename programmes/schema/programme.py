"""The whole of a programme file."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, PrivateAttr

from programmes.schema.base import DUTCH, Count, Months, Named, Section, Text, Translated
from programmes.schema.course import Figures, Instrument, Reports, Retention, Trajectory
from programmes.schema.decisions import Approval, Mandate
from programmes.schema.families import AnyEligibilityRule, Area, Capacity, Intake, OutreachChannel, Targets
from programmes.schema.money import BudgetLine, Category, FamilyBudget, Funding
from programmes.schema.people import Matching, Tandem, Training
from services.shared.calendar import add_months
from services.shared.types import Code

LIST_MAXIMUM = 200


class Ending(StrEnum):
    """How a programme's period ends: on a day, whenever no family needs it, or nobody planned an end."""

    FIXED = "fixed"
    AS_LONG_AS_NEEDED = "as-long-as-needed"
    RUNNING = "running"


class Scope(StrEnum):
    """The kind of government whose territory the programme covers."""

    MUNICIPALITY = "municipality"
    PROVINCE = "province"


class Territory(Named):
    """The municipality or province that the programme is for."""

    scope: Scope


class Period(Section):
    """When the programme runs; a period without an end has a horizon to plan and report with, which rolls on."""

    start: date
    ending: Ending
    end: date | None = Field(default=None, description="Last day; only for a fixed ending.")
    horizon_months: Months | None = Field(default=None, description="Only where no end is fixed.")
    admits_until: date | None = Field(
        default=None,
        description="Last day that a family comes in, once it was decided to stop; only where no end is fixed.",
    )

    @property
    def last_day(self) -> date:
        """The last day to plan and simulate for: of a programme without an end, of its first horizon."""
        if self.end is not None:
            return self.end
        return add_months(self.start, self.horizon_months or 0) - timedelta(days=1)

    @property
    def last_admission(self) -> date | None:
        """After this day no family comes in any more; None while nobody has planned that."""
        return self.end or self.admits_until

    def is_open(self, on: date) -> bool:
        """Whether the programme runs and may take families in on that day."""
        return self.start <= on and (self.last_admission is None or on <= self.last_admission)

    def reported_until(self, on: date) -> date:
        """The last day to report for, as known on a day: the end, or that of the horizon in which the day lies."""
        if self.last_admission is not None:
            return self.last_admission
        months = self.horizon_months or 1
        passed = months
        while (last := add_months(self.start, passed) - timedelta(days=1)) < on:
            passed += months
        return last


class Programme(Section):
    """One immutable version of a programme; a trajectory pins the version it started under."""

    id: Code
    version: Count
    name: Translated
    summary: Translated
    territory: Territory
    period: Period
    areas: Annotated[tuple[Area, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    target_groups: Annotated[tuple[Named, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    targets: Targets
    capacity: Capacity
    eligibility: Annotated[tuple[AnyEligibilityRule, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    outreach: Annotated[tuple[OutreachChannel, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    partners: Annotated[tuple[Named, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    intake: Intake
    funding: Funding
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    family_budget: FamilyBudget
    budget_lines: Annotated[tuple[BudgetLine, ...], Field(max_length=LIST_MAXIMUM)] = ()
    mandates: Annotated[tuple[Mandate, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    approval: Approval
    tandem: Tandem
    training: Annotated[tuple[Training, ...], Field(max_length=LIST_MAXIMUM)] = ()
    languages: Annotated[tuple[Named, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    matching: Matching
    goal_domains: Annotated[tuple[Named, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1, max_length=LIST_MAXIMUM)]
    trajectory: Trajectory
    reports: Reports
    figures: Figures
    retention: Retention
    grounds: dict[str, Text] = Field(default_factory=dict, description="Place in this file: the text it comes from.")
    assumptions: dict[str, Text] = Field(
        default_factory=dict, description="Place in this file: why this was chosen where no text says so."
    )
    _language: str = PrivateAttr(default=DUTCH)

    @property
    def language(self) -> str:
        """The language of its words: Dutch, as its file has them, unless they were put into another."""
        return self._language

    @classmethod
    def told_in(cls, language: str, document: str) -> Self:
        """A programme whose words stand in another language, from its document in JSON."""
        told = cls.model_validate_json(document)
        told._language = language
        return told
