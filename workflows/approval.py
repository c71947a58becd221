"""A decision by people who may take it: asked, escalated, and lapsed when the law's term has passed."""

import asyncio
from datetime import date

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from services.budget.events import Verdict
from services.desk.contracts import (
    DECIDE_UPDATE,
    TASK_QUEUE,
    CloseTask,
    Decision,
    DeskActivities,
    EscalateTask,
    OpenTask,
    OpenTasks,
)
from services.shared.calendar import add_working_days, term_end
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from workflows.approval_rules import outcome, refusal
from workflows.asking import insist
from workflows.clock import Alarm, today
from workflows.contracts import WITHDRAW_UPDATE, ApprovalEnded, ApprovalTerms

WITHDRAWN = ApprovalEnded(verdict=Verdict.WITHDRAWN, reason="withdrawn", deciders=())
NOT_DECIDED = ApprovalEnded(verdict=Verdict.LAPSED, reason="not-decided-in-time", deciders=())
BROKEN_OFF = ApprovalEnded(verdict=Verdict.LAPSED, reason="decision-broken-off", deciders=())


class Approval:
    """What every workflow has in which people decide: `mandate.deciders` different people approve, or one refuses.

    Each kind of decision is a workflow of its own, started from the event that asks for it; it inherits from this how
    people are asked, and says itself what follows.
    """

    @workflow.init
    def __init__(self, terms: ApprovalTerms) -> None:
        self._terms = terms
        self._task_id = stable_id(workflow.info().workflow_id, "task")
        self._taken: list[Decision] = []
        self._escalated: Role | None = None
        self._withdrawn = False
        self._alarm = Alarm()

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: Decision) -> None:
        """A person decides, for themselves or as somebody's stand-in."""
        self._taken.append(decision)

    @decide.validator
    def may_decide(self, decision: Decision) -> None:
        code = refusal(self._terms.mandate, self._escalated, self._taken, decision, withdrawn=self._withdrawn)
        if code is not None:
            raise ApplicationError(code, type=code, non_retryable=True)

    @workflow.update(name=WITHDRAW_UPDATE)
    def withdraw(self) -> None:
        """The question is no longer asked."""
        self._withdrawn = True

    async def decided(self) -> ApprovalEnded:
        """Open the task, wait for people, escalate, lapse; lapsed as well when an operator breaks it off."""
        mandate, asked_on = self._terms.mandate, today()
        escalate_on = add_working_days(asked_on, mandate.escalate_after_working_days)
        lapse_on = term_end(asked_on, mandate.lapse_after_weeks)
        try:
            await self._open_task(
                due_on=escalate_on,
                remind_on=add_working_days(asked_on, mandate.remind_after_working_days),
                fatal_on=lapse_on,
            )
            if not await self._decided_by(escalate_on):
                await self._escalate(mandate.escalate_to)
            await self._decided_by(lapse_on)
        except (FailureError, asyncio.CancelledError):
            return BROKEN_OFF
        return outcome(mandate, self._taken) or (WITHDRAWN if self._withdrawn else NOT_DECIDED)

    async def close_task(self, result: Code) -> None:
        """Take the task from the list, where no event of what follows does."""
        command = CloseTask(subject_id=self._terms.subject_id, kind=self._terms.kind, outcome=result)
        await insist(TASK_QUEUE, DeskActivities.close_task, command)

    async def _decided_by(self, day: date) -> bool:
        return await self._alarm.wait(
            day, lambda: self._withdrawn or outcome(self._terms.mandate, self._taken) is not None
        )

    async def _open_task(self, *, due_on: date, remind_on: date, fatal_on: date) -> None:
        terms = self._terms
        task = OpenTask(
            task_id=self._task_id,
            kind=terms.kind,
            programme=terms.programme,
            subject_id=terms.subject_id,
            family_id=terms.family_id,
            trajectory_id=terms.trajectory_id,
            roles=terms.mandate.roles,
            due_on=due_on,
            remind_on=remind_on,
            fatal_on=fatal_on,
            workflow=terms.subject_id,
            digest=terms.mandate.digest,
            excluded=terms.mandate.excluded,
            deciders=terms.mandate.deciders,
            seats=terms.mandate.seats,
        )
        await insist(TASK_QUEUE, DeskActivities.open_tasks, OpenTasks(tasks=(task,)))

    async def _escalate(self, role: Role) -> None:
        await insist(TASK_QUEUE, DeskActivities.escalate_task, EscalateTask(task_id=self._task_id, role=role))
        self._escalated = role
