"""The worklist: what there is to do, and narrowed to what somebody looks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.desk import asking_store, colleagues, concern_view, families, handlers, kept_store, store, worklist
from services.desk.commands import BULK_MAX, Assignment, SaveSearch, Whose
from services.desk.contracts import OF_A_SIGNAL, TaskKind
from services.desk.due import DueWithin
from services.desk.following import place_now
from services.desk.pages.deciding import WHERE
from services.desk.pages.rows import Row, people_in, row_of, trajectories_of
from services.desk.places import PlaceNames, place_names
from services.desk.worklist import Cursor, Item, Wanted
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import PERMITTED, Permission
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
            **await _choices(tx, actor, rows),
            "absent": await absent_with_work(tx, actor, wanted, now=now),
            "of_colleague": await name_of(tx, wanted.taken_by),
            "place": str(await place_now(tx)),
            "may_read_names": may_read_names(actor),
            "kept_decisions": await kept_store.kept_by(tx, actor.person, now=now),
            "decided_where": WHERE,
            "alarms": await concern_view.waiting_for(tx, actor, now=now),
            "uncovered": await families.uncovered(tx, actor),
            "waiting": counted[Whose.UNASSIGNED],
            "taken": await _taken(tx, actor, uuid_in(asked.get("genomen")), places, now=now),
        }
    return page("worklist.html", values | _frame(request, wanted, rows, following))


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
        return see_other(told(back, refused=["no-name"]))
    async with database.transaction() as tx:
        kept = await handlers.save_search(tx, command, now=now, actor=actor)
    if isinstance(kept, Refused):
        return see_other(told(back, refused=[kept.code]))
    return see_other(told(back, said="saved"))


@router.post("/werklijst/zoekopdrachten/{search_id}/verwijderen")
async def forget(search_id: UUID, actor: UsesDesk, database: DatabaseOf) -> Response:
    """Again is fine: it is gone."""
    async with database.transaction() as tx:
        await handlers.forget_search(tx, search_id, actor=actor)
    return see_other(told("", said="forgotten"))


async def absent_with_work(
    tx: Transaction, actor: Actor, wanted: Wanted, *, now: datetime
) -> Sequence[colleagues.Absent]:
    """Who is away while work that this actor may hand out waits; told where nobody's work is listed."""
    if wanted.whose is not Whose.UNASSIGNED or actor.roles.isdisjoint(PERMITTED[Permission.ASSIGN_TASKS]):
        return ()
    return await worklist.absent_with_work(tx, actor, now=now)


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


def told(query: str, *, done: int = 0, refused: Sequence[Code] = (), said: str = "", taken: UUID | None = None) -> str:
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


async def name_of(tx: Transaction, person: UUID | None) -> str:
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
    answered = await asking_store.answered_unread(tx, actor.person, [item.task.id for item in items])
    return [
        row_of(
            item,
            actor,
            now=now,
            names=names,
            places=places,
            trajectories=trajectories,
            answered=answered,
            lent_by=names.get(lenders[item.task.id], "?") if item.task.id in lenders else "",
        )
        for item in items
    ]


async def _choices(tx: Transaction, actor: Actor, rows: Sequence[Row]) -> dict[str, Any]:
    """What can be done with tasks of this page, and which can be chosen for it: no button that nobody may press."""
    givable = await handlers.givable(tx, actor, [row.task for row in rows if not row.lent_by])
    takeable = {row.task.id for row in rows if row.takeable}
    taken = {row.task.id for row in rows if row.task.taken_by is not None}
    actions = {Assignment.TAKE: takeable, Assignment.HAND_OVER: givable, Assignment.RELEASE: givable & taken}
    return {"actions": [each for each, tasks in actions.items() if tasks], "choosable": givable | takeable}


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
        "family_ids": sorted({row.task.family_id for row in rows if row.task.family_id is not None}),
        "signal_ids": sorted({row.task.subject_id for row in rows if row.task.kind in OF_A_SIGNAL}),
        "request_ids": sorted({row.task.subject_id for row in rows if row.of_a_request}),
        "here_again": address(wanted),
        "query": query,
        "key": uuid4(),
        "done": int(done) if done.isdecimal() and len(done) < len(str(BULK_MAX * BULK_MAX)) else 0,
        "refused": refused,
        "said": asked.get("gelukt") if asked.get("gelukt") in SAID else None,
        "all_chosen": asked.get("kies") == "alle",
        "choose_all": f"{here}&kies=alle#taken",
        "choose_none": f"{here}#taken",
    }
