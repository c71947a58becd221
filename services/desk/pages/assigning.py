"""Work goes to somebody: tasks that were chosen on the list, or everything that one colleague has."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.desk import handlers, reach, store
from services.desk.commands import BULK_MAX, AssignMany, Assignment, MoveAll, Reason
from services.desk.contracts import OF_A_SIGNAL
from services.desk.handlers.assignments import MOVED_MAX
from services.desk.pages.worklist import REFUSALS_SHOWN, may_read_names, name_of, read, told, uuid_in
from services.shared.access import Actor, allowed
from services.shared.database import Database
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Worker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]
Giver = Annotated[Actor, Depends(allowed(Permission.ASSIGN_TASKS))]


@router.post("/werklijst/taken")
async def assign(form: FormOf, actor: Worker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """What was chosen is taken or given back, and handed over once it is told to whom and why.

    Back to the list, which tells what came of it.
    """
    back = str(form.get("terug", ""))
    if one := form.get("neem"):
        ids, assignment = [uuid_in(one)], Assignment.TAKE
    else:
        ids = [uuid_in(each) for each in form.getlist("taak")][:BULK_MAX]
        assignment = read(Assignment, form.get("doen")) or Assignment.TAKE
    async with database.transaction() as tx:
        chosen = await reach.seen_among(tx, actor, [each for each in ids if each is not None])
    if not chosen:
        return see_other(told(back, refused=["no-tasks"]))
    to, reason = uuid_in(form.get("aan")), read(Reason, form.get("reden"))
    if assignment is Assignment.HAND_OVER and (to is None or reason is None):
        lacking = {"aan": "no-colleague"} if to is None else {}
        lacking |= {"reden": "no-reason"} if reason is None else {}
        said = {"to": to, "reason": reason, "list_query": back, "errors": lacking if "aan" in form else {}}
        return await _hand_over_page(chosen, said, actor=actor, page=page, database=database, now=now)
    command = AssignMany(task_ids=tuple(chosen), assignment=assignment, to=to, reason=reason)
    async with database.transaction() as tx:
        outcomes = await handlers.assign_many(tx, command, now=now, actor=actor)
    taken = outcomes[0].task_id if one and outcomes and outcomes[0].refused is None else None
    return see_other(told(back, taken=taken, **told_of(outcomes)))


@router.get("/werklijst/van/{person}")
async def show_absent(person: UUID, actor: Giver, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """The work of one colleague, to hand out in one go."""
    return await _absent_page(person, None, actor=actor, page=page, database=database, now=now)


@router.post("/werklijst/van/{person}")
async def move(person: UUID, form: FormOf, actor: Giver, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Everything goes to one colleague or back to the team; what could not is told on the list."""
    to, reason = uuid_in(form.get("aan")), read(Reason, form.get("reden"))
    if reason is None:
        return await _absent_page(person, to, actor=actor, page=page, database=database, now=now, refused=True)
    command = MoveAll(person=person, to=to, reason=reason)
    async with database.transaction() as tx:
        outcomes = await handlers.move_all(tx, command, now=now, actor=actor)
    return see_other(told("wie=unassigned", **told_of(outcomes)))


def told_of(outcomes: Iterable[handlers.Assigned]) -> dict[str, Any]:
    """How many were done, and why others were not."""
    counted = Counter(each.refused for each in outcomes)
    done = counted.pop(None, 0)
    return {"done": done, "refused": [code for code, _ in counted.most_common(REFUSALS_SHOWN)]}


async def _hand_over_page(
    chosen: Sequence[UUID], said: dict[str, Any], *, actor: Actor, page: Page, database: Database, now: datetime
) -> Response:
    """To whom, out of those who may do at least one of them; all that was chosen goes along with the form."""
    async with database.transaction() as tx:
        tasks = await reach.seen_tasks(tx, actor, chosen)
        givable = await handlers.givable(tx, actor, tasks)
        given = [each for each in tasks if each.id in givable]
        able = await handlers.able_colleagues(tx, actor, given, now=now)
    values = {
        **said,
        "tasks": given,
        "left_out": len(chosen) - len(given),
        "able": able,
        "reasons": list(Reason),
        **_named(given),
        "may_read_names": may_read_names(actor),
    }
    return page("worklist_hand_over.html", values, status=400 if said["errors"] else 200)


def _named(tasks: Sequence[store.Task]) -> dict[str, Any]:
    """Whose names the page asks intake for."""
    return {
        "family_ids": sorted({each.family_id for each in tasks if each.family_id is not None}),
        "signal_ids": sorted({each.subject_id for each in tasks if each.kind in OF_A_SIGNAL}),
    }


async def _absent_page(
    person: UUID,
    to: UUID | None,
    *,
    actor: Actor,
    page: Page,
    database: Database,
    now: datetime,
    refused: bool = False,
) -> Response:
    async with database.transaction() as tx:
        name = await name_of(tx, person)
        tasks = await reach.tasks_of(tx, person, actor, limit=MOVED_MAX)
        able = await handlers.able_colleagues(tx, actor, tasks, now=now)
    if not name:
        raise Problem(404, "unknown-colleague")
    errors: dict[str, Code] = {"reden": "no-reason"} if refused else {}
    values = {
        "person": person,
        "name": name,
        "tasks": len(tasks),
        "able": able,
        "to": to,
        "reasons": list(Reason),
        "errors": errors,
    }
    return page("worklist_absent.html", values, status=400 if refused else 200)
