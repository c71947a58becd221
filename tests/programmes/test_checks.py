"""Sections that contradict each other are refused where the contradiction stands."""

import pytest

from tests.programmes.conftest import Spoil

CONTRADICTIONS = {
    "a fixed period without its end": (", end = 2028-07-31", "", "period.end"),
    "an end before the start": ("end = 2028-07-31", "end = 2026-07-31", "period.end"),
    "a horizon beside an end": ("end = 2028", "horizon-months = 3, end = 2028", "period.horizon-months"),
    "the same code twice": ('code = "emmerhout"', 'code = "angelslo"', "areas[1].code"),
    "the same dimension twice": ('code = "future"', 'code = "stress"', "instruments[0].dimensions[1].code"),
    "an area that opens after the end": ("open-from = 2027-09-01", "open-from = 2029-01-01", "areas[1].open-from"),
    "more places than families": ("places-at-once = 5", "places-at-once = 8", "capacity.places-at-once"),
    "a total that is no sum": ("total-cents = 10_000_000", "total-cents = 10_000_001", "funding.total-cents"),
    "shares that drain one source": ("share-weight = 2", "share-weight = 3", "funding.sources[0].share-weight"),
    "one cent more than there is": ("amount-cents = 7_900_000", "amount-cents = 7_900_001", "funding.total-cents"),
    "a request above the envelope": (
        "request-maximum-cents = 200_000",
        "request-maximum-cents = 300_001",
        "family-budget.request-maximum-cents",
    ),
    "urgency above a request": (
        "urgent-maximum-cents = 10_000",
        "urgent-maximum-cents = 200_001",
        "family-budget.urgent-maximum-cents",
    ),
    "a line of a family's category": ('category = "coaching"', 'category = "bicycle"', "budget-lines[0].category"),
    "an urgent programme cost": (
        'spender = "programme"',
        'spender = "programme"\nurgent-allowed = true',
        "categories[1].urgent-allowed",
    ),
    "a mandate for nothing": ('categories = ["bicycle"]', 'categories = ["boat"]', "mandates[0].categories[0]"),
    "a second role without a second decider": (
        "deciders = 1\n\n[[mandates]]",
        'deciders = 1\nsecond-role = "controller"\n\n[[mandates]]',
        "mandates[1].second-role",
    ),
    "an asker who decides": ('role = "team-coordinator"', 'role = "supporter"', "mandates[0].role"),
    "an amount nobody may decide": ("up-to-cents = 2_000_000", "up-to-cents = 299_999", "mandates"),
    "fewer deciders for more money": (
        "up-to-cents = 100_000\ndeciders = 1",
        "up-to-cents = 3_000_000\ndeciders = 1",
        "mandates[1].deciders",
    ),
    "escalation before the reminder": (
        "escalation-working-days = 4",
        "escalation-working-days = 2",
        "approval.escalation-working-days",
    ),
    "rounds that drift over the week": (
        "matching-round-days = 21",
        "matching-round-days = 20",
        "trajectory.matching-round-days",
    ),
    "a review after the end": ("review-months = 2", "review-months = 10", "trajectory.review-months"),
    "aftercare that goes back in time": (
        "aftercare-months = [1, 4]",
        "aftercare-months = [4, 1]",
        "trajectory.aftercare-months",
    ),
    "a scale that does not rise": ("minimum = 0", "minimum = 4", "instruments[0].maximum"),
    "a report to a stranger": ('source = "rotary"', 'source = "lions"', "reports.funders[2].source"),
    "no term for other results": ('result = "other"', 'result = "declined"', "retention.terms"),
    "an assumption about nothing": ("categories[bicycle].urgent", "categories[boat].urgent", "assumptions"),
    "a ground about nothing": ('"funding" = "Raadsbesluit."', '"funding.cents" = "Raadsbesluit."', "grounds"),
    "two explanations of one place": ('"trajectory" = "Nog', '"funding" = "Nog', "assumptions.funding"),
}


@pytest.mark.parametrize(("old", "new", "place"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_refused_at_its_place(refusal: Spoil, old: str, new: str, place: str) -> None:
    error = refusal((old, new))
    assert f": {place}" in str(error)
    assert all(problem.line is not None for problem in error.problems)


def test_every_contradiction_is_told_at_once(refusal: Spoil) -> None:
    error = refusal(
        ("places-at-once = 5", "places-at-once = 8"), ("aftercare-months = [1, 4]", "aftercare-months = [4, 1]")
    )
    assert len(error.problems) == 2
