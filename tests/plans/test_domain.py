"""What falls due when, and what may be said of a trajectory."""

from datetime import date

import pytest

from programmes.load import load
from services.plans.domain import (
    Measured,
    NextDue,
    aftercare_dates,
    due_on_entering,
    end_measurement_on,
    hours_refusal,
    is_forward,
    measurement_after,
    moment_of,
    review_after,
    wrong_scores,
)
from services.plans.events import MeasurementMoment, Phase
from tests.plans.household import CALM, PROGRAMME, STARTED, a_trajectory

GRONINGEN = load(PROGRAMME, 1)
BASELINE, INTERIM, END = MeasurementMoment
DAY = date(2023, 8, 31)
HALF_A_YEAR_LATER = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("phase", "measured", "due"),
    [
        (Phase.PLAN, Measured(), NextDue(None, DAY)),
        (Phase.PLAN, Measured(named=True), NextDue(None, None)),
        (Phase.WORKING_TOGETHER, Measured(frozenset({BASELINE})), NextDue(HALF_A_YEAR_LATER, HALF_A_YEAR_LATER)),
        (Phase.WORKING_TOGETHER, Measured(), NextDue(HALF_A_YEAR_LATER, DAY)),
        (Phase.WORKING_TOGETHER, Measured(named=True), NextDue(HALF_A_YEAR_LATER, None)),
        (Phase.AFTERCARE, Measured(frozenset({BASELINE, INTERIM})), NextDue(None, DAY)),
        (Phase.AFTERCARE, Measured(frozenset({BASELINE, END})), NextDue(None, None)),
        (Phase.AFTERCARE, Measured(frozenset({BASELINE}), named=True), NextDue(None, None)),
    ],
)
def test_a_phase_brings_what_falls_due_in_it(phase: Phase, measured: Measured, due: NextDue) -> None:
    before = a_trajectory(Phase.MATCHING)

    assert due_on_entering(before, phase, GRONINGEN, measured, on=DAY) == due


def test_letting_go_ends_the_reviews_and_ends_with_a_measurement() -> None:
    working = a_trajectory(next_review_on=DAY, next_measurement_on=date(2024, 6, 1))
    baseline = frozenset({BASELINE})

    assert due_on_entering(working, Phase.LETTING_GO, GRONINGEN, Measured(baseline), on=DAY) == NextDue(
        None, date(2024, 2, 1)
    )
    assert due_on_entering(working, Phase.LETTING_GO, GRONINGEN, Measured(baseline, named=True), on=DAY) == NextDue(
        None, date(2024, 6, 1)
    )


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (date(2024, 3, 1), date(2024, 8, 4)),
        (date(2025, 9, 1), date(2025, 12, 3)),
        (date(2025, 12, 20), date(2025, 12, 20)),
    ],
)
def test_the_end_measurement_is_due_while_there_is_still_somebody_to_take_it(since: date, due: date) -> None:
    assert end_measurement_on(since, GRONINGEN) == due


def test_the_next_review_is_counted_from_the_day_the_last_one_was_held() -> None:
    assert review_after(a_trajectory(), GRONINGEN, held_on=DAY) == HALF_A_YEAR_LATER
    assert review_after(a_trajectory(Phase.LETTING_GO), GRONINGEN, held_on=DAY) is None


def test_measurements_follow_one_another_until_the_end_measurement() -> None:
    letting_go = a_trajectory(Phase.LETTING_GO, phase_since=date(2024, 3, 1))

    assert measurement_after(a_trajectory(), GRONINGEN, INTERIM, taken_on=DAY) == HALF_A_YEAR_LATER
    assert measurement_after(letting_go, GRONINGEN, INTERIM, taken_on=date(2024, 3, 2)) == date(2024, 8, 4)
    assert measurement_after(letting_go, GRONINGEN, END, taken_on=date(2024, 8, 5)) is None
    assert measurement_after(a_trajectory(Phase.PLAN), GRONINGEN, BASELINE, taken_on=DAY) is None
    assert measurement_after(a_trajectory(Phase.AFTERCARE), GRONINGEN, END, taken_on=DAY) is None


@pytest.mark.parametrize(
    ("phase", "taken", "on", "moment"),
    [
        (Phase.PLAN, set(), STARTED, BASELINE),
        (Phase.PLAN, {BASELINE}, STARTED, None),
        (Phase.WORKING_TOGETHER, set(), STARTED, BASELINE),
        (Phase.WORKING_TOGETHER, {BASELINE}, STARTED, INTERIM),
        (Phase.LETTING_GO, {BASELINE, INTERIM}, date(2023, 7, 3), INTERIM),
        (Phase.LETTING_GO, {BASELINE, INTERIM}, date(2023, 7, 4), END),
        (Phase.LETTING_GO, {BASELINE, END}, date(2023, 7, 5), None),
        (Phase.AFTERCARE, set(), STARTED, END),
        (Phase.AFTERCARE, {BASELINE, END}, STARTED, None),
    ],
)
def test_phase_and_day_say_which_moment_is_measured(
    phase: Phase, taken: set[MeasurementMoment], on: date, moment: MeasurementMoment | None
) -> None:
    assert moment_of(a_trajectory(phase), GRONINGEN, frozenset(taken), on=on) is moment


def test_scores_are_complete_known_and_on_the_scale() -> None:
    (instrument,) = GRONINGEN.instruments

    assert wrong_scores(instrument, CALM) == ()
    assert wrong_scores(instrument, CALM | {"stress": 11, "network": 0}) == ("network", "stress")
    assert wrong_scores(instrument, {"stress": 3, "luck": 4}) == ("future", "luck", "network", "self-reliance")


def test_a_trajectory_goes_forward_only() -> None:
    assert is_forward(Phase.MATCHING, Phase.WORKING_TOGETHER)
    assert not is_forward(Phase.LETTING_GO, Phase.LETTING_GO)
    assert not is_forward(Phase.AFTERCARE, Phase.WORKING_TOGETHER)


def test_somebody_calls_three_and_six_months_after_letting_go() -> None:
    assert aftercare_dates(GRONINGEN, ended_on=date(2025, 8, 31)) == (date(2025, 11, 30), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("day", "refusal"),
    [
        (STARTED, None),
        (date(2023, 6, 30), None),
        (date(2023, 1, 31), "not-during-the-trajectory"),
        (date(2023, 7, 1), "not-during-the-trajectory"),
        (date(2023, 9, 1), "in-the-future"),
    ],
)
def test_hours_are_written_down_for_days_of_the_trajectory(day: date, refusal: str | None) -> None:
    closed = a_trajectory(closed_on=date(2023, 6, 30))

    assert hours_refusal(closed, day, today=DAY) == refusal
