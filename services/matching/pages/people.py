"""Supporters and buddies: who there is, for how many families there is room, and who stops."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from programmes.load import all_programmes, latest
from programmes.schema import Programme
from programmes.words import in_language
from services.matching import handlers, store
from services.matching.commands import PersonLeaves
from services.matching.domain import AT_WORK, Person, Rules
from services.matching.events import TandemPart
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import PERMITTED, Permission
from services.shared.problems import Problem
from services.shared.scopes import NOT_YOUR_PROGRAMME, must_be_in
from services.shared.screens.language import DUTCH, only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

HERE = "/matching/mensen"
PAGE_MAX = 100
DONE = ("aangemeld", "gewijzigd", "vertrokken")

router = APIRouter()

Reads = Annotated[Actor, Depends(allowed(Permission.READ_PEOPLE))]
Keeps = Annotated[Actor, Depends(allowed(Permission.KEEP_PEOPLE))]


class LeaveReason(StrEnum):
    """Why somebody stops; more than this is talked about."""

    OTHER_WORK = "other-work"
    TOO_MUCH = "too-much"
    ILLNESS = "illness"
    MOVES = "moves"
    OTHER = "other"


@router.get("/mensen")
async def list_people(
    actor: Reads,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    chosen: Annotated[str, Query(alias="programma")] = "",
    after: Annotated[UUID | None, Query(alias="na")] = None,
    done: Annotated[str, Query(alias="gelukt")] = "",
) -> Response:
    """Those of one of somebody's programmes who have not left; unasked of the one in which most families wait."""
    known = {each.id: each for each in all_programmes() if each.id in actor.programmes}
    programmes = {code: in_language(known[code], page.language) for code in sorted(known)}
    code: Code | None = chosen
    if not chosen:
        async with database.transaction() as tx:
            code = await store.busiest(tx, list(programmes))
    people: list[Person] = []
    ending: list[Person] = []
    busy: dict[UUID, int] = {}
    if code is not None:
        must_be_in(actor, Permission.READ_PEOPLE, code)
        if code not in programmes:
            raise Problem(404, "unknown-programme")
        async with database.transaction() as tx:
            people = await store.people(tx, code, after=after, limit=PAGE_MAX + 1)
            needed = Rules.of(known[code]).certificate_needed_for
            if needed is not None and after is None:
                ending = await store.buddies_by_certificate(tx, code, before=local_date(now) + needed)
            busy = await store.loads(tx, [each.id for each in (*people, *ending)], states=AT_WORK)
    shown = people[:PAGE_MAX]
    values = {
        "programmes": [(each, _name(programme, page)) for each, programme in programmes.items()],
        "chosen": code,
        "parts": [(part.value, [each for each in shown if each.part is part]) for part in TandemPart],
        "busy": busy,
        "ending": ending,
        "area_names": _area_names(code, page) if code else {},
        "titles": titles_of(programmes[code]) if code else {},
        "following": shown[-1].id if len(people) > PAGE_MAX else None,
        "may_keep": not actor.roles.isdisjoint(PERMITTED[Permission.KEEP_PEOPLE]),
        "today": local_date(now),
        "done": done if done in DONE else "",
    }
    return page("people.html", values)


@router.get("/mensen/{person_id}/vertrek")
async def show_leaving(person_id: UUID, actor: Keeps, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        person = await mine(tx, actor, person_id)
        return await _leaving(tx, page, person)


@router.post("/mensen/{person_id}/vertrek")
async def leave(person_id: UUID, actor: Keeps, form: FormOf, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    said = Said(form)
    async with database.transaction() as tx:
        person = await mine(tx, actor, person_id, also_left=True)
        if only_language(form):
            return await _leaving(tx, page, person, told=said.text("reason"))
        reason = said.option("reason", LeaveReason)
        if reason is None:
            return await _leaving(tx, page, person, told=said.text("reason"), errors=said.errors, status=400)
        await handlers.person_leaves(tx, PersonLeaves(person_id=person_id, reason=reason.value), now=now)
    return see_other(f"{HERE}?programma={person.programme}&gelukt=vertrokken")


async def mine(tx: Transaction, actor: Actor, person_id: UUID, *, also_left: bool = False) -> Person:
    """A supporter or buddy of one's own programmes. Answers 403 for others, 404 for who has left."""
    person = (await store.persons(tx, [person_id])).get(person_id)
    if person is None:
        raise Problem(403, NOT_YOUR_PROGRAMME)
    must_be_in(actor, Permission.KEEP_PEOPLE, person.programme)
    if person.left_on is not None and not also_left:
        raise Problem(404, "unknown-person")
    return person


async def _leaving(
    tx: Transaction,
    page: Page,
    person: Person,
    *,
    told: str = "",
    errors: dict[str, Code] | None = None,
    status: int = 200,
) -> Response:
    values = {
        "person": person,
        "title": titles_of(in_language(latest(person.programme), page.language))[person.part.value],
        "families": (await store.loads(tx, [person.id], states=AT_WORK))[person.id],
        "reasons": [each.value for each in LeaveReason],
        "told": told,
        "errors": errors or {},
    }
    return page("person_leaves.html", values, status=status)


def titles_of(programme: Programme) -> dict[Code, str]:
    """What a programme calls its supporters and buddies."""
    return {"supporter": programme.tandem.supporter_title, "buddy": programme.tandem.buddy_title}


def _name(programme: Programme, page: Page) -> str:
    return programme.name.nl if page.language == DUTCH else programme.name.en


def _area_names(programme: Code, page: Page) -> dict[Code, str]:
    return {area.code: area.name for area in in_language(latest(programme), page.language).areas}
