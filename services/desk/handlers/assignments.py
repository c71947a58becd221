"""Whose work a task is: taken, handed over, given back or put off, one at a time or many at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, true, update

from services.desk import colleagues, reach, store
from services.desk.commands import AssignMany, Assignment, HandOver, MoveAll, Reason, Snooze
from services.desk.contracts import TaskKind
from services.desk.domain import why_not_take
from services.desk.handlers.changes import Change, record_change
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.roles import Role
from services.shared.types import Code

SNOOZE_DAYS_MAX = 60
"""Longer than this nobody remembers why; it can be put off again."""
MOVED_MAX = 500
"""Of one person's tasks, so many are moved in one go."""
WITH_FAMILIES = frozenset({Role.OUTREACH_WORKER, Role.SUPPORTER, Role.BUDDY})
"""Who stops beside families leaves no work of these; who decides about money goes on deciding."""
NEVER_SNOOZED = frozenset({TaskKind.SAFETY_CONCERN})


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """What came of one task of many; `refused` says why it stayed as it was."""

    task_id: UUID
    refused: Code | None


@dataclass(frozen=True, kw_only=True)
class Able:
    """A colleague who may do so many of some tasks."""

    colleague: Actor
    tasks: int


async def able_colleagues(
    tx: Transaction, actor: Actor, tasks: Sequence[store.Task], *, now: datetime
) -> Sequence[Able]:
    """To whom somebody can hand over some tasks: judged as `hand_over` judges it. Who may do most of them first."""
    found = []
    for colleague in await colleagues.colleagues_of(tx, actor, now=now):
        theirs = await _doable(tx, colleague, [each for each in tasks if each.taken_by != colleague.person])
        if theirs:
            found.append(Able(colleague=colleague, tasks=len(theirs)))
    return sorted(found, key=lambda each: -each.tasks)


async def givable(tx: Transaction, actor: Actor, tasks: Sequence[store.Task]) -> set[UUID]:
    """Those of some tasks that somebody may hand over or give back: their own, and where they hand out work."""
    handed_out = await reach.within(tx, actor, [each.id for each in tasks], Permission.ASSIGN_TASKS)
    return handed_out | {each.id for each in tasks if each.taken_by == actor.person}


async def take_task(tx: Transaction, task_id: UUID, *, now: datetime, actor: Actor) -> store.Task | Refused:
    """Somebody will do it; whoever is first has it. What is an absent colleague's may be taken over."""
    task = await _open_task(tx, task_id, actor)
    if isinstance(task, Refused):
        return task
    if reason := why_not_take(frozenset(task.roles), frozenset(task.excluded), actor):
        return Refused(reason)
    if not await reach.may(tx, actor, task, Permission.WORK_ON_TASKS):
        return Refused("unknown-task")
    if task.taken_by == actor.person:
        return task
    if task.taken_by is not None and not await colleagues.is_away(tx, task.taken_by, now=now):
        return Refused("taken-by-another")
    await record_change(tx, task.id, Change.TAKEN, now=now, person=actor.person, other=task.taken_by)
    return await _now_of(tx, task, actor.person)


async def hand_over(tx: Transaction, command: HandOver, *, now: datetime, actor: Actor) -> store.Task | Refused:
    """Give one's own task to a colleague who may do it; a coordinator gives anybody's, also when nobody has it."""
    task = await _open_task(tx, command.task_id, actor)
    if isinstance(task, Refused):
        return task
    if task.taken_by == command.to:
        return task
    if task.id not in await givable(tx, actor, [task]):
        return Refused("not-yours")
    colleague = await colleagues.find_colleague(tx, command.to)
    if colleague is None or not await _doable(tx, colleague, [task]):
        return Refused("colleague-cannot")
    await record_change(
        tx, task.id, Change.HANDED_OVER, now=now, person=actor.person, other=command.to, reason=command.reason
    )
    return await _now_of(tx, task, command.to)


async def release_task(
    tx: Transaction, task_id: UUID, *, now: datetime, actor: Actor, reason: Reason | None = None
) -> store.Task | Refused:
    """Somebody gives it back, for another to take; a coordinator does so for anybody."""
    task = await _open_task(tx, task_id, actor)
    if isinstance(task, Refused):
        return task
    if task.taken_by is None or task.id not in await givable(tx, actor, [task]):
        return Refused("not-yours")
    await record_change(tx, task.id, Change.RELEASED, now=now, person=actor.person, other=task.taken_by, reason=reason)
    return await _now_of(tx, task, None)


async def assign_many(tx: Transaction, command: AssignMany, *, now: datetime, actor: Actor) -> Sequence[Assigned]:
    """The same for many tasks: each that can be is done, and of each other is told why not."""
    chosen = set(command.task_ids)
    seen = set(await reach.seen_among(tx, actor, sorted(chosen)))
    outcomes = [Assigned(task_id=task_id, refused="unknown-task") for task_id in sorted(chosen - seen)]
    # Always in the same order, so that two who do this at once never wait for one another.
    for task_id in sorted(seen):
        if command.assignment is Assignment.TAKE:
            outcome = await take_task(tx, task_id, now=now, actor=actor)
        else:
            outcome = await _given(tx, task_id, command.to, command.reason, now=now, actor=actor)
        refused = outcome.code if isinstance(outcome, Refused) else None
        outcomes.append(Assigned(task_id=task_id, refused=refused))
    return outcomes


async def move_all(tx: Transaction, command: MoveAll, *, now: datetime, actor: Actor) -> Sequence[Assigned]:
    """Everything that one person has and this coordinator may give: to a colleague, or back to the team.

    At most MOVED_MAX in one go, what is due first before the rest.
    """
    outcomes = []
    theirs = await reach.tasks_of(tx, command.person, actor, limit=MOVED_MAX)
    for task_id in sorted(each.id for each in theirs):
        outcome = await _given(tx, task_id, command.to, command.reason, now=now, actor=actor)
        refused = outcome.code if isinstance(outcome, Refused) else None
        outcomes.append(Assigned(task_id=task_id, refused=refused))
    return outcomes


async def give_back(
    tx: Transaction,
    person: UUID,
    reason: Reason,
    *,
    now: datetime,
    of: Collection[UUID] | None = None,
    in_programme: Code | None = None,
) -> int:
    """Open work of who left or works elsewhere goes back to whoever may take it; gives how many tasks.

    `of`: only of these trajectories, what the person does not see any more, and what they do with families
    `in_programme`; None: all of it.
    """
    task = store.task
    theirs = select(task.c.id).where(task.c.closed_at.is_(None), task.c.taken_by == person)
    if of is not None:
        colleague = await colleagues.find_colleague(tx, person)
        unseen = ~reach.sees(tx, colleague) if colleague is not None else true()
        with_families = (task.c.programme == in_programme) & task.c.roles.overlap(sorted(WITH_FAMILIES))
        theirs = theirs.where(or_(task.c.trajectory_id.in_(list(of)), unseen, with_families))
    found = (await tx.execute(theirs.order_by(task.c.id).limit(MOVED_MAX).with_for_update())).scalars().all()
    for task_id in found:
        await record_change(tx, task_id, Change.RELEASED, now=now, other=person, reason=reason)
        await _written(tx, task_id, taken_by=None, snoozed_until=None)
    return len(found)


async def snooze_task(tx: Transaction, command: Snooze, *, now: datetime, actor: Actor) -> store.Task | Refused:
    """Put one's own task off until a day, or (`until` None) look at it again now."""
    task = await _open_task(tx, command.task_id, actor)
    if isinstance(task, Refused):
        return task
    if task.taken_by != actor.person:
        return Refused("not-yours")
    if task.snoozed_until == command.until:
        return task
    if command.until is not None and (reason := why_not_snooze(task, command.until, today=local_date(now))):
        return Refused(reason)
    what = Change.SNOOZED if command.until else Change.WOKEN
    await record_change(tx, task.id, what, now=now, person=actor.person, until=command.until)
    return await _written(tx, task.id, taken_by=task.taken_by, snoozed_until=command.until)


def why_not_snooze(task: store.Task, until: date, *, today: date) -> Code | None:
    """Why a task may not rest until a day, None when it may."""
    if task.kind in NEVER_SNOOZED:
        return "never-put-off"
    if until <= today:
        return "not-in-the-future"
    if task.fatal_on is not None and until > task.fatal_on:
        return "after-the-last-day"
    return "too-far-away" if until > today + timedelta(days=SNOOZE_DAYS_MAX) else None


async def _open_task(tx: Transaction, task_id: UUID, actor: Actor) -> store.Task | Refused:
    task = await store.task_by_id(tx, task_id, lock=True)
    of_work = (Permission.WORK_ON_TASKS, Permission.ASSIGN_TASKS)
    if task is None or not any([await reach.may(tx, actor, task, permission) for permission in of_work]):
        return Refused("unknown-task")
    return Refused("task-closed") if task.closed_at is not None else task


async def _given(
    tx: Transaction, task_id: UUID, to: UUID | None, reason: Reason | None, *, now: datetime, actor: Actor
) -> store.Task | Refused:
    if to is None or reason is None:
        return await release_task(tx, task_id, now=now, actor=actor, reason=reason)
    return await hand_over(tx, HandOver(task_id=task_id, to=to, reason=reason), now=now, actor=actor)


async def _doable(tx: Transaction, colleague: Actor, tasks: Sequence[store.Task]) -> set[UUID]:
    """Those of some tasks that a colleague may do: in one of their roles, not kept out of it, and within reach."""
    in_role = [
        each.id for each in tasks if why_not_take(frozenset(each.roles), frozenset(each.excluded), colleague) is None
    ]
    return await reach.within(tx, colleague, in_role, Permission.WORK_ON_TASKS)


async def _now_of(tx: Transaction, task: store.Task, person: UUID | None) -> store.Task:
    """Whoever gets a task sees it: what another put off is not put off for them."""
    return await _written(tx, task.id, taken_by=person, snoozed_until=None)


async def _written(tx: Transaction, task_id: UUID, *, taken_by: UUID | None, snoozed_until: date | None) -> store.Task:
    await tx.execute(
        update(store.task).where(store.task.c.id == task_id).values(taken_by=taken_by, snoozed_until=snoozed_until)
    )
    task = await store.task_by_id(tx, task_id)
    if task is None:
        raise LookupError(f"no task {task_id}")
    return task
