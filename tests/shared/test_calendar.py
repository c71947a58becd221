"""Terms and working days around the days on which the Netherlands does not work."""

from datetime import UTC, date, datetime

import holidays
import pytest

from services.shared.calendar import (
    add_months,
    add_working_days,
    holidays_of,
    is_working_day,
    local_date,
    morning_of,
    next_working_day,
    term_end,
)


@pytest.mark.parametrize(
    ("start", "count", "end", "why"),
    [
        (date(2024, 3, 28), 1, date(2024, 4, 2), "Good Friday and both days of Easter lie between"),
        (date(2025, 4, 17), 3, date(2025, 4, 24), "Easter again, and nothing on 24 April"),
        (date(2024, 4, 26), 1, date(2024, 4, 29), "King's Day on a Saturday"),
        (date(2025, 4, 25), 1, date(2025, 4, 28), "King's Day moved to the Saturday before"),
        (date(2023, 5, 4), 1, date(2023, 5, 8), "Liberation Day counts every year (Atw art. 3)"),
        (date(2024, 12, 24), 1, date(2024, 12, 27), "two days of Christmas"),
        (date(2024, 2, 28), 1, date(2024, 2, 29), "a leap day is a day"),
        (date(2024, 6, 1), 0, date(2024, 6, 3), "a Saturday moves to Monday"),
        (date(2024, 6, 1), 1, date(2024, 6, 3), "that Monday is the first working day after it"),
    ],
)
def test_working_days(start: date, count: int, end: date, why: str) -> None:
    assert add_working_days(start, count) == end, why


def test_eight_weeks_that_end_at_easter_end_after_it() -> None:
    assert term_end(date(2024, 2, 5), 8) == date(2024, 4, 2)


def test_six_weeks_that_end_on_a_tuesday_end_there() -> None:
    assert term_end(date(2024, 1, 2), 6) == date(2024, 2, 13)


def test_months_end_where_the_month_ends() -> None:
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert add_months(date(2024, 8, 31), 18) == date(2026, 2, 28)


def test_nine_in_the_morning_moves_with_the_clock() -> None:
    assert morning_of(date(2024, 3, 30)) == datetime(2024, 3, 30, 8, 0, tzinfo=UTC)
    assert morning_of(date(2024, 3, 31)) == datetime(2024, 3, 31, 7, 0, tzinfo=UTC)


def test_late_evening_in_utc_is_tomorrow_here() -> None:
    assert local_date(datetime(2024, 7, 1, 22, 30, tzinfo=UTC)) == date(2024, 7, 2)


def test_a_free_day_moves_on() -> None:
    assert not is_working_day(date(2024, 5, 9))
    assert next_working_day(date(2024, 5, 9)) == date(2024, 5, 10)


def test_working_days_are_never_counted_backward() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working_days(date(2024, 1, 1), -1)


@pytest.mark.parametrize("year", range(2014, 2100, 5))
def test_the_law_and_an_independent_list_name_the_same_days(year: int) -> None:
    listed = holidays.country_holidays("NL", years=year, categories=("public", "optional"))
    # 5 May is a holiday in law every year; the list has it as a public one only in lustrum years.
    assert holidays_of(year) == {day for day in listed if day.year == year} | {date(year, 5, 5)}
