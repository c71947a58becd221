"""A day is told in working days: what is late, today, soon or later, also around a weekend and a holiday."""

from datetime import date, timedelta

import pytest

from services.desk.due import DueWithin, Nearness, due_on, fatal_near, last_day_within
from services.shared.calendar import working_days_between

FRIDAY = date(2027, 3, 5)
MAUNDY_THURSDAY = date(2027, 3, 25)


@pytest.mark.parametrize(
    ("day", "nearness", "working_days"),
    [
        (FRIDAY, Nearness.TODAY, 0),
        (FRIDAY + timedelta(days=3), Nearness.SOON, 1),
        (FRIDAY + timedelta(days=5), Nearness.SOON, 3),
        (FRIDAY + timedelta(days=6), Nearness.LATER, 4),
        (FRIDAY - timedelta(days=1), Nearness.LATE, 1),
        (FRIDAY - timedelta(days=7), Nearness.LATE, 5),
        (FRIDAY + timedelta(days=30), Nearness.LATER, None),
        (FRIDAY + timedelta(days=3000), Nearness.LATER, None),
        (FRIDAY - timedelta(days=3000), Nearness.LATE, None),
    ],
)
def test_a_day_is_counted_in_working_days(day: date, nearness: Nearness, working_days: int | None) -> None:
    seen = due_on(day, today=FRIDAY)

    assert (seen.day, seen.nearness, seen.working_days) == (day, nearness, working_days)


def test_easter_lies_between_thursday_and_the_next_working_day() -> None:
    tuesday = date(2027, 3, 30)

    assert due_on(tuesday, today=MAUNDY_THURSDAY).working_days == 1
    assert working_days_between(MAUNDY_THURSDAY, tuesday - timedelta(days=1)) == 0
    assert fatal_near(MAUNDY_THURSDAY) == date(2027, 4, 5)


def test_what_is_looked_for_ends_on_a_working_day() -> None:
    assert last_day_within(DueWithin.LATE, today=FRIDAY) == FRIDAY - timedelta(days=1)
    assert last_day_within(DueWithin.TODAY, today=FRIDAY) == FRIDAY
    assert last_day_within(DueWithin.WEEK, today=FRIDAY) == date(2027, 3, 12)
