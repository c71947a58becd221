"""A batch of payments is made: two people release it and it is paid, or it is taken apart again."""

from temporalio import workflow

from services.budget.contracts import TASK_QUEUE, BudgetActivities, CancelBatch, ReleaseBatch
from services.budget.events import Verdict
from workflows.approval import Approval
from workflows.asking import insist
from workflows.contracts import ApprovalTerms, ReleaseEnded


@workflow.defn
class PaymentRelease(Approval):
    """One batch."""

    @workflow.run
    async def run(self, terms: ApprovalTerms) -> ReleaseEnded:
        """Pay what is released: the desk hears of that and closes the task. Of a cancelled batch it hears nothing."""
        decided = await self.decided()
        if decided.verdict is Verdict.APPROVED:
            release = ReleaseBatch(batch_id=terms.subject_id, releasers=decided.deciders, digest=terms.mandate.digest)
            if (await insist(TASK_QUEUE, BudgetActivities.release_batch, release)).changed:
                return ReleaseEnded(released=True)
        await insist(TASK_QUEUE, BudgetActivities.cancel_batch, CancelBatch(batch_id=terms.subject_id))
        await self.close_task("cancelled")
        return ReleaseEnded(released=False)
