"""A decision by people who may take it: asked, reminded, escalated, and lapsed when the law's term has passed."""

from datetime import date

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from services.budget.events import Verdict
from services.desk.contracts import (
    DECIDE_UPDATE,
    TASK_QUEUE,
    Decision,
    DeskActivities,
    EscalateTask,
    OpenTask,
    OpenTasks,
)
from services.shared.calendar import add_working_days, term_end
from services.shared.roles import Role
from services.shared.types import stable_id
from workflows.approval_rules import outcome, refusal
from workflows.asking import insist
from workflows.clock import Alarm, today
from workflows.contracts import WITHDRAW_UPDATE, ApprovalEnded, ApprovalTerms


@workflow.defn
class Approval:
    """Asks until `mandate.deciders` different people approved, one refused, the asker withdrew, or time is up."""

    @workflow.init
    def __init__(self, terms: ApprovalTerms) -> None:
        self._terms = terms
        self._task_id = stable_id(workflow.info().workflow_id, "task")
        self._taken: list[Decision] = []
        self._escalated: Role | None = None
        self._withdrawn = False
        self._alarm = Alarm()

    @workflow.run
    async def run(self, terms: ApprovalTerms) -> ApprovalEnded:
        """Open the task, wait for people, remind, escalate, lapse. Whoever asked sees to it that the task is closed."""
        mandate, asked_on = terms.mandate, today()
        escalate_on = add_working_days(asked_on, mandate.escalate_after_working_days)
        await self._open_task(due_on=escalate_on)
        if not await self._decided_by(add_working_days(asked_on, mandate.remind_after_working_days)):
            await self._escalate(EscalateTask(task_id=self._task_id, reminder=True))
        if not await self._decided_by(escalate_on):
            await self._escalate(EscalateTask(task_id=self._task_id, role=mandate.escalate_to))
            self._escalated = mandate.escalate_to
        await self._decided_by(term_end(asked_on, mandate.lapse_after_weeks))
        return self._ended()

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: Decision) -> None:
        """A person decides, for themselves or as somebody's stand-in."""
        self._taken.append(decision)

    @decide.validator
    def may_decide(self, decision: Decision) -> None:
        code = refusal(self._terms.mandate, self._escalated, self._taken, decision, withdrawn=self._withdrawn)
        if code is not None:
            raise ApplicationError(code, type=code, non_retryable=True)

    @workflow.signal(name=WITHDRAW_UPDATE)
    def withdraw(self) -> None:
        """The question is no longer asked."""
        self._withdrawn = True

    def _is_decided(self) -> bool:
        return self._withdrawn or outcome(self._terms.mandate, self._taken) is not None

    async def _decided_by(self, day: date) -> bool:
        return await self._alarm.wait(day, self._is_decided)

    def _ended(self) -> ApprovalEnded:
        decided = outcome(self._terms.mandate, self._taken)
        if decided is not None:
            return decided
        if self._withdrawn:
            return ApprovalEnded(verdict=Verdict.WITHDRAWN, reason="withdrawn", deciders=())
        return ApprovalEnded(verdict=Verdict.LAPSED, reason="not-decided-in-time", deciders=())

    async def _open_task(self, *, due_on: date) -> None:
        terms = self._terms
        task = OpenTask(
            task_id=self._task_id,
            kind=terms.kind,
            programme=terms.programme,
            subject_id=terms.subject_id,
            family_id=terms.family_id,
            roles=terms.mandate.roles,
            due_on=due_on,
            workflow=terms.subject_id,
            digest=terms.mandate.digest,
            excluded=terms.mandate.excluded,
        )
        await insist(TASK_QUEUE, DeskActivities.open_tasks, OpenTasks(tasks=(task,)))

    async def _escalate(self, command: EscalateTask) -> None:
        await insist(TASK_QUEUE, DeskActivities.escalate_task, command)
