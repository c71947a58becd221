"""Gathers what was approved into batches; each is released by people in a workflow of its own."""

from datetime import timedelta

from temporalio import workflow

from services.budget.contracts import TASK_QUEUE, BudgetActivities, MakeBatch
from workflows.asking import insist
from workflows.bounds import BATCH_PAYMENTS, BATCHES_A_RUN
from workflows.contracts import CycleTerms
from workflows.cycle import Cycle


@workflow.defn
class PaymentRun:
    """The payments of one programme, until the last approved request has been paid."""

    @workflow.run
    async def run(self, terms: CycleTerms) -> None:
        """Every so many days: one batch, and more while there is more than fits."""
        cycle = Cycle(terms)
        while await cycle.next_turn():
            for _ in range(BATCHES_A_RUN):
                command = MakeBatch(
                    programme=terms.programme,
                    programme_version=cycle.terms.programme_version,
                    number=cycle.number,
                    limit=BATCH_PAYMENTS,
                )
                made = await insist(TASK_QUEUE, BudgetActivities.make_batch, command)
                if made.payments < BATCH_PAYMENTS:
                    break
                cycle.count()
            cycle.take_turn(timedelta(days=terms.every_days))
