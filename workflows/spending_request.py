"""A family asks for money: set apart first, then decided by people, then recorded."""

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import FailureError

from services.budget.contracts import TASK_QUEUE, BudgetActivities, Mandate, RecordDecision, Reserve, Reserved
from services.budget.events import Verdict
from services.desk.contracts import TaskKind, approval_id
from workflows.approval import Approval
from workflows.asking import insist
from workflows.contracts import WITHDRAW_UPDATE, ApprovalEnded, ApprovalTerms, SpendingEnded, SpendingTerms


@workflow.defn
class SpendingRequest:
    """Whatever happens after the money was set apart, it is either committed or given back."""

    @workflow.init
    def __init__(self, terms: SpendingTerms) -> None:
        self._terms = terms
        self._withdrawn = False

    @workflow.run
    async def run(self, terms: SpendingTerms) -> SpendingEnded:
        """Reserve, ask for a decision, record it; the desk closes the task when it hears the decision."""
        reserved = await insist(TASK_QUEUE, BudgetActivities.reserve, Reserve(request_id=terms.request_id))
        if reserved.mandate is None:
            return SpendingEnded(verdict=Verdict.REFUSED)
        try:
            decided = await self._decision(reserved, reserved.mandate)
        except (FailureError, asyncio.CancelledError):
            # Broken off by an operator, here or in the approval: what is left is to give the money back.
            decided = ApprovalEnded(verdict=Verdict.LAPSED, reason="decision-broken-off", deciders=())
        return SpendingEnded(verdict=await self._record(decided, reserved.mandate))

    @workflow.update(name=WITHDRAW_UPDATE)
    def withdraw(self) -> None:
        """The asker takes the request back, or its envelope was closed."""
        self._withdrawn = True

    async def _decision(self, reserved: Reserved, mandate: Mandate) -> ApprovalEnded:
        withdrawn = ApprovalEnded(verdict=Verdict.WITHDRAWN, reason="withdrawn", deciders=())
        if self._withdrawn:
            return withdrawn
        asked = await workflow.start_child_workflow(
            Approval.run,
            ApprovalTerms(
                subject_id=self._terms.request_id,
                kind=TaskKind.DECIDE_REQUEST,
                programme=self._terms.programme,
                family_id=reserved.family_id,
                mandate=mandate,
            ),
            id=approval_id(self._terms.request_id),
        )
        await workflow.wait_condition(lambda: self._withdrawn or asked.done())
        if not asked.done():
            # When the approval has ended meanwhile, what it decided stands.
            with suppress(FailureError):
                await asked.signal(Approval.withdraw)
        return await asked

    async def _record(self, decided: ApprovalEnded, mandate: Mandate) -> Verdict:
        recorded = await insist(
            TASK_QUEUE,
            BudgetActivities.record_decision,
            RecordDecision(
                request_id=self._terms.request_id,
                verdict=decided.verdict,
                reason=decided.reason,
                deciders=decided.deciders,
                digest=mandate.digest,
            ),
        )
        return recorded.verdict
