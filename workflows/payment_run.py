"""Pays what was approved: gather a batch, have it released by people, write the file or put it back."""

from datetime import timedelta
from uuid import UUID

from temporalio import workflow

from services.budget import contracts as budget
from services.budget.events import Verdict
from services.desk.contracts import TASK_QUEUE as DESK_QUEUE
from services.desk.contracts import CloseTask, DeskActivities, TaskKind, approval_id
from workflows.approval import Approval
from workflows.asking import insist
from workflows.bounds import BATCH_PAYMENTS, BATCHES_A_RUN
from workflows.contracts import ApprovalTerms, CycleTerms
from workflows.cycle import Cycle


@workflow.defn
class PaymentRun:
    """The payments of one programme, until the last approved request has been paid."""

    @workflow.init
    def __init__(self, terms: CycleTerms) -> None:
        self._terms = terms

    @workflow.run
    async def run(self, terms: CycleTerms) -> None:
        """Every so many days: one batch, and more while there is more than fits."""
        cycle = Cycle(terms)
        while await cycle.next_turn():
            for _ in range(BATCHES_A_RUN):
                full = await self._pay(cycle.number)
                if not full:
                    break
                cycle.count()
            cycle.take_turn(timedelta(days=terms.every_days))

    async def _pay(self, number: int) -> bool:
        """Make and settle one batch; True when it was full."""
        made = await insist(
            budget.TASK_QUEUE,
            budget.BudgetActivities.make_batch,
            budget.MakeBatch(
                programme=self._terms.programme,
                programme_version=self._terms.programme_version,
                number=number,
                limit=BATCH_PAYMENTS,
            ),
        )
        if made.batch_id is None or made.release is None:
            return False
        await self._settle(made.batch_id, made.release)
        return made.payments >= BATCH_PAYMENTS

    async def _settle(self, batch_id: UUID, release: budget.Mandate) -> None:
        """Pay what is released; the desk hears of that and closes the task, of a cancelled batch it hears nothing."""
        decided = await workflow.execute_child_workflow(
            Approval.run,
            ApprovalTerms(
                subject_id=batch_id,
                kind=TaskKind.RELEASE_BATCH,
                programme=self._terms.programme,
                family_id=None,
                mandate=release,
            ),
            id=approval_id(batch_id),
        )
        if decided.verdict is Verdict.APPROVED:
            command = budget.ReleaseBatch(batch_id=batch_id, releasers=decided.deciders, digest=release.digest)
            await insist(budget.TASK_QUEUE, budget.BudgetActivities.release_batch, command)
        else:
            cancel = budget.CancelBatch(batch_id=batch_id)
            await insist(budget.TASK_QUEUE, budget.BudgetActivities.cancel_batch, cancel)
            close = CloseTask(subject_id=batch_id, kind=TaskKind.RELEASE_BATCH, outcome="cancelled")
            await insist(DESK_QUEUE, DeskActivities.close_task, close)
