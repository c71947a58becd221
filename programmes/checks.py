"""What must hold between the sections of a programme, as a list of small rules."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from programmes.origins import as_file, find
from programmes.problems import Place, Problem
from programmes.rules.instalments import line_instalments
from programmes.rules.mandates import required_mandate
from programmes.schema import ASKING_ROLES, OTHER_RESULT, Ending, Programme, Spender
from services.shared.money import euros
from services.shared.types import Code

DAYS_A_WEEK = 7


def problems_between_sections(programme: Programme) -> tuple[Problem, ...]:
    """Every rule that the programme breaks, with its place."""
    return tuple(problem for check in CHECKS for problem in check(programme))


def a_period_has_an_end_or_a_horizon(programme: Programme) -> Iterator[Problem]:
    period = programme.period
    fixed = period.ending is Ending.FIXED
    if fixed != (period.end is not None):
        yield Problem(("period", "end"), "stands there exactly when the ending is `fixed`")
    if fixed == (period.horizon_months is not None):
        yield Problem(("period", "horizon-months"), "stands there exactly when the ending is not `fixed`")
    if fixed and period.admits_until is not None:
        yield Problem(("period", "admits-until"), "stands there only when the ending is not `fixed`")
    if period.admits_until is not None and period.admits_until < period.start:
        yield Problem(("period", "admits-until"), f"lies before the start, {period.start}")
    if period.end is not None and period.end < period.start:
        yield Problem(("period", "end"), f"lies before the start, {period.start}")


def codes_in_a_list_differ(programme: Programme) -> Iterator[Problem]:
    yield from _repeated_codes(as_file(programme), ())


def an_area_opens_within_the_period(programme: Programme) -> Iterator[Problem]:
    for position, area in enumerate(programme.areas):
        if area.open_from and not programme.period.is_open(area.open_from):
            yield Problem(("areas", position, "open-from"), "lies outside the period")


def places_do_not_exceed_the_target(programme: Programme) -> Iterator[Problem]:
    if programme.capacity.places_at_once > programme.targets.families:
        reason = f"is more than the {programme.targets.families} families of the whole programme"
        yield Problem(("capacity", "places-at-once"), reason)


def sources_add_up_to_the_funding(programme: Programme) -> Iterator[Problem]:
    funding = programme.funding
    total = sum(source.amount_cents for source in funding.sources)
    if total != funding.total_cents:
        reason = f"is {euros(funding.total_cents)}, but the sources add up to {euros(total)}"
        yield Problem(("funding", "total-cents"), reason)
    weights = sum(source.share_weight for source in funding.sources)
    for position, source in enumerate(funding.sources):
        if source.amount_cents * weights != source.share_weight * total:
            reason = "is not in proportion to the amount: one source would run dry while another has money left"
            yield Problem(("funding", "sources", position, "share-weight"), reason)


def spending_stays_within_the_funding(programme: Programme) -> Iterator[Problem]:
    families = programme.targets.families * programme.family_budget.envelope_cents
    lines = sum(line.amount_cents for line in programme.budget_lines)
    if families + lines > programme.funding.total_cents:
        reason = (
            f"envelopes of {euros(families)} and lines of {euros(lines)} exceed {euros(programme.funding.total_cents)}"
        )
        yield Problem(("funding", "total-cents"), reason)


def a_request_stays_within_the_envelope(programme: Programme) -> Iterator[Problem]:
    budget = programme.family_budget
    if budget.request_maximum_cents > budget.envelope_cents:
        yield Problem(("family-budget", "request-maximum-cents"), "is more than the envelope")
    if budget.urgent_maximum_cents > budget.request_maximum_cents:
        yield Problem(("family-budget", "urgent-maximum-cents"), "is more than one request may be")


def a_line_is_paid_by_the_programme(programme: Programme) -> Iterator[Problem]:
    categories = {category.code for category in programme.categories if category.spender is Spender.PROGRAMME}
    for position, line in enumerate(programme.budget_lines):
        if line.category not in categories:
            yield Problem(
                ("budget-lines", position, "category"), f"`{line.category}` is no category with spender `programme`"
            )


def urgency_is_for_families(programme: Programme) -> Iterator[Problem]:
    for position, category in enumerate(programme.categories):
        if category.urgent_allowed and category.spender is not Spender.FAMILY:
            yield Problem(("categories", position, "urgent-allowed"), "only families ask with urgency")


def mandates_name_what_exists(programme: Programme) -> Iterator[Problem]:
    categories = {category.code for category in programme.categories}
    for position, mandate in enumerate(programme.mandates):
        for place, code in enumerate(mandate.categories or ()):
            if code not in categories:
                yield Problem(("mandates", position, "categories", place), f"`{code}` is no category of this programme")
        if mandate.second_role is not None and mandate.deciders == 1:
            yield Problem(("mandates", position, "second-role"), "there is no second decider")
        if ASKING_ROLES.intersection(mandate.deciding_roles):
            yield Problem(("mandates", position, "role"), "asks for families, and the asker never decides")


def every_amount_can_be_decided(programme: Programme) -> Iterator[Problem]:
    for category, amount in _largest_amounts(programme).items():
        if required_mandate(programme, category, amount, urgent=False) is None:
            yield Problem(("mandates",), f"nobody may decide {euros(amount)} for `{category}`")


def more_money_never_needs_fewer_deciders(programme: Programme) -> Iterator[Problem]:
    for lower in programme.mandates:
        for position, higher in enumerate(programme.mandates):
            if lower.urgent or higher.urgent or higher.up_to_cents <= lower.up_to_cents:
                continue
            both = lower.categories is None or higher.categories is None or {*lower.categories} & {*higher.categories}
            if both and higher.deciders < lower.deciders:
                reason = f"a mandate of {euros(lower.up_to_cents)} needs {lower.deciders} deciders"
                yield Problem(("mandates", position, "deciders"), reason)


def escalation_comes_after_the_reminder(programme: Programme) -> Iterator[Problem]:
    if programme.approval.escalation_working_days <= programme.approval.reminder_working_days:
        yield Problem(("approval", "escalation-working-days"), "does not come after the reminder")


def the_course_fits_in_the_calendar(programme: Programme) -> Iterator[Problem]:
    course = programme.trajectory
    if course.matching_round_days % DAYS_A_WEEK:
        yield Problem(("trajectory", "matching-round-days"), "is not whole weeks, so the weekday would drift")
    for key, months in (("review-months", course.review_months), ("measurement-months", course.measurement_months)):
        if months > course.working_together_months:
            yield Problem(("trajectory", key), "is longer than working together lasts")
    if list(course.aftercare_months) != sorted(set(course.aftercare_months)):
        yield Problem(("trajectory", "aftercare-months"), "are not in rising order")


def a_scale_rises(programme: Programme) -> Iterator[Problem]:
    for position, instrument in enumerate(programme.instruments):
        if instrument.minimum >= instrument.maximum:
            yield Problem(("instruments", position, "maximum"), "is not above the minimum")


def every_funder_is_told(programme: Programme) -> Iterator[Problem]:
    told = Counter(report.source for report in programme.reports.funders)
    sources = {source.code for source in programme.funding.sources}
    for position, report in enumerate(programme.reports.funders):
        if report.source not in sources:
            yield Problem(("reports", "funders", position, "source"), f"`{report.source}` is no funding source")
    for source in sorted(sources):
        if told[source] != 1:
            yield Problem(("reports", "funders"), f"`{source}` has {told[source]} reports, and needs one")


def retention_has_an_answer_for_every_result(programme: Programme) -> Iterator[Problem]:
    results = Counter(term.result for term in programme.retention.terms)
    if results[OTHER_RESULT] == 0:
        yield Problem(("retention", "terms"), f"has no term for `{OTHER_RESULT}`")
    for result, count in results.items():
        if count > 1:
            yield Problem(("retention", "terms"), f"`{result}` has {count} terms")


def origins_lead_somewhere(programme: Programme) -> Iterator[Problem]:
    document = as_file(programme)
    explained: dict[Place, str] = {}
    for section, paths in (("grounds", programme.grounds), ("assumptions", programme.assumptions)):
        for path in paths:
            place = find(document, path)
            if place is None:
                yield Problem((section, path), "nothing stands at this place")
            elif place in explained:
                yield Problem((section, path), f"explains the same as `{explained[place]}`")
            else:
                explained[place] = path


CHECKS: tuple[Callable[[Programme], Iterator[Problem]], ...] = (
    a_period_has_an_end_or_a_horizon,
    codes_in_a_list_differ,
    an_area_opens_within_the_period,
    places_do_not_exceed_the_target,
    sources_add_up_to_the_funding,
    spending_stays_within_the_funding,
    a_request_stays_within_the_envelope,
    a_line_is_paid_by_the_programme,
    urgency_is_for_families,
    mandates_name_what_exists,
    every_amount_can_be_decided,
    more_money_never_needs_fewer_deciders,
    escalation_comes_after_the_reminder,
    the_course_fits_in_the_calendar,
    a_scale_rises,
    every_funder_is_told,
    retention_has_an_answer_for_every_result,
    origins_lead_somewhere,
)


def _repeated_codes(value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _repeated_codes(below, (*place, key))
    elif isinstance(value, list):
        seen: set[Any] = set()
        for position, below in enumerate(value):
            code = below.get("code") if isinstance(below, dict) else None
            if code is not None and code in seen:
                yield Problem((*place, position, "code"), f"`{code}` stands in this list before")
            seen.add(code)
            yield from _repeated_codes(below, (*place, position))


def _largest_amounts(programme: Programme) -> dict[Code, int]:
    """Per category the most that one decision can be about: a whole envelope, or the largest instalment."""
    amounts = {
        category.code: programme.family_budget.envelope_cents if category.spender is Spender.FAMILY else 0
        for category in programme.categories
    }
    for line in programme.budget_lines:
        instalments = line_instalments(line, programme.period)
        amounts[line.category] = max(amounts.get(line.category, 0), *(part.amount_cents for part in instalments))
    return amounts
