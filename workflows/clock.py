"""Time as workflows count it: dates on the wall in the Netherlands, and waits that end in the morning of one."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

from temporalio import workflow

from services.shared.calendar import local_date, morning_of


def today() -> date:
    """The date now, in the workflow's own time."""
    return local_date(workflow.now())


async def wait_until(day: date, later: timedelta = timedelta(0)) -> None:
    """Return in the morning of that day, or so much later; at once when that has passed."""
    left = morning_of(day) + later - workflow.now()
    if left.total_seconds() > 0:
        await workflow.sleep(left)


class Alarm:
    """A wait for a day that something else may end first.

    Set again to the same day, its timer goes on: waking up early costs no second timer.
    """

    def __init__(self) -> None:
        self._day: date | None = None
        self._timer: asyncio.Task[None] | None = None

    async def wait(self, day: date | None, until: Callable[[], bool]) -> bool:
        """True as soon as `until` holds, False when the morning of `day` comes first; without a day, wait on."""
        if until():
            return True
        if day != self._day or self._timer is None:
            self.cancel()
            self._day = day
            self._timer = None if day is None else asyncio.create_task(wait_until(day))
        timer = self._timer
        await workflow.wait_condition(lambda: until() or (timer is not None and timer.done()))
        return until()

    def cancel(self) -> None:
        """Forget the day."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._day = None
