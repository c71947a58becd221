"""How near the days of a task are, in the working days in which people count."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.shared.calendar import add_working_days, working_days_between

SOON_WORKING_DAYS = 3
"""So near that it is coloured."""
COUNTED_WORKING_DAYS = 15
"""Further away, or longer ago, people read a date and no count."""
FATAL_NEAR_WORKING_DAYS = 5
"""So near that a last day comes before other work."""
_COUNTED_DAYS = 40


class Nearness(StrEnum):
    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True, kw_only=True)
class Due:
    """A day as somebody at work sees it. `working_days` until it, or since it when late; None: too many to count."""

    day: date
    nearness: Nearness
    working_days: int | None


class DueWithin(StrEnum):
    """What somebody narrows a worklist to."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    """Late and today too: what there is to do in the working days of a week."""


WEEK_WORKING_DAYS = 5


def due_on(day: date, *, today: date) -> Due:
    """How near a day is. What falls on a free day is counted to the working day after it."""
    if day == today:
        return Due(day=day, nearness=Nearness.TODAY, working_days=0)
    if day < today:
        return Due(day=day, nearness=Nearness.LATE, working_days=_counted(day, today))
    count = _counted(today, day)
    soon = count is not None and count <= SOON_WORKING_DAYS
    return Due(day=day, nearness=Nearness.SOON if soon else Nearness.LATER, working_days=count)


def last_day_within(within: DueWithin, *, today: date) -> date:
    """The last day on which work is due that somebody looks for."""
    match within:
        case DueWithin.LATE:
            return today - timedelta(days=1)
        case DueWithin.TODAY:
            return today
        case DueWithin.WEEK:
            return add_working_days(today, WEEK_WORKING_DAYS)


def fatal_near(today: date) -> date:
    """Work of which the last day is on or before this one comes first."""
    return add_working_days(today, FATAL_NEAR_WORKING_DAYS)


def _counted(first: date, last: date) -> int | None:
    if last - first > timedelta(days=_COUNTED_DAYS):
        return None
    count = working_days_between(first, last)
    return count if count <= COUNTED_WORKING_DAYS else None
