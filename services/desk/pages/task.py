"""One task: what it is, whose it is, what can be done with it, and what happened to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from services.desk import asking_store, colleagues, handlers, reach, store, urgent_store, worklist
from services.desk.appointments import TALKS
from services.desk.commands import CompleteTask, HandOver, Reason, Snooze
from services.desk.contracts import TaskKind
from services.desk.domain import why_not_take
from services.desk.handlers.assignments import NEVER_SNOOZED
from services.desk.pages.rows import people_in, row_of, trajectories_of
from services.desk.pages.worklist import may_read_names, read, uuid_in
from services.desk.places import need_names, place_names
from services.desk.worklist import Item
from services.shared.access import Actor, allowed
from services.shared.database import Database, Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import may_see
from services.shared.screens.language import language_of
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Worker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]
OUTCOMES: dict[TaskKind, tuple[Code, ...]] = {
    TaskKind.SAFETY_CONCERN: ("looked-after", "handed-to-others", "no-concern"),
    TaskKind.TALK_ABOUT_PAUSE: ("goes-on", "pause-goes-on", "stops"),
    TaskKind.ASK_URGENT_NEED: ("arranged-otherwise", "not-needed"),
}
"""What can come of work that people tick off themselves, or settle without it."""
WRONGLY_FILLED = frozenset({"no-colleague", "no-reason", "no-day", "no-outcome"})
FIELDS = {
    "no-colleague": "aan",
    "colleague-cannot": "aan",
    "no-reason": "reden",
    "no-day": "tot",
    "not-in-the-future": "tot",
    "after-the-last-day": "tot",
    "too-far-away": "tot",
    "no-outcome": "uitkomst",
}
"""At which field of the page a refusal is told."""


class Said(StrEnum):
    """What was just done, told once on top of the page."""

    TAKEN = "taken"
    RELEASED = "released"
    HANDED_OVER = "handed-over"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    COMPLETED = "completed"


@router.get("/taken/{task_id}")
async def show(
    task_id: UUID, request: Request, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = read(Said, request.query_params.get("gelukt"))
    return await _page(task_id, request, page, database, actor=actor, now=now, said=said)


@router.post("/taken/{task_id}/nemen")
async def take(
    task_id: UUID, request: Request, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        outcome = await handlers.take_task(tx, task_id, now=now, actor=actor)
    return await _answer(task_id, outcome, Said.TAKEN, request, page, database, actor=actor, now=now)


@router.post("/taken/{task_id}/overdragen")
async def hand_over(
    task_id: UUID, request: Request, form: FormOf, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    to, reason = uuid_in(form.get("aan")), read(Reason, form.get("reden"))
    outcome: store.Task | Refused
    if to is None or reason is None:
        outcome = Refused("no-colleague" if to is None else "no-reason")
    else:
        async with database.transaction() as tx:
            command = HandOver(task_id=task_id, to=to, reason=reason)
            outcome = await handlers.hand_over(tx, command, now=now, actor=actor)
    return await _answer(task_id, outcome, Said.HANDED_OVER, request, page, database, actor=actor, now=now, told=form)


@router.post("/taken/{task_id}/teruggeven")
async def release(
    task_id: UUID, request: Request, form: FormOf, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    reason = read(Reason, form.get("reden"))
    async with database.transaction() as tx:
        task = await store.task_by_id(tx, task_id)
        if task is None or not await reach.may(tx, actor, task, Permission.WORK_ON_TASKS):
            raise Problem(404, "unknown-task")
        if task.taken_by is None:
            # Sent twice: it has been given back.
            return see_other(f"/desk/taken/{task_id}?gelukt={Said.RELEASED}")
        outcome = await handlers.release_task(tx, task_id, now=now, actor=actor, reason=reason)
    return await _answer(task_id, outcome, Said.RELEASED, request, page, database, actor=actor, now=now)


@router.post("/taken/{task_id}/uitstellen")
async def snooze(
    task_id: UUID, request: Request, form: FormOf, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Until a day (`tot`), or look at it again now (`nu`)."""
    waking = "nu" in form
    until = None if waking else _day(form.get("tot"))
    outcome: store.Task | Refused
    if until is None and not waking:
        outcome = Refused("no-day")
    else:
        async with database.transaction() as tx:
            outcome = await handlers.snooze_task(tx, Snooze(task_id=task_id, until=until), now=now, actor=actor)
    said = Said.WOKEN if waking else Said.SNOOZED
    return await _answer(task_id, outcome, said, request, page, database, actor=actor, now=now, told=form)


@router.post("/taken/{task_id}/afronden")
async def complete(
    task_id: UUID, request: Request, form: FormOf, actor: Worker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    told = form.get("uitkomst")
    result = next((code for codes in OUTCOMES.values() for code in codes if code == told), None)
    outcome: store.Task | Refused
    if result is None:
        outcome = Refused("no-outcome")
    else:
        async with database.transaction() as tx:
            task = await store.task_by_id(tx, task_id)
            if task is None or not await reach.may(tx, actor, task, Permission.WORK_ON_TASKS):
                raise Problem(404, "unknown-task")
            command = CompleteTask(task_id=task_id, outcome=result)
            outcome = await handlers.complete_task(tx, command, now=now, actor=actor)
    return await _answer(task_id, outcome, Said.COMPLETED, request, page, database, actor=actor, now=now)


async def _answer(
    task_id: UUID,
    outcome: store.Task | Refused,
    said: Said,
    request: Request,
    page: Page,
    database: Database,
    *,
    actor: Actor,
    now: datetime,
    told: FormData | None = None,
) -> Response:
    """On to the page that tells it was done; or the page as it is now, with what stood in the way."""
    if isinstance(outcome, Refused):
        return await _page(task_id, request, page, database, actor=actor, now=now, refused=outcome.code, told=told)
    return see_other(f"/desk/taken/{task_id}?gelukt={said}")


async def _page(
    task_id: UUID,
    request: Request,
    page: Page,
    database: Database,
    *,
    actor: Actor,
    now: datetime,
    said: Said | None = None,
    refused: Code | None = None,
    told: FormData | None = None,
) -> Response:
    async with database.transaction() as tx:
        item = await worklist.seen_task(tx, actor, task_id, now=now)
        if item is None:
            raise Problem(404, "unknown-task")
        if item.task.family_id is not None:
            await log_reading(tx, actor, item.task.family_id, what="task", now=now)
        history = await handlers.changes_of(tx, task_id)
        people = {each for change in history for each in (change.person, change.other) if each is not None}
        names = await colleagues.colleague_names(tx, people | people_in([item]))
        trajectories = await trajectories_of(tx, [item])
        answered = await asking_store.answered_unread(tx, actor.person, [task_id])
        task = item.task
        may_give = bool(await handlers.givable(tx, actor, [task]))
        notes = await _notes(tx, actor, item, trajectories)
        needs = await urgent_store.needs_of(tx, task.subject_id) if task.kind is TaskKind.ASK_URGENT_NEED else []
        able = await handlers.able_colleagues(tx, actor, [task], now=now) if may_give else []
    places = place_names(language_of(request))
    row = row_of(item, actor, now=now, names=names, places=places, trajectories=trajectories, answered=answered)
    by_role = why_not_take(frozenset(task.roles), frozenset(task.excluded), actor) is None
    outcomes = OUTCOMES.get(task.kind, ()) if by_role else ()
    stands = {
        "aan": may_give and able,
        "reden": may_give and (able or task.taken_by),
        "tot": row.mine and task.kind not in NEVER_SNOOZED,
        "uitkomst": outcomes,
    }
    wrong_field = FIELDS.get(refused or "", "")
    values: dict[str, Any] = {
        "row": row,
        "is_open": task.closed_at is None,
        "said": said,
        "refused": refused,
        "wrong_field": wrong_field if stands.get(wrong_field) else "",
        "told": told or {},
        "needs": [each.code for each in needs if each.is_open] if by_role else [],
        "need_names": need_names(task.programme, page.language) if needs else {},
        "history": history,
        "names": names,
        "notes": notes,
        "may_read_names": may_read_names(actor),
        "may_give": may_give,
        "may_rest": task.kind not in NEVER_SNOOZED,
        "able": able,
        "reasons": list(Reason),
        "outcomes": outcomes,
        "talk": task.kind in TALKS and by_role,
    }
    return page("task.html", values, status=_status(refused))


async def _notes(tx: Transaction, actor: Actor, item: Item, trajectories: dict[UUID, UUID]) -> str | None:
    """Where notes about this family's task stand, for who may read them."""
    task = item.task
    trajectory = trajectories.get(task.id)
    if trajectory is None or not await may_see(tx, actor, Permission.READ_JOURNAL, trajectory_id=trajectory):
        return None
    return f"/plans/notities/{trajectory}/{task.id}"


def _status(refused: Code | None) -> int:
    if refused is None:
        return 200
    return 400 if refused in WRONGLY_FILLED else 409


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(str(told)) if told else None
    except ValueError:
        return None
