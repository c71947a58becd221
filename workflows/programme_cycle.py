"""A funded programme from its first day to its last: its reports made, its waiting list closed."""

from dataclasses import replace
from datetime import date, timedelta

from temporalio import workflow

from services.intake.contracts import TASK_QUEUE as INTAKE_QUEUE
from services.intake.contracts import CloseWaitingList, IntakeActivities
from services.monitor.contracts import TASK_QUEUE as MONITOR_QUEUE
from services.monitor.contracts import MakeReport, MonitorActivities
from services.shared.calendar import add_months
from workflows.asking import insist
from workflows.bounds import CYCLES_AFTER_MORNING, MONTHS_A_RUN
from workflows.clock import today, wait_until
from workflows.contracts import PROLONG_SIGNAL, ProgrammeTerms


@workflow.defn
class ProgrammeCycle:
    """One programme."""

    @workflow.init
    def __init__(self, terms: ProgrammeTerms) -> None:
        self._terms = terms

    @workflow.signal(name=PROLONG_SIGNAL)
    def prolong(self, terms: ProgrammeTerms) -> None:
        """The programme was funded again: a later version, a later end."""
        if terms.programme_version >= self._terms.programme_version:
            self._terms = terms

    @workflow.run
    async def run(self, terms: ProgrammeTerms) -> None:
        """Report on the cadence; at the end, where there is one, close the waiting list and report once more."""
        number, renew_on = self._first_report(), add_months(today(), MONTHS_A_RUN)
        while True:
            report_on = add_months(self._terms.starts_on, number * self._terms.report_months)
            ends_on = self._terms.ends_on
            if ends_on is not None and ends_on < report_on:
                await wait_until(ends_on, CYCLES_AFTER_MORNING)
                if ends_on != self._terms.ends_on:
                    continue
                break
            await wait_until(report_on, CYCLES_AFTER_MORNING)
            await self._report(number, until=report_on - timedelta(days=1))
            number += 1
            if today() >= renew_on:
                workflow.continue_as_new(replace(self._terms, report_number=number))
        await insist(INTAKE_QUEUE, IntakeActivities.close_waiting_list, CloseWaitingList(programme=terms.programme))
        await self._report(number, until=ends_on)

    def _first_report(self) -> int:
        """The number of the next report; for a programme that was funded late no report is made of the past."""
        number = self._terms.report_number
        while add_months(self._terms.starts_on, number * self._terms.report_months) < today():
            number += 1
        return number

    async def _report(self, number: int, *, until: date) -> None:
        command = MakeReport(
            programme=self._terms.programme,
            programme_version=self._terms.programme_version,
            number=number,
            until=until,
        )
        await insist(MONITOR_QUEUE, MonitorActivities.make_report, command)
