"""What the cycles of a programme have in common: turns on dates, counted, going on as new each year."""

from dataclasses import replace
from datetime import date, timedelta

from temporalio import workflow

from services.shared.calendar import add_months
from workflows.bounds import CYCLES_AFTER_MORNING, MONTHS_A_RUN
from workflows.clock import today, wait_until
from workflows.contracts import PROLONG_SIGNAL, CycleTerms


def upcoming(first_on: date, every_days: int, today: date) -> date:
    """The first day on the cadence that is not in the past."""
    late = (today - first_on).days
    return first_on if late <= 0 else first_on + timedelta(days=-(-late // every_days) * every_days)


class Cycle:
    """Waits for the next turn; a turn that was missed while everything stood still is taken once, not caught up."""

    def __init__(self, terms: CycleTerms) -> None:
        self.terms = terms
        self._renew_on = add_months(today(), MONTHS_A_RUN)
        self.next_on = terms.next_on
        self.number = terms.number
        workflow.set_signal_handler(PROLONG_SIGNAL, self.prolong)

    def prolong(self, terms: CycleTerms) -> None:
        """The programme was funded again: the same turns, under its later version and until its later end."""
        if terms.programme_version >= self.terms.programme_version:
            self.terms = replace(self.terms, programme_version=terms.programme_version, until=terms.until)

    async def next_turn(self) -> bool:
        """True in the morning of the next turn, False when there is none any more."""
        if self.terms.until is not None and self.next_on > self.terms.until:
            return False
        if today() >= self._renew_on:
            workflow.continue_as_new(replace(self.terms, next_on=self.next_on, number=self.number))
        await wait_until(self.next_on, CYCLES_AFTER_MORNING)
        return True

    def count(self) -> None:
        """One more has been numbered."""
        self.number += 1

    def take_turn(self, every: timedelta) -> None:
        """A turn is done; the next one is in the future, so many days (or a multiple) later."""
        self.count()
        self.next_on = upcoming(self.next_on + every, every.days, today() + timedelta(days=1))

    def take_month(self, first_on: date, months: int) -> None:
        """A turn is done; the next one is so many months after the first, or a multiple."""
        self.count()
        passed = months
        while add_months(first_on, passed) <= today():
            passed += months
        self.next_on = add_months(first_on, passed)
