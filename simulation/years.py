"""Day after day through the programme: the workflows' morning, people's work, and quiet before the next day."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from time import monotonic

from programmes.schema import Ending, Programme
from services.desk import store as desk
from services.shared.calendar import AMSTERDAM, add_months
from simulation.clock import VirtualClock
from simulation.kills import Killer
from simulation.people import day
from simulation.people.world import World

MORNINGS = (time(9, 0, 5), time(10, 0, 30))
"""Waits of families end at nine, cycles of the programme half an hour later; from the second moment on people act."""

DAYS_AFTER_END = 75
"""Payments go on for sixty days after a fixed end; then a little more for the bank."""

PROGRESS_EVERY_MONTHS = 3


class NeverEnded(Exception):
    """Families still took part when nobody should any more; the text says how many."""


def last_day_possible(programme: Programme) -> date:
    """After this day nobody takes part any more: the end where it is fixed, the whole way after it where it is not."""
    course = programme.trajectory
    end = programme.period.last_day
    if programme.period.ending is not Ending.FIXED:
        whole_way = course.working_together_months + course.letting_go_months + max(course.aftercare_months)
        pauses = course.pause_maximum_months
        end = add_months(end, whole_way + pauses)
    return end + timedelta(days=DAYS_AFTER_END)


async def live_through(
    world: World, clock: VirtualClock, killer: Killer, *, tell: Callable[[str], None] = lambda line: None
) -> int:
    """Live from the first day until nothing is left to do; gives the number of days. Raises NeverEnded."""
    began, start = monotonic(), world.programme.period.start
    tell_on, days = add_months(start, PROGRESS_EVERY_MONTHS), 0
    until = last_day_possible(world.programme)
    while True:
        today = start + timedelta(days=days)
        days += 1
        world.begin(today)
        for morning in MORNINGS:
            await clock.sleep_until(datetime.combine(today, morning, tzinfo=AMSTERDAM))
            await world.quiet.settle()
        if today == start:
            await day.open_programme(world)
        acted = await day.live(world)
        killed = await killer.strike(days)
        if killed:
            await killer.recovered()
        if acted or killed or today == start:
            await world.quiet.settle()
        if today >= tell_on:
            tell(
                f"{today}: {len(world.trajectories)} families take part, {world.quiet.events} events"
                f" ({monotonic() - began:.0f} s)"
            )
            tell_on = add_months(tell_on, PROGRESS_EVERY_MONTHS)
        if today >= world.programme.period.last_day + timedelta(days=DAYS_AFTER_END) and not world.trajectories:
            return days
        if today >= until:
            tasks = await world.see("desk", lambda tx: desk.open_tasks(tx))
            raise NeverEnded(f"{len(world.trajectories)} families and {len(tasks)} tasks were left on {today}")
