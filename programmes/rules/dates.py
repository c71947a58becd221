"""The days of a programme's matching rounds."""

from collections.abc import Iterator
from datetime import date, timedelta

from programmes.schema import Programme

DAYS_A_WEEK = 7


def first_matching_round(programme: Programme) -> date:
    """The first matching weekday on or after the programme's start."""
    start = programme.period.start
    return start + timedelta(days=(programme.trajectory.matching_weekday.number - start.weekday()) % DAYS_A_WEEK)


def matching_rounds(programme: Programme, after: date) -> Iterator[date]:
    """The days of the rounds later than a day, until the programme's end; where none is fixed they go on."""
    first = first_matching_round(programme)
    cadence = programme.trajectory.matching_round_days
    passed = max(0, ((after - first).days // cadence) + 1)
    day = first + timedelta(days=passed * cadence)
    while programme.period.end is None or day <= programme.period.end:
        yield day
        day += timedelta(days=cadence)
