"""A concern about somebody's safety: who is called at once, and the alarm when nobody takes it up.

It counts in hours, at night and on Sundays too: docs/decisions/0019-a-concern-is-heard.md says why.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from services.desk import colleagues, reach, store
from services.desk.contracts import TaskKind
from services.desk.domain import why_not_take
from services.desk.events import TaskEscalated
from services.desk.handlers.changes import Change, record_change
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.logs import logger
from services.shared.permissions import Permission
from services.shared.roles import Role

ALARM_AFTER = timedelta(minutes=60)
"""So long whoever is called first has to take it up."""
FIRST, WIDER, LAST = Role.TEAM_COORDINATOR, Role.PROGRAMME_MANAGER, Role.ADMINISTRATOR
"""Called at once; called too when nobody took it up; and called when neither of those is there."""
ALARMS_MAX = 50
"""So many are looked at in one turn; the next turn takes the rest."""

_log = logger(__name__)


async def sound_alarms(tx: Transaction, *, now: datetime) -> int:
    """Call a wider circle to each concern that nobody took up in time, or for which nobody is there; gives how many.

    It goes off once, also when nobody could look at the time that it had to, or more than one process looks now.
    """
    task = store.task
    silent = select(task.c.id).where(waits(now), task.c.escalated_role.is_(None))
    rows = await tx.execute(
        silent.order_by(task.c.opened_at, task.c.id).limit(ALARMS_MAX).with_for_update(skip_locked=True)
    )
    sounded = 0
    for task_id in rows.scalars().all():
        concern = await store.task_by_id(tx, task_id)
        if concern is not None and (
            concern.opened_at <= now - ALARM_AFTER or not await able(tx, concern, (FIRST,), now=now)
        ):
            await _sound(tx, concern, now=now)
            sounded += 1
    return sounded


def waits(now: datetime) -> ColumnElement[bool]:
    """The condition on `task` for a concern that nobody takes care of: nobody took it up, or who did is gone."""
    task = store.task
    nobodys = or_(task.c.taken_by.is_(None), colleagues.taken_by_absent(now))
    return and_(task.c.kind == TaskKind.SAFETY_CONCERN, task.c.closed_at.is_(None), nobodys)


async def called(tx: Transaction, concern: store.Task, *, now: datetime) -> Sequence[Actor]:
    """Who is called to it as it stands now."""
    roles = (FIRST,) if concern.escalated_role is None else (FIRST, concern.escalated_role)
    return await able(tx, concern, roles, now=now)


async def able(tx: Transaction, task: store.Task, roles: Sequence[Role], *, now: datetime) -> list[Actor]:
    """Colleagues with one of these roles who may take a task and are there: here of late, and nobody stands in."""
    found = []
    for each in await colleagues.there_as(tx, roles, now=now):
        if why_not_take(frozenset(task.roles), frozenset(task.excluded), each) is not None:
            continue
        if await store.stand_ins(tx, local_date(now), person=each.person, limit=1):
            continue
        if await reach.may(tx, each, task, Permission.WORK_ON_TASKS):
            found.append(each)
    return found


async def nobody_there(tx: Transaction, *, now: datetime) -> int:
    """How many concerns wait of which nobody can be told: somebody must be given the role, or sign in."""
    task = store.task
    rows = await tx.execute(select(task.c.id).where(waits(now)).order_by(task.c.opened_at, task.c.id).limit(ALARMS_MAX))
    concerns = [await store.task_by_id(tx, task_id) for task_id in rows.scalars().all()]
    return sum([each is not None and not await called(tx, each, now=now) for each in concerns])


async def _sound(tx: Transaction, concern: store.Task, *, now: datetime) -> None:
    role = WIDER if await able(tx, concern, (WIDER,), now=now) else LAST
    roles = list(dict.fromkeys((*concern.roles, role)))
    await tx.execute(update(store.task).where(store.task.c.id == concern.id).values(roles=roles, escalated_role=role))
    await record_change(tx, concern.id, Change.ESCALATED, now=now)
    await tx.publish(TaskEscalated(task_id=concern.id, role=role), now=now)
    _log.error("nobody took up a safety concern", task=str(concern.id), called=role.value)
