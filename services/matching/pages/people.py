"""Supporters and buddies: where each works, for how many families there is room, and who stops."""

import re
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from programmes.load import all_programmes, latest
from programmes.schema import Programme
from programmes.words import in_language
from services.matching import handlers, store
from services.matching.commands import FAMILIES_MAX, ChangePerson, PersonLeaves
from services.matching.domain import AT_WORK, Person, place_digest
from services.matching.events import TandemPart
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import PERMITTED, Permission
from services.shared.problems import Problem
from services.shared.scopes import NOT_YOUR_PROGRAMME, must_be_in
from services.shared.screens.language import DUTCH
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

HERE = "/matching/mensen"
PAGE_MAX = 100
NO_TEAM = "none"
DIGEST = re.compile(r"[0-9a-f]{64}")

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
    """Those of one of somebody's programmes who have not left."""
    known = {each.id: each for each in all_programmes() if each.id in actor.programmes}
    programmes = {code: in_language(known[code], page.language) for code in sorted(known)}
    code = chosen or next(iter(programmes), None)
    people: list[Person] = []
    busy: dict[UUID, int] = {}
    if code is not None:
        must_be_in(actor, Permission.READ_PEOPLE, code)
        if code not in programmes:
            raise Problem(404, "unknown-programme")
        async with database.transaction() as tx:
            people = await store.people(tx, code, after=after, limit=PAGE_MAX + 1)
            busy = await store.loads(tx, [each.id for each in people], states=AT_WORK)
    shown = people[:PAGE_MAX]
    values = {
        "programmes": [(each, _name(programme, page)) for each, programme in programmes.items()],
        "chosen": code,
        "parts": [(part.value, [each for each in shown if each.part is part]) for part in TandemPart],
        "busy": busy,
        "area_names": _area_names(code, page) if code else {},
        "following": shown[-1].id if len(people) > PAGE_MAX else None,
        "may_keep": not actor.roles.isdisjoint(PERMITTED[Permission.KEEP_PEOPLE]),
        "today": local_date(now),
        "done": done if done in ("gewijzigd", "vertrokken") else "",
    }
    return page("people.html", values)


@router.get("/mensen/{person_id}")
async def show_person(person_id: UUID, actor: Keeps, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        person = await _mine(tx, actor, person_id)
        return await _form(tx, page, actor, person)


@router.post("/mensen/{person_id}")
async def change(person_id: UUID, actor: Keeps, form: FormOf, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Sent twice it is changed once; who comes second sees what the first one made of it beside their own."""
    said = Said(form)
    areas = tuple(sorted({str(each) for each in form.getlist("areas")}))
    async with database.transaction() as tx:
        person = await _mine(tx, actor, person_id)
        if not areas:
            said.errors["areas"] = "missing"
        elif not set(areas) <= _areas(person):
            said.errors["areas"] = "not-an-option"
        team = said.code("team", [NO_TEAM, *await _teams(tx, actor, person)])
        capacity = said.number("capacity", least=0, most=FAMILIES_MAX)
        told = {"areas": areas, "team": said.text("team"), "capacity": said.text("capacity")}
        if said.errors or team is None or capacity is None:
            told["seen"] = said.text("seen")
            return await _form(tx, page, actor, person, told=told, errors=said.errors, status=400)
        command = ChangePerson(
            person_id=person_id,
            areas=areas,
            team=None if team == NO_TEAM else team,
            capacity=capacity,
            seen=_seen(said),
        )
        outcome = await handlers.change_person(tx, command, now=now)
        if isinstance(outcome, Refused):
            return await _form(tx, page, actor, person, told=told, refused=outcome.code, status=409)
    return see_other(f"{HERE}?programma={person.programme}&gelukt=gewijzigd")


@router.get("/mensen/{person_id}/vertrek")
async def show_leaving(person_id: UUID, actor: Keeps, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        person = await _mine(tx, actor, person_id)
        return await _leaving(tx, page, person)


@router.post("/mensen/{person_id}/vertrek")
async def leave(person_id: UUID, actor: Keeps, form: FormOf, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    said = Said(form)
    async with database.transaction() as tx:
        person = await _mine(tx, actor, person_id, also_left=True)
        reason = said.option("reason", LeaveReason)
        if reason is None:
            return await _leaving(tx, page, person, told=said.text("reason"), errors=said.errors, status=400)
        await handlers.person_leaves(tx, PersonLeaves(person_id=person_id, reason=reason.value), now=now)
    return see_other(f"{HERE}?programma={person.programme}&gelukt=vertrokken")


async def _mine(tx: Transaction, actor: Actor, person_id: UUID, *, also_left: bool = False) -> Person:
    """A supporter or buddy of one's own programmes. Answers 403 for others, 404 for who has left."""
    person = (await store.persons(tx, [person_id])).get(person_id)
    if person is None:
        raise Problem(403, NOT_YOUR_PROGRAMME)
    must_be_in(actor, Permission.KEEP_PEOPLE, person.programme)
    if person.left_on is not None and not also_left:
        raise Problem(404, "unknown-person")
    return person


async def _form(
    tx: Transaction,
    page: Page,
    actor: Actor,
    person: Person,
    *,
    told: dict[str, Any] | None = None,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
    status: int = 200,
) -> Response:
    now = {
        "areas": person.areas,
        "team": person.team or NO_TEAM,
        "capacity": person.capacity,
        "seen": place_digest(person),
    }
    values = {
        "person": person,
        "told": now | (told or {}),
        "area_names": _area_names(person.programme, page),
        "areas": sorted(_areas(person)),
        "teams": await _teams(tx, actor, person),
        "families": (await store.loads(tx, [person.id], states=AT_WORK))[person.id],
        "most": FAMILIES_MAX,
        "errors": errors or {},
        "refused": refused,
    }
    return page("person_form.html", values, status=status)


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
        "families": (await store.loads(tx, [person.id], states=AT_WORK))[person.id],
        "reasons": [each.value for each in LeaveReason],
        "told": told,
        "errors": errors or {},
    }
    return page("person_leaves.html", values, status=status)


async def _teams(tx: Transaction, actor: Actor, person: Person) -> list[Code]:
    """The teams there are in the programme, and one's own: a new team begins with somebody of it."""
    known = {*await store.teams(tx, person.programme), actor.team, person.team}
    return sorted(each for each in known if each is not None)


def _areas(person: Person) -> set[Code]:
    """Where somebody can work: in the programme as it is now, and where they already do."""
    return {area.code for area in latest(person.programme).areas} | set(person.areas)


def _name(programme: Programme, page: Page) -> str:
    return programme.name.nl if page.language == DUTCH else programme.name.en


def _area_names(programme: Code, page: Page) -> dict[Code, str]:
    return {area.code: area.name for area in in_language(latest(programme), page.language).areas}


def _seen(said: Said) -> str:
    """The digest that we put in the form ourselves. Answers 400 where it was lost."""
    digest = said.text("seen")
    if DIGEST.fullmatch(digest) is None:
        raise Problem(400, "invalid-input", errors=[{"place": "seen", "code": "missing"}])
    return digest
