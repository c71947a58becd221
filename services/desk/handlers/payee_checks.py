"""Work that comes of an organisation that is not registered yet: somebody checks it, or the asker mends the request."""

from datetime import datetime

from services.budget.events import PayeeProposalAnswered, PayeeProposalMade
from services.desk.contracts import OpenTask, OpenTasks, TaskKind
from services.desk.handlers.questions import ANSWER_WORKING_DAYS, ANSWERING_ROLES, give_to
from services.desk.handlers.tasks import open_tasks
from services.shared.calendar import add_working_days, local_date
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import stable_id

CHECK_WORKING_DAYS = 2
"""A family waits for it; what has haste is checked the same day."""


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
