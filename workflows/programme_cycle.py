"""A funded programme from its first day to its last: its cycles started, its reports made, its waiting list closed."""

from dataclasses import replace
from datetime import date, timedelta

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

from services.intake.contracts import TASK_QUEUE as INTAKE_QUEUE
from services.intake.contracts import CloseWaitingList, IntakeActivities
from services.monitor.contracts import TASK_QUEUE as MONITOR_QUEUE
from services.monitor.contracts import MakeReport, MonitorActivities
from services.shared.calendar import add_months
from workflows.asking import insist
from workflows.bounds import MONTHS_A_RUN, PAYMENTS_AFTER_END_DAYS, PAYMENTS_EVERY_DAYS, REVIEWS_EVERY_DAYS
from workflows.clock import today, wait_until
from workflows.contracts import (
    CycleTerms,
    ProgrammeTerms,
    matching_workflow_id,
    payments_workflow_id,
    retention_workflow_id,
    reviews_workflow_id,
)
from workflows.cycle import upcoming
from workflows.matching_round import MatchingRound
from workflows.payment_run import PaymentRun
from workflows.retention import Retention
from workflows.review_cycle import ReviewCycle


@workflow.defn
class ProgrammeCycle:
    """One programme."""

    @workflow.init
    def __init__(self, terms: ProgrammeTerms) -> None:
        self._terms = terms

    @workflow.run
    async def run(self, terms: ProgrammeTerms) -> None:
        """Start the cycles, report on the cadence, close at the end."""
        if workflow.info().continued_run_id is None:
            await self._start_cycles()
        number, renew_on = self._first_report(), add_months(today(), MONTHS_A_RUN)
        while (report_on := add_months(terms.starts_on, number * terms.report_months)) <= terms.ends_on:
            await wait_until(report_on)
            await self._report(number, until=report_on - timedelta(days=1))
            number += 1
            if today() >= renew_on:
                workflow.continue_as_new(replace(terms, report_number=number))
        await wait_until(terms.ends_on)
        await insist(INTAKE_QUEUE, IntakeActivities.close_waiting_list, CloseWaitingList(programme=terms.programme))
        await self._report(number, until=terms.ends_on)

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

    async def _start_cycles(self) -> None:
        """The cycles live on when this workflow ends: families leave, payments bounce and files are erased later."""
        terms = self._terms
        start, end = terms.starts_on, terms.families_until
        retention_until = add_months(end, terms.retention_months_maximum + 1)
        payments_until = end + timedelta(days=PAYMENTS_AFTER_END_DAYS)
        await workflow.start_child_workflow(
            MatchingRound.run,
            self._cycle(terms.first_round_on, end, every_days=terms.round_days),
            id=matching_workflow_id(terms.programme),
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
        await workflow.start_child_workflow(
            ReviewCycle.run,
            self._cycle(start, end, every_days=REVIEWS_EVERY_DAYS),
            id=reviews_workflow_id(terms.programme),
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
        await workflow.start_child_workflow(
            PaymentRun.run,
            self._cycle(start, payments_until, every_days=PAYMENTS_EVERY_DAYS),
            id=payments_workflow_id(terms.programme),
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
        await workflow.start_child_workflow(
            Retention.run,
            self._cycle(add_months(start, 1), retention_until, every_days=0),
            id=retention_workflow_id(terms.programme),
            parent_close_policy=ParentClosePolicy.ABANDON,
        )

    def _cycle(self, first_on: date, until: date, *, every_days: int) -> CycleTerms:
        return CycleTerms(
            programme=self._terms.programme,
            programme_version=self._terms.programme_version,
            next_on=upcoming(first_on, every_days or 1, today()),
            until=until,
            every_days=every_days,
        )
