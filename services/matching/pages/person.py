"""One supporter or buddy: registered, or changed, with what they can do, where, and for how many families."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from programmes.load import latest
from programmes.problems import ProgrammeError
from programmes.schema import Programme
from programmes.words import in_language
from services.matching import handlers, store
from services.matching.commands import FAMILIES_MAX, ChangePerson, RegisterPerson
from services.matching.domain import AT_WORK, Person, known_words, person_digest
from services.matching.events import TandemPart
from services.matching.pages.people import HERE, Keeps, mine, titles_of
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.scopes import must_be_in
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

NO_TEAM = "none"
NEEDED = ("areas", "languages")
OTHERWISE: Code = "registered-otherwise"
DIGEST = re.compile(r"[0-9a-f]{64}")

router = APIRouter()


@router.get("/mensen/nieuw/{programme}/{part}/{colleague_id}")
async def show_newcomer(
    programme: Code, part: TandemPart, colleague_id: UUID, actor: Keeps, page: PageOf, database: DatabaseOf
) -> Response:
    """Somebody of whom the desk knows the name; who is in the list already is changed there."""
    known = _programme(actor, programme)
    async with database.transaction() as tx:
        there = (await store.persons(tx, [colleague_id])).get(colleague_id)
        if there is not None and there.left_on is None and (there.programme, there.part) == (programme, part):
            return see_other(f"{HERE}/{colleague_id}")
        teams = await _teams(tx, actor, programme, there)
    otherwise = there is not None and (there.programme, there.part) != (programme, part)
    return _newcomer(page, colleague_id, known, part, teams, there=there, refused=OTHERWISE if otherwise else None)


@router.post("/mensen/nieuw/{programme}/{part}/{colleague_id}")
async def register(
    programme: Code,
    part: TandemPart,
    colleague_id: UUID,
    actor: Keeps,
    form: FormOf,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
) -> Response:
    """Sent twice somebody is registered once."""
    known = _programme(actor, programme)
    async with database.transaction() as tx:
        there = (await store.persons(tx, [colleague_id])).get(colleague_id)
        teams = await _teams(tx, actor, programme, there)
        told = _Told(Said(form), part, known_words(known), teams, there=None, now=now)
        if only_language(form):
            told.errors.clear()
            return _newcomer(page, colleague_id, known, part, teams, told=told)
        if told.errors:
            return _newcomer(page, colleague_id, known, part, teams, told=told, status=400)
        command = RegisterPerson(person_id=colleague_id, programme=programme, part=part, **told.facts)
        outcome = await handlers.register_person(tx, command, now=now)
    if isinstance(outcome, Refused):
        return _newcomer(page, colleague_id, known, part, teams, told=told, refused=outcome.code, status=409)
    return see_other(f"{HERE}?programma={programme}&gelukt=aangemeld")


@router.get("/mensen/{person_id}")
async def show_person(person_id: UUID, actor: Keeps, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        person = await mine(tx, actor, person_id)
        return await _form(tx, page, actor, person)


@router.post("/mensen/{person_id}")
async def change(person_id: UUID, actor: Keeps, form: FormOf, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Sent twice it is changed once; who comes second sees what the first one made of it beside their own."""
    said = Said(form)
    async with database.transaction() as tx:
        person = await mine(tx, actor, person_id)
        words = known_words(latest(person.programme), person)
        teams = await _teams(tx, actor, person.programme, person)
        told = _Told(said, person.part, words, teams, there=person, now=now)
        if only_language(form):
            told.errors.clear()
            return await _form(tx, page, actor, person, told=told, seen=said.text("seen"))
        if told.errors:
            return await _form(tx, page, actor, person, told=told, seen=said.text("seen"), status=400)
        command = ChangePerson(person_id=person_id, seen=_seen(said), **told.facts)
        outcome = await handlers.change_person(tx, command, now=now)
        if isinstance(outcome, Refused):
            return await _form(tx, page, actor, person, told=told, refused=outcome.code, status=409)
    return see_other(f"{HERE}?programma={person.programme}&gelukt=gewijzigd")


class _Told:
    """What somebody filled in about a person: as it was typed, what is wrong with it, and what it says."""

    def __init__(
        self,
        said: Said,
        part: TandemPart,
        words: Mapping[str, frozenset[Code]],
        teams: list[Code],
        *,
        there: Person | None,
        now: datetime,
    ) -> None:
        self.errors = said.errors
        listed = {field: said.ticked(field) for field in words}
        for field, found in listed.items():
            if not found and field in NEEDED:
                self.errors[field] = "missing"
            elif not set(found) <= words[field]:
                self.errors[field] = "not-an-option"
        vog_until = said.day("vog_until", required=False)
        before = there.vog_until if there else None
        if vog_until is not None and vog_until != before and vog_until < local_date(now):
            self.errors["vog_until"] = "in-the-past"
        team = said.code("team", [NO_TEAM, *teams])
        capacity = said.number("capacity", least=0, most=FAMILIES_MAX)
        self.typed: dict[str, Any] = {
            **listed,
            **{name: said.text(name) for name in ("vog_until", "team", "capacity")},
        }
        self.facts: dict[str, Any] = {
            **listed,
            "vog_until": vog_until,
            "team": None if team == NO_TEAM else team,
            "capacity": capacity,
        }
        if part is not TandemPart.BUDDY:
            # Not asked: a supporter is trained and screened by their employer. What is known of it stays.
            self.facts["trainings"], self.facts["vog_until"] = (there.trainings if there else ()), before


def _newcomer(
    page: Page,
    colleague_id: UUID,
    programme: Programme,
    part: TandemPart,
    teams: list[Code],
    *,
    there: Person | None = None,
    told: _Told | None = None,
    refused: Code | None = None,
    status: int = 200,
) -> Response:
    """Empty, or with what was known of somebody who comes back."""
    limits = programme.tandem
    most = limits.families_per_buddy if part is TandemPart.BUDDY else limits.families_per_supporter
    back = there if there is not None and (there.programme, there.part) == (programme.id, part) else None
    empty = {"areas": (), "languages": (), "themes": (), "trainings": (), "vog_until": "", "team": NO_TEAM}
    values = {
        "colleague_id": colleague_id,
        "told": told.typed if told else _typed(back) if back else empty | {"capacity": most},
        "errors": told.errors if told else {},
        "refused": refused,
        **_shown(page, programme, part, known_words(programme, back), teams),
    }
    return page("new_person_form.html", values, status=status)


async def _form(
    tx: Transaction,
    page: Page,
    actor: Actor,
    person: Person,
    *,
    told: _Told | None = None,
    seen: str | None = None,
    refused: Code | None = None,
    status: int = 200,
) -> Response:
    programme = latest(person.programme)
    teams = await _teams(tx, actor, person.programme, person)
    values = {
        "person": person,
        "told": told.typed if told else _typed(person),
        "seen": seen if seen is not None else person_digest(person),
        "families": (await store.loads(tx, [person.id], states=AT_WORK))[person.id],
        "errors": told.errors if told else {},
        "refused": refused,
        **_shown(page, programme, person.part, known_words(programme, person), teams),
    }
    return page("person_form.html", values, status=status)


def _typed(person: Person) -> dict[str, Any]:
    """A person as the form would have it filled in."""
    return {
        "areas": person.areas,
        "languages": person.languages,
        "themes": person.themes,
        "trainings": person.trainings,
        "vog_until": person.vog_until.isoformat() if person.vog_until else "",
        "team": person.team or NO_TEAM,
        "capacity": person.capacity,
    }


def _shown(
    page: Page, programme: Programme, part: TandemPart, words: Mapping[str, frozenset[Code]], teams: list[Code]
) -> dict[str, Any]:
    """The fields and their words, in the programme's order; a code that it no longer has stands for itself."""
    spoken = in_language(programme, page.language)
    named = {
        "areas": spoken.areas,
        "languages": spoken.languages,
        "themes": spoken.goal_domains,
        "trainings": spoken.training,
    }
    options = {field: [(each.code, each.name) for each in found] for field, found in named.items()}
    for field, found in options.items():
        found += [(code, code) for code in sorted(words[field] - dict(found).keys())]
    return {
        "programme": programme.id,
        "part": part.value,
        "title": titles_of(spoken)[part.value],
        "options": options,
        "required_trainings": [each.code for each in programme.training if each.required],
        "teams": teams,
    }


def _programme(actor: Actor, code: Code) -> Programme:
    must_be_in(actor, Permission.KEEP_PEOPLE, code)
    try:
        return latest(code)
    except ProgrammeError:
        raise Problem(404, "unknown-programme") from None


async def _teams(tx: Transaction, actor: Actor, programme: Code, person: Person | None) -> list[Code]:
    """The teams there are in the programme, and one's own: a new team begins with somebody of it."""
    known = {*await store.teams(tx, programme), actor.team, person.team if person else None}
    return sorted(each for each in known if each is not None)


def _seen(said: Said) -> str:
    """The digest that we put in the form ourselves. Answers 400 where it was lost."""
    digest = said.text("seen")
    if DIGEST.fullmatch(digest) is None:
        raise Problem(400, "invalid-input", errors=[{"place": "seen", "code": "missing"}])
    return digest
