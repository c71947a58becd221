"""Has what is kept no longer erased, each month, also long after a programme has ended."""

from temporalio import workflow

from services.intake.contracts import TASK_QUEUE, EraseDue, IntakeActivities
from workflows.asking import insist
from workflows.bounds import ERASE_PAGE, ERASE_PAGES, RETENTION_EVERY_MONTHS
from workflows.contracts import CycleTerms
from workflows.cycle import Cycle


@workflow.defn
class Retention:
    """The retention terms of one programme's families."""

    @workflow.run
    async def run(self, terms: CycleTerms) -> None:
        """Page by page, until nothing is due."""
        cycle = Cycle(terms)
        while await cycle.next_turn():
            for _ in range(ERASE_PAGES):
                command = EraseDue(programme=terms.programme, limit=ERASE_PAGE)
                erased = await insist(TASK_QUEUE, IntakeActivities.erase_due, command)
                if erased.count < ERASE_PAGE:
                    break
            cycle.take_month(terms.next_on, RETENTION_EVERY_MONTHS)
