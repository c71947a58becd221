"""What a family cannot wait for and nobody asked money for yet: one task for each family, until all of it was asked."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.desk import colleagues, reach, store, urgent_store
from services.desk.commands import Reason
from services.desk.contracts import CloseTask, OpenTask, OpenTasks, TaskKind, urgent_task_id
from services.desk.handlers.assignments import give_back, take_task
from services.desk.handlers.tasks import close_task, open_tasks
from services.desk.urgent_store import NeedRequest
from services.intake.events import FamilyEnrolled
from services.shared.calendar import add_working_days, local_date
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.roles import Role
from services.shared.types import Code

ASK_WORKING_DAYS = 1
ASKING_ROLES = (Role.SUPPORTER, Role.TEAM_COORDINATOR)
"""Who may ask money and has a worklist."""
ASKED: Code = "asked"


async def ask_for_needs(tx: Transaction, event: FamilyEnrolled, *, now: datetime) -> None:
    """Who did the intake asks for it, if they may; otherwise whoever works in the area."""
    if not event.needs:
        return
    await urgent_store.keep_needs(tx, event.trajectory_id, event.needs)
    task = _task(event.trajectory_id, event.trajectory_id, event.family_id, event.programme, now=now)
    await _follow(tx, task, now=now, meant_for=(event.intake_by, event.received_by))


async def need_was_asked(tx: Transaction, asked: NeedRequest, *, now: datetime) -> None:
    """The task is done when nothing else is left to ask."""
    await urgent_store.keep_need_request(tx, asked)
    await _close_where_nothing_is_left(tx, asked.trajectory_id, now=now)


async def need_came_to_nothing(tx: Transaction, request_id: UUID, *, now: datetime) -> None:
    """Refused or taken back, and nothing else asked: who asked finds another way, or settles it."""
    known = await urgent_store.drop_need_request(tx, request_id)
    if known is None:
        return
    scope = tx.tables.family_scope
    query = select(scope).where(scope.c.trajectory_id == known.trajectory_id).order_by(scope.c.id.desc()).limit(1)
    stands = (await tx.execute(query)).one_or_none()
    if stands is None or stands.family_id is None or stands.programme is None:
        return
    task = _task(request_id, known.trajectory_id, stands.family_id, stands.programme, now=now)
    await _follow(tx, task, now=now, meant_for=(known.asked_by, stands.supporter_id))


async def settle_by_hand(tx: Transaction, task: store.Task, outcome: Code) -> None:
    """Whoever had the task says that what was still open needs no money any more."""
    found = await urgent_store.needs_of(tx, task.subject_id, lock=True)
    await urgent_store.settle_needs(
        tx, task.subject_id, [need.code for need in found if need.is_open], settled_as=outcome
    )


async def follow_supporter(tx: Transaction, trajectory_id: UUID, supporter_id: UUID, *, now: datetime) -> None:
    """The family has a tandem: its supporter asks, unless a colleague who still sees the family is at it."""
    task = await _open_task(tx, trajectory_id)
    supporter = await colleagues.find_colleague(tx, supporter_id)
    if task is None or supporter is None:
        return
    if task.taken_by is not None:
        holder = await colleagues.find_colleague(tx, task.taken_by)
        if holder is None or await reach.may(tx, holder, task, Permission.WORK_ON_TASKS):
            return
        await give_back(tx, holder.person, Reason.KNOWS_FAMILY, now=now, of=(trajectory_id,))
    await take_task(tx, task.id, now=now, actor=supporter)


async def _follow(tx: Transaction, task: OpenTask, *, now: datetime, meant_for: Iterable[UUID | None]) -> None:
    """Put the task on the list where something is left to ask; one that is there already asks for it too."""
    found = await urgent_store.needs_of(tx, task.subject_id, lock=True)
    if not any(need.is_open for need in found) or await _open_task(tx, task.subject_id) is not None:
        return
    if not (await open_tasks(tx, OpenTasks(tasks=(task,)), now=now)).count:
        return
    for person in meant_for:
        whose = await colleagues.find_colleague(tx, person) if person is not None else None
        if whose is not None and isinstance(await take_task(tx, task.task_id, now=now, actor=whose), store.Task):
            return


async def _close_where_nothing_is_left(tx: Transaction, trajectory_id: UUID, *, now: datetime) -> None:
    found = await urgent_store.needs_of(tx, trajectory_id, lock=True)
    if found and not any(need.is_open for need in found):
        done = CloseTask(subject_id=trajectory_id, kind=TaskKind.ASK_URGENT_NEED, outcome=ASKED)
        await close_task(tx, done, now=now)


async def _open_task(tx: Transaction, trajectory_id: UUID) -> store.Task | None:
    table = store.task
    query = select(table).where(
        table.c.subject_id == trajectory_id, table.c.kind == TaskKind.ASK_URGENT_NEED, table.c.closed_at.is_(None)
    )
    row = (await tx.execute(query.limit(1))).one_or_none()
    return store.task_of(row) if row is not None else None


def _task(asks: UUID, trajectory_id: UUID, family_id: UUID, programme: Code, *, now: datetime) -> OpenTask:
    """`asks`: the enrolment, or the request that came to nothing."""
    return OpenTask(
        task_id=urgent_task_id(asks),
        kind=TaskKind.ASK_URGENT_NEED,
        programme=programme,
        subject_id=trajectory_id,
        family_id=family_id,
        roles=ASKING_ROLES,
        due_on=add_working_days(local_date(now), ASK_WORKING_DAYS),
    )
