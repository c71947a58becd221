"""Work that comes of an organisation that is not registered yet: somebody checks it, or the asker mends the request."""

from datetime import datetime

from sqlalchemy import select, update

from services.budget.events import PayeeProposalAnswered, PayeeProposalMade
from services.desk import store
from services.desk.contracts import OpenTask, OpenTasks, TaskKind
from services.desk.events import TaskEscalated
from services.desk.handlers.changes import Change, record_change
from services.desk.handlers.questions import ANSWER_WORKING_DAYS, ANSWERING_ROLES, give_to
from services.desk.handlers.tasks import open_tasks
from services.shared.calendar import add_working_days, is_working_day, local_date
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import stable_id

CHECK_WORKING_DAYS = 2
"""A family waits for it; what has haste is checked the same day."""
HANDED_UP = (TaskKind.CHECK_PAYEE, TaskKind.ASK_URGENT_NEED)
"""Work of the desk's own for which a family waits."""
LATE_CHECKS_MAX = 50
"""So many are looked at in one turn; the next turn takes the rest."""


async def ask_for_check(tx: Transaction, event: PayeeProposalMade, *, now: datetime) -> None:
    """A controller checks the organisation, never who proposed it."""
    today = local_date(now)
    task = OpenTask(
        task_id=stable_id("check-payee", event.payee_id),
        kind=TaskKind.CHECK_PAYEE,
        programme=event.programme,
        subject_id=event.payee_id,
        family_id=None,
        roles=(Role.CONTROLLER,),
        excluded=(event.proposed_by,),
        due_on=today if event.urgent else add_working_days(today, CHECK_WORKING_DAYS),
    )
    await open_tasks(tx, OpenTasks(tasks=(task,)), now=now)


async def hand_back(tx: Transaction, event: PayeeProposalAnswered, *, now: datetime) -> None:
    """Who asked hears why, and asks it another way or lets it go."""
    task = OpenTask(
        task_id=stable_id("mend-request", event.request_id),
        kind=TaskKind.MEND_REQUEST,
        programme=event.programme,
        subject_id=event.request_id,
        family_id=event.family_id,
        trajectory_id=event.trajectory_id,
        roles=ANSWERING_ROLES,
        due_on=add_working_days(local_date(now), ANSWER_WORKING_DAYS),
    )
    await open_tasks(tx, OpenTasks(tasks=(task,)), now=now)
    await give_to(tx, task.task_id, event.proposed_by)


async def hand_up_checks(tx: Transaction, *, now: datetime) -> int:
    """What was not checked or asked in time comes on top of the list, once; gives how much.

    The programme manager, who sees it there too, cannot do it, and gives it to a colleague who can.
    """
    task, today = store.task, local_date(now)
    if not is_working_day(today):
        return 0
    late = select(task.c.id).where(
        task.c.kind.in_(HANDED_UP),
        task.c.closed_at.is_(None),
        task.c.escalated_role.is_(None),
        task.c.due_on < today,
    )
    rows = await tx.execute(late.order_by(task.c.due_on).limit(LATE_CHECKS_MAX).with_for_update(skip_locked=True))
    found = rows.scalars().all()
    for task_id in found:
        await tx.execute(update(task).where(task.c.id == task_id).values(escalated_role=Role.PROGRAMME_MANAGER))
        await record_change(tx, task_id, Change.ESCALATED, now=now)
        await tx.publish(TaskEscalated(task_id=task_id, role=Role.PROGRAMME_MANAGER), now=now)
    return len(found)
