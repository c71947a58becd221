"""The worklist: what there is to do, narrowed, and done with many tasks at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.desk import colleagues, concern_view, families, handlers, reach, store, worklist
from services.desk.commands import BULK_MAX, AssignMany, Assignment, MoveAll, Reason, SaveSearch, Whose
from services.desk.contracts import OF_A_SIGNAL, TaskKind
from services.desk.due import DueWithin
from services.desk.following import place_now
from services.desk.pages.rows import Row, people_in, row_of, trajectories_of
from services.desk.places import PlaceNames, place_names
from services.desk.worklist import Cursor, Item, Wanted
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import PERMITTED, Permission
from services.shared.problems import Problem
from services.shared.screens.language import language_of
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

PATH = "/desk/werklijst"
KEYS = {"soort": "kind", "programma": "programme", "wijk": "area", "termijn": "due", "van": "taken_by"}
"""What the fields of the page are called, and what they narrow."""
SAID = ("saved", "forgotten")
REFUSALS_SHOWN = 5

router = APIRouter()

Worker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]
UsesDesk = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]
Giver = Annotated[Actor, Depends(allowed(Permission.ASSIGN_TASKS))]


@router.get("/werklijst")
async def show(request: Request, actor: Worker, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Under a heading (`wie`), narrowed, from a cursor (`na`) on; what cannot be read is as if it was not there.

    Without a heading: one's own work, or else what nobody has yet.
    """
    asked = request.query_params
    wanted, after = wanted_in(asked), _cursor(asked.get("na"))
    places = place_names(language_of(request))
    async with database.transaction() as tx:
        counted = await worklist.counts(tx, actor, wanted, now=now)
        if "wie" not in asked and not counted[Whose.MINE] and counted[Whose.UNASSIGNED]:
            wanted = replace(wanted, whose=Whose.UNASSIGNED)
        lent = await handlers.lent_tasks(tx, actor, _lent(wanted), now=now, limit=worklist.PAGE)
        if wanted.whose is Whose.STAND_IN:
            items = [Item(task=each.task, urgency=0, area=None, from_away=False) for each in lent]
            following, lenders = None, {each.task.id: each.on_behalf_of for each in lent}
        else:
            listed = await worklist.listed(tx, actor, wanted, now=now, after=after)
            items, following, lenders = list(listed.items), listed.following, {}
        rows = await _rows(tx, actor, items, lenders, places, now=now)
        values = {
            "wanted": wanted,
            "tabs": [
                (whose, len(lent) if whose is Whose.STAND_IN else counted[whose], address(wanted, whose=whose))
                for whose in Whose
                if whose is not Whose.STAND_IN or lent
            ],
            "searches": [(each, _address_of(each)) for each in await handlers.searches_of(tx, actor)],
            "areas": [(code, places.area(code)) for code in await worklist.areas_seen(tx, actor)],
            "programmes": [(code, places.programme(code)) for code in await worklist.programmes_seen(tx, actor)],
            "colleagues": _options(await colleagues.colleagues_of(tx, actor, now=now)),
            "absent": await absent_with_work(tx, actor, wanted, now=now),
            "of_colleague": await _name(tx, wanted.taken_by),
            "place": str(await place_now(tx)),
            "may_read_names": may_read_names(actor),
            "alarms": await concern_view.waiting_for(tx, actor, now=now),
            "uncovered": await families.uncovered(tx, actor),
            "waiting": counted[Whose.UNASSIGNED],
            "taken": await _taken(tx, actor, uuid_in(asked.get("genomen")), places, now=now),
        }
    return page("worklist.html", values | _frame(request, wanted, rows, following))


@router.post("/werklijst/taken")
async def assign(form: FormOf, actor: Worker, database: DatabaseOf, now: Now) -> Response:
    """What was chosen is taken, handed over or given back; back to the list, which tells what came of it."""
    back = str(form.get("terug", ""))
    if one := form.get("neem"):
        ids, assignment = [uuid_in(one)], Assignment.TAKE
    else:
        ids = [uuid_in(each) for each in form.getlist("taak")][:BULK_MAX]
        assignment = read(Assignment, form.get("doen")) or Assignment.TAKE
    async with database.transaction() as tx:
        chosen = await reach.seen_among(tx, actor, [each for each in ids if each is not None])
    to, reason = uuid_in(form.get("aan")), read(Reason, form.get("reden"))
    handing = assignment is Assignment.HAND_OVER
    missing = [
        code
        for code, lacks in (
            ("no-tasks", not chosen),
            ("no-colleague", handing and to is None),
            ("no-reason", handing and reason is None),
        )
        if lacks
    ]
    if missing:
        return see_other(_told(back, refused=missing))
    command = AssignMany(task_ids=tuple(chosen), assignment=assignment, to=to, reason=reason)
    async with database.transaction() as tx:
        outcomes = await handlers.assign_many(tx, command, now=now, actor=actor)
    taken = outcomes[0].task_id if one and outcomes and outcomes[0].refused is None else None
    return see_other(_told(back, taken=taken, **told_of(outcomes)))


@router.post("/werklijst/zoekopdrachten")
async def save(form: FormOf, actor: UsesDesk, database: DatabaseOf, now: Now) -> Response:
    """Keep what is looked for under a name."""
    wanted = wanted_in({name: str(value) for name, value in form.items()})
    back = address(wanted).partition("?")[2]
    try:
        command = SaveSearch(
            search_id=uuid_in(form.get("key")) or uuid4(),
            name=str(form.get("naam", "")),
            whose=wanted.whose,
            kind=wanted.kind,
            programme=wanted.programme,
            area=wanted.area,
            due=wanted.due,
        )
    except ValidationError:
        return see_other(_told(back, refused=["no-name"]))
    async with database.transaction() as tx:
        kept = await handlers.save_search(tx, command, now=now, actor=actor)
    if isinstance(kept, Refused):
        return see_other(_told(back, refused=[kept.code]))
    return see_other(_told(back, said="saved"))


@router.post("/werklijst/zoekopdrachten/{search_id}/verwijderen")
async def forget(search_id: UUID, actor: UsesDesk, database: DatabaseOf) -> Response:
    """Again is fine: it is gone."""
    async with database.transaction() as tx:
        await handlers.forget_search(tx, search_id, actor=actor)
    return see_other(_told("", said="forgotten"))


@router.get("/werklijst/van/{person}")
async def show_absent(person: UUID, actor: Giver, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """The work of one colleague, to hand out in one go."""
    return await _absent_page(person, None, actor=actor, page=page, database=database, now=now)


@router.post("/werklijst/van/{person}")
async def move(person: UUID, form: FormOf, actor: Giver, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Everything goes to one colleague or back to the team; what could not is told on the list."""
    reason = read(Reason, form.get("reden"))
    if reason is None:
        return await _absent_page(person, "no-reason", actor=actor, page=page, database=database, now=now)
    command = MoveAll(person=person, to=uuid_in(form.get("aan")), reason=reason)
    async with database.transaction() as tx:
        outcomes = await handlers.move_all(tx, command, now=now, actor=actor)
    return see_other(_told("wie=unassigned", **told_of(outcomes)))


async def absent_with_work(
    tx: Transaction, actor: Actor, wanted: Wanted, *, now: datetime
) -> Sequence[colleagues.Absent]:
    """Who is away while work that this actor may hand out waits; told where nobody's work is listed."""
    if wanted.whose is not Whose.UNASSIGNED or actor.roles.isdisjoint(PERMITTED[Permission.ASSIGN_TASKS]):
        return ()
    return await worklist.absent_with_work(tx, actor, now=now)


async def _absent_page(
    person: UUID, refused: Code | None, *, actor: Actor, page: Any, database: Any, now: datetime
) -> Response:
    async with database.transaction() as tx:
        name = await _name(tx, person)
        tasks = await worklist.handed_out_by(tx, actor, person)
        there = await colleagues.colleagues_of(tx, actor, now=now)
    if not name:
        raise Problem(404, "unknown-colleague")
    values = {"person": person, "name": name, "tasks": tasks, "refused": refused, "reasons": list(Reason)}
    others = _options(each for each in there if each.person != person)
    response: Response = page("worklist_absent.html", values | {"colleagues": others}, status=400 if refused else 200)
    return response


def may_read_names(actor: Actor) -> bool:
    """Whether a page asks intake for names at all; whose, intake judges."""
    return not actor.roles.isdisjoint(PERMITTED[Permission.READ_FAMILY])


def wanted_in(asked: Mapping[str, str]) -> Wanted:
    """What the fields of the page ask for; what cannot be read is left out."""
    return Wanted(
        whose=read(Whose, asked.get("wie")) or Whose.MINE,
        kind=read(TaskKind, asked.get("soort")),
        programme=asked.get("programma") or None,
        area=asked.get("wijk") or None,
        due=read(DueWithin, asked.get("termijn")),
        taken_by=uuid_in(asked.get("van")),
    )


def address(wanted: Wanted, *, whose: Whose | None = None, after: Cursor | None = None) -> str:
    """The address of the list as it is narrowed."""
    told: dict[str, Any] = {"wie": whose or wanted.whose}
    told |= {field: value for field, name in KEYS.items() if (value := getattr(wanted, name))}
    return f"{PATH}?{urlencode(told | ({'na': after} if after else {}))}"


def told_of(outcomes: Iterable[handlers.Assigned]) -> dict[str, Any]:
    """How many were done, and why others were not."""
    counted = Counter(each.refused for each in outcomes)
    done = counted.pop(None, 0)
    return {"done": done, "refused": [code for code, _ in counted.most_common(REFUSALS_SHOWN)]}


def read[E: StrEnum](kind: type[E], told: object) -> E | None:
    """One of a list of codes, None for anything else."""
    return next((each for each in kind if each.value == told), None)


def uuid_in(told: object) -> UUID | None:
    try:
        return UUID(str(told)) if told else None
    except ValueError:
        return None


def _cursor(told: str | None) -> Cursor | None:
    try:
        return Cursor.read(told) if told else None
    except ValueError:
        return None


def _told(query: str, *, done: int = 0, refused: Sequence[Code] = (), said: str = "", taken: UUID | None = None) -> str:
    """Back to the list as it was, with what came of it; only fields that we know go back."""
    kept = {name: value for name, value in parse_qsl(query) if name in (*KEYS, "wie", "na")}
    told = kept | {
        name: value
        for name, value in (("gedaan", done), ("niet", ",".join(refused)), ("gelukt", said), ("genomen", taken))
        if value
    }
    return f"{PATH}?{urlencode(told)}"


def _lent(wanted: Wanted) -> store.Narrowed:
    return store.Narrowed(programme=wanted.programme, kind=wanted.kind)


def _address_of(search: SaveSearch) -> str:
    return address(
        Wanted(whose=search.whose, kind=search.kind, programme=search.programme, area=search.area, due=search.due)
    )


def _options(people: Iterable[Actor]) -> list[tuple[str, str]]:
    return [(str(each.person), each.name) for each in people]


async def _name(tx: Transaction, person: UUID | None) -> str:
    return (await colleagues.colleague_names(tx, [person])).get(person, "") if person is not None else ""


async def _taken(
    tx: Transaction, actor: Actor, task_id: UUID | None, places: PlaceNames, *, now: datetime
) -> Row | None:
    """The task that was just taken from the list, so that its work is one press away; None once it is not one's own."""
    item = await worklist.seen_task(tx, actor, task_id, now=now) if task_id is not None else None
    if item is None or item.task.taken_by != actor.person or item.task.closed_at is not None:
        return None
    return (await _rows(tx, actor, [item], {}, places, now=now))[0]


async def _rows(
    tx: Transaction,
    actor: Actor,
    items: Sequence[Item],
    lenders: dict[UUID, UUID],
    places: PlaceNames,
    *,
    now: datetime,
) -> list[Row]:
    names = await colleagues.colleague_names(tx, {*people_in(items), *lenders.values()})
    trajectories = await trajectories_of(tx, items)
    return [
        row_of(
            item,
            actor,
            now=now,
            names=names,
            places=places,
            trajectories=trajectories,
            lent_by=names.get(lenders[item.task.id], "?") if item.task.id in lenders else "",
        )
        for item in items
    ]


def _frame(request: Request, wanted: Wanted, rows: Sequence[Row], following: Cursor | None) -> dict[str, Any]:
    """What the page shows around its rows."""
    asked = request.query_params
    done = asked.get("gedaan", "")
    refused = [code for code in asked.get("niet", "").split(",")[:REFUSALS_SHOWN] if code]
    query = request.url.query
    here = address(wanted, after=_cursor(asked.get("na")))
    return {
        "rows": rows,
        "following": address(wanted, after=following) if following else None,
        "narrowed": any(getattr(wanted, name) is not None for name in KEYS.values()),
        "kinds": list(TaskKind),
        "dues": list(DueWithin),
        "reasons": list(Reason),
        "family_ids": sorted({row.task.family_id for row in rows if row.task.family_id is not None}),
        "signal_ids": sorted({row.task.subject_id for row in rows if row.task.kind in OF_A_SIGNAL}),
        "request_ids": sorted({row.task.subject_id for row in rows if row.task.kind is TaskKind.DECIDE_REQUEST}),
        "here_again": address(wanted),
        "query": query,
        "key": uuid4(),
        "done": int(done) if done.isdecimal() and len(done) < len(str(BULK_MAX * BULK_MAX)) else 0,
        "refused": refused,
        "said": asked.get("gelukt") if asked.get("gelukt") in SAID else None,
        "all_chosen": asked.get("kies") == "alle",
        "choose_all": f"{here}&kies=alle#taken",
        "choose_none": f"{here}#taken",
        "bulk_open": asked.get("kies") == "alle" or any(code.startswith("no-") for code in refused),
    }
