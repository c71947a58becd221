"""Which programmes are for a household, and why, rule by rule: so that a family hears it before anything is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from programmes.rules import Fit, HouseholdFacts, fits
from programmes.rules.eligibility import PROGRAMME_NOT_OPEN
from programmes.schema import AnyEligibilityRule, Programme
from services.intake.domain.outreach import ELSEWHERE


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """An answer that the rule waits for was not given."""


@dataclass(frozen=True)
class Weighed:
    """One rule, with its own numbers, and what it says of this household."""

    rule: AnyEligibilityRule
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """One programme: whether it is for this household, and each rule's verdict."""

    programme: Programme
    fit: Fit
    is_open: bool
    rules: tuple[Weighed, ...]


def fitting(programme: Programme, facts: HouseholdFacts) -> Fitting:
    fit = fits(programme, facts)
    return Fitting(
        programme=programme,
        fit=fit,
        is_open=PROGRAMME_NOT_OPEN not in fit.reasons,
        rules=tuple(Weighed(rule, _verdict(rule, fit)) for rule in programme.eligibility),
    )


def nearby(asked: Programme, programmes: Iterable[Programme], facts: HouseholdFacts) -> tuple[Fitting, ...]:
    """The programme that was asked for, and the others of its territory or of the family's area that are open.

    The one asked for stands first, then those that fit.
    """
    found = [fitting(asked, facts)]
    others = [fitting(each, facts) for each in programmes if each.id != asked.id and _is_near(each, asked, facts)]
    open_now = [each for each in others if each.is_open]
    return (*found, *sorted(open_now, key=lambda each: (not each.fit.fits, each.programme.id)))


def _is_near(programme: Programme, asked: Programme, facts: HouseholdFacts) -> bool:
    # Elsewhere is somewhere else for each of them.
    works_there = facts.area != ELSEWHERE and facts.area in {area.code for area in programme.areas}
    return works_there or programme.territory.code == asked.territory.code


def _verdict(rule: AnyEligibilityRule, fit: Fit) -> Verdict:
    if rule.code in fit.unanswered:
        return Verdict.UNKNOWN
    return Verdict.NO if rule.code in fit.reasons else Verdict.YES
