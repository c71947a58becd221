"""A family asked for money, and it is set apart: people decide, and what they decided is recorded."""

from temporalio import workflow

from services.budget.contracts import TASK_QUEUE, BudgetActivities, RecordDecision
from services.budget.events import Verdict
from workflows.approval import Approval
from workflows.asking import insist
from workflows.contracts import ApprovalTerms, SpendingEnded


@workflow.defn
class SpendingRequest(Approval):
    """Whatever happens after the money was set apart, it is either committed or given back."""

    @workflow.run
    async def run(self, terms: ApprovalTerms) -> SpendingEnded:
        """Ask for a decision and record it: the desk closes the task when it hears that.

        What was withdrawn, or lapsed with its envelope, budget has recorded already.
        """
        decided = await self.decided()
        if decided.verdict is Verdict.WITHDRAWN:
            await self.close_task(decided.reason)
            return SpendingEnded(verdict=decided.verdict)
        recorded = await insist(
            TASK_QUEUE,
            BudgetActivities.record_decision,
            RecordDecision(
                request_id=terms.subject_id,
                verdict=decided.verdict,
                reason=decided.reason,
                deciders=decided.deciders,
                digest=terms.mandate.digest,
            ),
        )
        return SpendingEnded(verdict=recorded.verdict)
