"""Finds who is due for a review or a measurement, and puts it on the worklist."""

from datetime import timedelta

from temporalio import workflow

from services.desk.contracts import TASK_QUEUE as DESK_QUEUE
from services.desk.contracts import DeskActivities, OpenTask, OpenTasks, TaskKind
from services.plans.contracts import TASK_QUEUE as PLANS_QUEUE
from services.plans.contracts import Due, DueItem, FindDue, PlansActivities
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from workflows.asking import insist
from workflows.bounds import DUE_PAGE, DUE_PAGES, DUE_WITHIN
from workflows.clock import today
from workflows.contracts import CycleTerms
from workflows.cycle import Cycle

KINDS = {Due.REVIEW: TaskKind.HOLD_REVIEW, Due.MEASUREMENT: TaskKind.TAKE_MEASUREMENT}


@workflow.defn
class ReviewCycle:
    """The reviews and measurements of one programme's families."""

    @workflow.run
    async def run(self, terms: CycleTerms) -> None:
        """Page by page, until nobody is due; the desk closes the tasks when the review or measurement is told."""
        cycle = Cycle(terms)
        while await cycle.next_turn():
            for _ in range(DUE_PAGES):
                command = FindDue(programme=terms.programme, limit=DUE_PAGE)
                found = await insist(PLANS_QUEUE, PlansActivities.find_due, command)
                if found.items:
                    tasks = tuple(_task(terms.programme, item) for item in found.items)
                    await insist(DESK_QUEUE, DeskActivities.open_tasks, OpenTasks(tasks=tasks))
                if len(found.items) < DUE_PAGE:
                    break
            cycle.take_turn(timedelta(days=terms.every_days))


def _task(programme: Code, item: DueItem) -> OpenTask:
    return OpenTask(
        task_id=stable_id("due", item.trajectory_id, item.due, item.number),
        kind=KINDS[item.due],
        programme=programme,
        subject_id=item.trajectory_id,
        family_id=item.family_id,
        roles=(Role.SUPPORTER,),
        due_on=max(item.due_on, today() + DUE_WITHIN),
        number=item.number,
    )
