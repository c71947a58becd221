"""A task as people see it on the list and on its own page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.desk import store
from services.desk.contracts import OF_A_SIGNAL, TaskKind
from services.desk.domain import why_not_take
from services.desk.due import Due, due_on, fatal_near
from services.desk.places import PlaceNames
from services.desk.worklist import Item
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import PERMITTED, Permission

DONE_AT = {
    TaskKind.CHOOSE_TANDEM: "/matching/keuze/{}",
    TaskKind.EVALUATE_TRIAL: "/matching/proef/{}",
    TaskKind.MAKE_PLAN: "/plans/plannen/{}",
    TaskKind.HOLD_REVIEW: "/plans/evaluaties/{}",
    TaskKind.TAKE_MEASUREMENT: "/plans/metingen/{}",
    TaskKind.GIVE_AFTERCARE: "/plans/nazorg/{}",
    TaskKind.TALK_ABOUT_PAUSE: "/desk/gezinnen/{}",
    TaskKind.ASK_URGENT_NEED: "/budget/aanvragen/nieuw/{}?spoed=ja",
}
"""Where work is done of which the subject is a trajectory."""
DOOR = {TaskKind.CHECK_PAYEE: Permission.KEEP_PAYEES, TaskKind.ASK_URGENT_NEED: Permission.ASK_MONEY}
"""What the page asks on which work is done, where not everybody who hands it out may do it."""
OF_MONEY = (TaskKind.DECIDE_REQUEST, TaskKind.RELEASE_BATCH)
OF_A_REQUEST = (TaskKind.DECIDE_REQUEST, TaskKind.ANSWER_QUESTION)
"""About money that was asked: the subject is the request."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One task with what is worked out for who looks at it. `work` is where it is done, `dossier` the family's.

    `ends`: its last day is near, or it is late: before that its day alone says when. `answered`: a question that its
    reader asked about it is answered, and they did not read that yet.
    """

    task: store.Task
    due: Due
    fatal: Due | None
    ends: bool
    resting: bool
    mine: bool
    takeable: bool
    of_a_signal: bool
    of_a_request: bool
    answered: bool
    from_away: bool
    taken_by_name: str
    lent_by: str
    opened_on: date
    programme: str
    area: str
    work: str | None
    dossier: str | None


def people_in(items: Iterable[Item]) -> set[UUID]:
    """Whose names a page needs."""
    return {item.task.taken_by for item in items if item.task.taken_by is not None}


async def trajectories_of(tx: Transaction, items: Sequence[Item]) -> dict[UUID, UUID]:
    """Of which trajectory each of these tasks is; of one that does not say so: the family's latest in its programme."""
    scope = tx.tables.family_scope
    named = {item.task.id: item.task.trajectory_id for item in items if item.task.trajectory_id is not None}
    others = [item.task for item in items if item.task.id not in named and item.task.family_id is not None]
    if not others:
        return named
    known = select(scope.c.family_id, scope.c.programme, scope.c.trajectory_id).where(
        scope.c.family_id.in_({task.family_id for task in others}), scope.c.trajectory_id.is_not(None)
    )
    rows = await tx.execute(known.order_by(scope.c.id))
    latest = {(row.family_id, row.programme): row.trajectory_id for row in rows}
    found = {task.id: latest.get((task.family_id, task.programme)) for task in others}
    return named | {task_id: trajectory for task_id, trajectory in found.items() if trajectory is not None}


def row_of(
    item: Item,
    actor: Actor,
    *,
    now: datetime,
    names: dict[UUID, str],
    places: PlaceNames,
    trajectories: dict[UUID, UUID],
    answered: set[UUID],
    lent_by: str = "",
) -> Row:
    """`names`: of colleagues; `answered`: tasks with an answer to read; `lent_by`: in whose place it can be decided."""
    task, today = item.task, local_date(now)
    mine = task.taken_by == actor.person
    free = task.taken_by is None or (item.from_away and not mine)
    trajectory = trajectories.get(task.id)
    return Row(
        task=task,
        due=due_on(task.due_on, today=today),
        fatal=due_on(task.fatal_on, today=today) if task.fatal_on is not None else None,
        ends=task.fatal_on is not None and (task.fatal_on <= fatal_near(today) or task.due_on < today),
        resting=task.snoozed_until is not None and task.snoozed_until > today,
        mine=mine,
        takeable=free and not lent_by and why_not_take(frozenset(task.roles), frozenset(task.excluded), actor) is None,
        of_a_signal=task.kind in OF_A_SIGNAL,
        of_a_request=task.kind in OF_A_REQUEST,
        answered=task.id in answered and task.closed_at is None,
        from_away=item.from_away,
        taken_by_name=names.get(task.taken_by, "") if task.taken_by else "",
        lent_by=lent_by,
        opened_on=local_date(task.opened_at),
        programme=places.programme(task.programme),
        area=places.area(item.area, task.programme) if item.area else "",
        work=_work(task, trajectory) if _may_do(task, actor) else None,
        dossier=f"/desk/gezinnen/{trajectory}" if trajectory else None,
    )


def _may_do(task: store.Task, actor: Actor) -> bool:
    """Who only hands out the check of a payee, or the asking, is not led to its page, which would be closed."""
    asked = DOOR.get(task.kind)
    return asked is None or not actor.roles.isdisjoint(PERMITTED[asked])


def _work(task: store.Task, trajectory: UUID | None) -> str | None:
    if task.kind in DONE_AT:
        return DONE_AT[task.kind].format(task.subject_id)
    if task.kind in OF_A_SIGNAL:
        return f"/intake/signalen/{task.subject_id}"
    if task.kind in OF_MONEY:
        return f"/budget/besluiten/{task.subject_id}"
    if task.kind is TaskKind.CHECK_PAYEE:
        return f"/budget/ontvangers/voorstel/{task.subject_id}"
    if task.kind is TaskKind.MEND_REQUEST:
        return f"/budget/aanvragen/{task.subject_id}"
    if task.kind is TaskKind.ANSWER_QUESTION:
        return f"/desk/vragen/{task.id}"
    return f"/desk/gezinnen/{trajectory}" if trajectory else None
