"""What a decision on fit knows of a household: codes, numbers and dates, nothing by which it is known."""

from datetime import date

from programmes.rules import HouseholdFacts
from programmes.schema import IncomeBand
from services.intake import store
from services.intake.commands import CompleteIntake, MemberRole
from services.intake.domain.told import Step
from services.intake.handlers.drafts import Readings
from services.shared.calendar import add_months
from services.shared.database import Transaction
from services.shared.types import Code

ADULT_MONTHS = 18 * 12


def told_facts(command: CompleteIntake, *, on: date) -> HouseholdFacts:
    """The facts as a family tells them now."""
    return HouseholdFacts(
        on=on,
        area=command.address.area,
        births=tuple(member.birth_date for member in command.members if member.role is MemberRole.CHILD),
        expected_births=command.expected_births,
        income_band=command.income_band,
    )


def read_facts(area: Code, draft: store.Draft, readings: Readings, *, on: date) -> HouseholdFacts:
    """The facts as far as a draft tells them; where no area is told yet it is that of the first meeting."""
    household, reached = readings.household.value, readings.reached.value
    told_area = draft.told(Step.CONTACT).get("area", "")
    return HouseholdFacts(
        on=on,
        area=reached.address.area if reached.address else told_area or area,
        births=tuple(each.birth_date for each in household.members if each.role is MemberRole.CHILD),
        expected_births=household.expected_births,
        income_band=readings.wishes.value.income_band,
    )


async def known_facts(tx: Transaction, signal: store.Signal, *, on: date) -> HouseholdFacts:
    """The facts as they are known of the family of a signal whose intake is done; it may have moved since.

    Raises LookupError when the intake was never done: nobody should ask then.
    """
    record = await store.intake_of(tx, signal.id)
    if record is None:
        raise LookupError(f"signal {signal.id} has no intake")
    family = await store.family_by_id(tx, record.family_id)
    members = await store.members(tx, record.family_id)
    expected = await store.expected_births(tx, record.family_id)
    return HouseholdFacts(
        on=on,
        area=family.area,
        births=tuple(member.birth_date for member in members if member.role == MemberRole.CHILD),
        expected_births=tuple(expected),
        income_band=IncomeBand(record.income_band) if record.income_band else None,
    )


def children(facts: HouseholdFacts) -> int:
    """How many of the household's children are under age (18) on the day."""
    return sum(facts.on < add_months(birth, ADULT_MONTHS) for birth in facts.births)
