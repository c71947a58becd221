"""Whether a programme is for a family, judged on codes, numbers and dates alone."""

from dataclasses import dataclass
from datetime import date

from programmes.schema import (
    AnyEligibilityRule,
    AreaRule,
    ChildrenRule,
    EarlyChildhoodRule,
    IncomeBand,
    IncomeRule,
    Programme,
)
from services.shared.calendar import add_months
from services.shared.types import Code

MONTHS_A_YEAR = 12

PROGRAMME_NOT_OPEN: Code = "programme-not-open"
"""The reason when the day lies outside the programme's period."""


@dataclass(frozen=True, kw_only=True)
class HouseholdFacts:
    """What a decision on fit needs to know of a household, and nothing by which it is known."""

    on: date
    area: Code
    births: tuple[date, ...] = ()
    expected_births: tuple[date, ...] = ()
    income_band: IncomeBand | None = None


@dataclass(frozen=True)
class Fit:
    """Whether a programme fits; the codes of rules that say no, and of rules that wait for an answer."""

    fits: bool
    reasons: tuple[Code, ...] = ()
    unanswered: tuple[Code, ...] = ()


def fits(programme: Programme, facts: HouseholdFacts) -> Fit:
    """Weigh every rule, so that a family hears all reasons at once; it fits when each rule says yes."""
    verdicts = {rule.code: _holds(rule, programme, facts) for rule in programme.eligibility}
    reasons = tuple(code for code, holds in verdicts.items() if holds is False)
    if not programme.period.is_open(facts.on):
        reasons = (PROGRAMME_NOT_OPEN, *reasons)
    unanswered = tuple(code for code, holds in verdicts.items() if holds is None)
    return Fit(fits=not reasons and not unanswered, reasons=reasons, unanswered=unanswered)


def _holds(rule: AnyEligibilityRule, programme: Programme, facts: HouseholdFacts) -> bool | None:
    """Yes, no, or None while the fact that the rule needs is not known."""
    match rule:
        case AreaRule():
            return any(
                area.code == facts.area and (area.open_from or programme.period.start) <= facts.on
                for area in programme.areas
            )
        case ChildrenRule():
            months = rule.younger_than_years * MONTHS_A_YEAR
            young = sum(facts.on < add_months(birth, months) for birth in facts.births)
            return young + (len(facts.expected_births) if rule.expected_counts else 0) >= rule.minimum
        case EarlyChildhoodRule():
            return bool(facts.expected_births) or any(
                (facts.on - birth).days < rule.younger_than_days for birth in facts.births
            )
        case IncomeRule():
            if facts.income_band is None:
                return None
            bands = list(IncomeBand)
            return bands.index(facts.income_band) <= bands.index(rule.up_to)
