"""From a signal to a decision: reach the family, do the intake, let intake admit; nothing is left lying."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from services.desk import contracts as desk
from services.intake import contracts as intake
from services.intake.events import ContactOutcome
from services.shared.calendar import add_working_days
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from workflows.asking import insist
from workflows.bounds import LATE_ESCALATE_WORKING_DAYS, LATE_GIVE_UP_WORKING_DAYS
from workflows.clock import Alarm, today
from workflows.contracts import HEAR_UPDATE, IntakeEnded, IntakeFact, IntakeFactKind, IntakeTerms

REFUSED: Code = "refused"
UNREACHABLE: Code = "unreachable"
NO_INTAKE: Code = "no-intake"
DONE: Code = "done"
CLOSED_ELSEWHERE: Code = "closed-elsewhere"

ROLES = {
    desk.TaskKind.CONTACT_FAMILY: (Role.OUTREACH_WORKER,),
    desk.TaskKind.DO_INTAKE: (Role.SUPPORTER, Role.OUTREACH_WORKER),
}


@workflow.defn
class IntakeProcess:
    """One signal."""

    @workflow.init
    def __init__(self, terms: IntakeTerms) -> None:
        self._terms = terms
        self._attempts: dict[int, ContactOutcome] = {}
        self._spoke: UUID | None = None
        self._completed = False
        self._closed = False
        self._closed_for: Code = CLOSED_ELSEWHERE
        self._alarm = Alarm()

    @workflow.run
    async def run(self, terms: IntakeTerms) -> IntakeEnded:
        """Contact, intake, admission; or closed with the reason why it came to none.

        Each task takes the place of the one before; the last is closed by the desk when it hears how the signal ended.
        """
        reason = await self._reach_family() or await self._do_intake()
        if reason is not None:
            return await self._close(reason)
        admitted = await insist(
            intake.TASK_QUEUE, intake.IntakeActivities.admit, intake.Admit(signal_id=terms.signal_id)
        )
        return IntakeEnded(admission=admitted.admission)

    @workflow.update(name=HEAR_UPDATE)
    def hear(self, fact: IntakeFact) -> None:
        """An event about this signal."""
        match fact.kind:
            case IntakeFactKind.CONTACT_ATTEMPTED if fact.outcome is not None:
                self._attempts[fact.attempt] = fact.outcome
                if fact.outcome is ContactOutcome.REACHED and self._spoke is None:
                    self._spoke = fact.by
            case IntakeFactKind.INTAKE_COMPLETED:
                self._completed = True
            case IntakeFactKind.SIGNAL_CLOSED:
                self._closed = True
                self._closed_for = fact.reason or CLOSED_ELSEWHERE

    @hear.validator
    def may_hear(self, fact: IntakeFact) -> None:
        if fact.kind is IntakeFactKind.CONTACT_ATTEMPTED and fact.outcome is None:
            raise ApplicationError("no-outcome", type="no-outcome", non_retryable=True)

    async def _reach_family(self) -> Code | None:
        """Try until the family is reached, refuses, or was tried often enough; None when it was reached."""
        while not self._completed and ContactOutcome.REACHED not in self._attempts.values():
            tried = len(self._attempts)
            if ContactOutcome.REFUSED in self._attempts.values():
                return REFUSED
            if tried >= self._terms.attempts_maximum:
                return UNREACHABLE
            due_on = add_working_days(today(), self._terms.attempt_working_days)
            was_tried = await self._has_done(
                desk.TaskKind.CONTACT_FAMILY,
                number=tried + 1,
                due_on=due_on,
                until=partial(self._was_tried, tried + 1),
            )
            if self._closed:
                return self._closed_for
            if not was_tried:
                return UNREACHABLE
        return None

    def _was_tried(self, times: int) -> bool:
        return self._completed or len(self._attempts) >= times

    async def _do_intake(self) -> Code | None:
        """Wait for the intake; None when it was completed."""
        if self._completed:
            return None
        due_on = today() + timedelta(days=self._terms.intake_days)
        done = await self._has_done(desk.TaskKind.DO_INTAKE, number=1, due_on=due_on, until=lambda: self._completed)
        if self._closed:
            return self._closed_for
        return None if done else NO_INTAKE

    async def _has_done(self, kind: desk.TaskKind, *, number: int, due_on: date, until: Callable[[], bool]) -> bool:
        """Open a task, escalate when it stays undone, give up in the end."""
        task_id = stable_id(workflow.info().workflow_id, kind, number)
        await self._open_task(task_id, kind, number, due_on)

        async def by(day: date) -> bool:
            return await self._alarm.wait(day, lambda: until() or self._closed)

        if not await by(add_working_days(due_on, LATE_ESCALATE_WORKING_DAYS)):
            await self._escalate(desk.EscalateTask(task_id=task_id, role=Role.TEAM_COORDINATOR))
        return await by(add_working_days(due_on, LATE_GIVE_UP_WORKING_DAYS))

    async def _open_task(self, task_id: UUID, kind: desk.TaskKind, number: int, due_on: date) -> None:
        task = desk.OpenTask(
            task_id=task_id,
            kind=kind,
            programme=self._terms.programme,
            subject_id=self._terms.signal_id,
            family_id=None,
            roles=ROLES[kind],
            due_on=due_on,
            remind_on=due_on,
            fatal_on=add_working_days(due_on, LATE_GIVE_UP_WORKING_DAYS),
            number=number,
            meant_for=self._spoke,
        )
        before = desk.CloseTask(subject_id=task.subject_id, kind=None, outcome=DONE)
        command = desk.OpenTasks(tasks=(task,), closes=(before,))
        await insist(desk.TASK_QUEUE, desk.DeskActivities.open_tasks, command)

    async def _escalate(self, command: desk.EscalateTask) -> None:
        await insist(desk.TASK_QUEUE, desk.DeskActivities.escalate_task, command)

    async def _close(self, reason: Code) -> IntakeEnded:
        signal_id = self._terms.signal_id
        if reason == self._closed_for:
            # The desk may have heard of that before our task was on its list.
            close = desk.CloseTask(subject_id=signal_id, kind=None, outcome=reason)
            await insist(desk.TASK_QUEUE, desk.DeskActivities.close_task, close)
        else:
            command = intake.CloseSignal(signal_id=signal_id, reason=reason)
            await insist(intake.TASK_QUEUE, intake.IntakeActivities.close_signal, command)
        return IntakeEnded(closed=reason)
