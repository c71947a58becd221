"""The days that a programme's cadence leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from programmes.schema import Programme
from services.shared.calendar import add_months

DAYS_A_WEEK = 7


@dataclass(frozen=True)
class PhaseDates:
    """One family's years, when nothing pauses or prolongs them."""

    reviews: tuple[date, ...]
    measurements: tuple[date, ...]
    letting_go_from: date
    closes_on: date
    aftercare: tuple[date, ...]


def plan_due(programme: Programme, tandem_confirmed_on: date) -> date:
    """The last day on which the family and its tandem agree the first plan."""
    return tandem_confirmed_on + timedelta(days=programme.trajectory.first_plan_days)


def phase_dates(programme: Programme, working_together_from: date) -> PhaseDates:
    """Reviews and measurements on their cadence, then letting go and the calls after it.

    Reviews stop before letting go starts; measurements go on to the closing one, on the last day of letting go.
    """
    course = programme.trajectory
    letting_go_from = add_months(working_together_from, course.working_together_months)
    closes_on = add_months(letting_go_from, course.letting_go_months)
    return PhaseDates(
        reviews=tuple(_every(course.review_months, working_together_from, letting_go_from)),
        measurements=(*_every(course.measurement_months, working_together_from, closes_on), closes_on),
        letting_go_from=letting_go_from,
        closes_on=closes_on,
        aftercare=tuple(add_months(closes_on, months) for months in course.aftercare_months),
    )


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


def _every(months: int, start: date, until: date) -> Iterator[date]:
    """The dates after start and before until, so many months apart, counted from start so that day 31 stays day 31."""
    count = 1
    while (day := add_months(start, count * months)) < until:
        yield day
        count += 1
