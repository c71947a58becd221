"""Dutch working days and terms: Europe/Amsterdam, public holidays, Algemene termijnenwet."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SUNDAY = 6
MORNING = time(9, 0)
"""The hour at which work that fell due is looked at: waits end in the morning of a day, never in the middle of it."""


@lru_cache(maxsize=256)
def holidays_of(year: int) -> frozenset[date]:
    """The days of a year that article 3 of the Algemene termijnenwet treats as a public holiday.

    Good Friday, King's Day and Liberation Day are on that list though many people work on them. Worked out here, from
    the law: a workflow that is replayed years later must find the same days, whatever a package says by then.
    """
    easter = _easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == SUNDAY:
        kings_day -= timedelta(days=1)
    around_easter = (timedelta(days=days) for days in (-2, 0, 1, 39, 49, 50))
    fixed = (date(year, 1, 1), kings_day, date(year, 5, 5), date(year, 12, 25), date(year, 12, 26))
    return frozenset({*fixed, *(easter + days for days in around_easter)})


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays_of(day.year)


def local_date(moment: datetime) -> date:
    """The date on the wall in the Netherlands."""
    return moment.astimezone(AMSTERDAM).date()


def add_working_days(day: date, count: int) -> date:
    """The date `count` working days after `day` (0: the day itself, moved to a working day)."""
    if count < 0:
        raise ValueError("working days are counted forward")
    current = day
    for _ in range(count):
        current = next_working_day(current + timedelta(days=1))
    return next_working_day(current)


def next_working_day(day: date) -> date:
    """The day itself, or the first working day after it: how a term that ends on a free day moves (Atw art. 1)."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days follow the first day, until and with the last; 0 when the last comes no later."""
    return sum(is_working_day(first + timedelta(days=day)) for day in range(1, (last - first).days + 1))


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last day of the month where that day is absent."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def term_end(day: date, weeks: int) -> date:
    """The last day of a term of weeks (Awb 4:13, 6:7), moved when it falls on a free day (Atw art. 1)."""
    return next_working_day(day + timedelta(weeks=weeks))


def morning_of(day: date) -> datetime:
    """Nine o'clock in the Netherlands on that day, in UTC."""
    return datetime.combine(day, MORNING, tzinfo=AMSTERDAM).astimezone(UTC)
