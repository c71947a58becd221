"""What follows from a programme for real families."""

from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.load import latest, read
from programmes.rules import (
    PROGRAMME_NOT_OPEN,
    Fit,
    HouseholdFacts,
    first_matching_round,
    fits,
    instalments,
    matching_rounds,
    required_mandate,
    retention_months,
    urgent_allowed,
)
from programmes.schema import IncomeBand, Role
from tests.programmes.conftest import SIXTH

START = latest("kansrijke-start-groningen")
COEVORDEN = latest("kansrijk-opgroeien-coevorden")
GRONINGEN = latest("kansen-voor-kinderen-groningen")
EMMEN = read(Path(SIXTH))


def test_a_mother_expecting_in_beijum_fits_kansrijke_start() -> None:
    mother = HouseholdFacts(on=date(2021, 9, 1), area="beijum", expected_births=(date(2022, 1, 10),))
    assert fits(START, mother) == Fit(fits=True)


@pytest.mark.parametrize(("days_old", "welcome"), [(0, True), (999, True), (1_000, False)])
def test_the_first_thousand_days_end_on_their_last_day(days_old: int, welcome: bool) -> None:
    today = date(2024, 2, 29)
    family = HouseholdFacts(on=today, area="lewenborg", births=(today - timedelta(days=days_old),))
    assert fits(START, family).fits is welcome
    assert fits(START, family).reasons == (() if welcome else ("first-thousand-days",))


def test_an_older_child_does_not_close_the_door_on_a_baby_to_come() -> None:
    family = HouseholdFacts(
        on=date(2022, 1, 1), area="beijum", births=(date(2010, 5, 5),), expected_births=(date(2022, 3, 3),)
    )
    assert fits(START, family).fits


def test_a_family_in_tuindorp_fits_coevorden_from_the_start() -> None:
    assert fits(COEVORDEN, HouseholdFacts(on=date(2021, 1, 1), area="tuindorp", births=(date(2012, 3, 1),))).fits


@pytest.mark.parametrize(("on", "welcome"), [(date(2023, 12, 31), False), (date(2024, 1, 1), True)])
def test_the_rest_of_coevorden_follows_later(on: date, welcome: bool) -> None:
    assert fits(COEVORDEN, HouseholdFacts(on=on, area="elsewhere", births=(date(2012, 3, 1),))).fits is welcome


def test_a_family_hears_every_reason_at_once() -> None:
    couple = HouseholdFacts(on=date(2023, 5, 1), area="assen", income_band=IncomeBand.UP_TO_150)
    assert fits(GRONINGEN, couple) == Fit(fits=False, reasons=("lives-in-area", "has-children", "low-income"))


def test_an_unknown_income_is_a_question_and_not_a_refusal() -> None:
    family = HouseholdFacts(on=date(2023, 5, 1), area="beijum", births=(date(2015, 1, 1),))
    assert fits(GRONINGEN, family) == Fit(fits=False, unanswered=("low-income",))


@pytest.mark.parametrize(
    ("band", "welcome"), [(IncomeBand.UP_TO_100, True), (IncomeBand.UP_TO_120, True), (IncomeBand.UP_TO_130, False)]
)
def test_income_up_to_the_limit_fits(band: IncomeBand, welcome: bool) -> None:
    family = HouseholdFacts(on=date(2023, 5, 1), area="beijum", births=(date(2015, 1, 1),), income_band=band)
    assert fits(GRONINGEN, family).fits is welcome


@pytest.mark.parametrize(("on", "young"), [(date(2023, 2, 28), True), (date(2023, 3, 1), False)])
def test_a_child_counts_until_its_eighteenth_birthday(on: date, young: bool) -> None:
    family = HouseholdFacts(on=on, area="beijum", births=(date(2005, 3, 1),), income_band=IncomeBand.UP_TO_100)
    assert fits(GRONINGEN, family).fits is young


@pytest.mark.parametrize("on", [date(2022, 12, 31), date(2026, 1, 1)])
def test_nobody_comes_in_outside_the_period(on: date) -> None:
    family = HouseholdFacts(on=on, area="beijum", births=(date(2015, 1, 1),), income_band=IncomeBand.UP_TO_100)
    assert PROGRAMME_NOT_OPEN in fits(GRONINGEN, family).reasons


def test_another_programme_asks_for_two_young_children_and_counts_no_expected_birth() -> None:
    births = (date(2020, 1, 1),)
    family = HouseholdFacts(on=date(2027, 3, 1), area="angelslo", births=births, expected_births=(date(2027, 6, 1),))
    assert fits(EMMEN, family).reasons == ("large-family",)


@pytest.mark.parametrize(
    ("amount", "urgent", "roles"),
    [
        (30_000, True, (Role.TEAM_COORDINATOR,)),
        (50_000, False, (Role.TEAM_COORDINATOR,)),
        (50_001, False, (Role.BUDGET_HOLDER,)),
        (125_000, False, (Role.BUDGET_HOLDER,)),
        (125_001, False, (Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER)),
        (250_000, False, (Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER)),
    ],
)
def test_who_decides_rises_with_the_amount(amount: int, urgent: bool, roles: tuple[Role, ...]) -> None:
    mandate = required_mandate(GRONINGEN, "bicycle", amount, urgent)
    assert mandate is not None
    assert mandate.deciding_roles == roles


def test_nobody_may_decide_more_than_an_envelope() -> None:
    assert required_mandate(GRONINGEN, "bicycle", 250_001, False) is None


def test_buddies_pay_is_no_matter_for_a_budget_holder() -> None:
    mandate = required_mandate(GRONINGEN, "buddy-pay", 700_000, False)
    assert mandate is not None
    assert mandate.deciding_roles == (Role.PROGRAMME_MANAGER, Role.CONTROLLER)


def test_an_urgent_mandate_is_never_used_for_an_ordinary_request() -> None:
    ordinary = required_mandate(EMMEN, "bicycle", 5_000, False)
    urgent = required_mandate(EMMEN, "bicycle", 5_000, True)
    assert ordinary is not None
    assert urgent is not None
    assert (ordinary.role, urgent.role) == (Role.BUDGET_HOLDER, Role.TEAM_COORDINATOR)


def test_urgency_has_a_limit_and_is_not_for_every_category() -> None:
    assert urgent_allowed(GRONINGEN, "living-costs", 30_000)
    assert not urgent_allowed(GRONINGEN, "living-costs", 30_001)
    assert not urgent_allowed(GRONINGEN, "sport-and-culture", 1_000)
    assert not urgent_allowed(GRONINGEN, "buddy-pay", 1_000)


def test_buddies_are_paid_every_month_of_three_years() -> None:
    pay = [part for part in instalments(GRONINGEN) if part.line == "paid-buddies"]
    assert len(pay) == 36
    assert (pay[0].due, pay[-1].due) == (date(2023, 1, 1), date(2025, 12, 1))
    assert {part.amount_cents for part in pay} == {700_000}


def test_a_line_without_a_cadence_is_paid_once() -> None:
    plan = [part for part in instalments(GRONINGEN) if part.line == "implementation-plan"]
    assert [(part.due, part.amount_cents) for part in plan] == [(date(2023, 1, 1), 2_000_000)]


def test_cents_that_do_not_divide_are_not_lost() -> None:
    parts = [part.amount_cents for part in instalments(EMMEN)]
    assert parts == [1_316_667, 1_316_667, 1_316_667, 1_316_667, 1_316_666, 1_316_666]


def test_matching_rounds_stay_on_their_weekday() -> None:
    assert first_matching_round(GRONINGEN) == date(2023, 1, 3)
    assert list(islice(matching_rounds(GRONINGEN, date(2023, 1, 3)), 2)) == [date(2023, 1, 17), date(2023, 1, 31)]
    assert next(matching_rounds(GRONINGEN, date(2022, 1, 1))) == date(2023, 1, 3)
    assert list(matching_rounds(GRONINGEN, date(2025, 12, 31))) == []


def test_matching_rounds_go_on_after_the_horizon_of_a_programme_without_an_end() -> None:
    running = latest("kansrijk-groningen")
    assert running.period.last_day == date(2023, 12, 31)
    [following] = islice(matching_rounds(running, date(2026, 11, 22)), 1)
    assert date(2026, 11, 22) < following <= date(2026, 12, 6)
    assert (following - first_matching_round(running)).days % running.trajectory.matching_round_days == 0


@given(st.dates(min_value=date(2022, 6, 1), max_value=date(2026, 6, 1)))
def test_the_next_round_is_always_a_later_tuesday_two_weeks_off_at_most(day: date) -> None:
    for following in islice(matching_rounds(GRONINGEN, day), 1):
        assert following > day
        assert following.strftime("%A") == "Tuesday"
        assert day < GRONINGEN.period.start or (following - day).days <= 14


def test_a_file_is_kept_for_its_result_and_else_for_the_common_term() -> None:
    assert retention_months(GRONINGEN, "declined") == 12
    assert retention_months(GRONINGEN, "moved-to-another-country") == 60
