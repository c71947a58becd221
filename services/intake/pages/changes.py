"""A family that is known moves, or is reached another way."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import Response

from programmes.load import load
from programmes.schema import Programme
from programmes.words import in_language
from services.intake import handlers, store
from services.intake.commands import Address, ChangeContact, Contact, MoveFamily
from services.intake.domain import number_fault
from services.intake.domain.told import OTHER_LANGUAGE
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import must_read
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

LINE_MAX = 120
ADDRESS = ("street", "house_number", "postcode", "city")

router = APIRouter()

Changer = Annotated[Actor, Depends(allowed(Permission.CHANGE_FAMILY))]


@router.get("/verhuizen/{trajectory_id}")
async def show_move(trajectory_id: UUID, actor: Changer, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        _, family, programme = await _open(tx, page, actor, trajectory_id, now=now)
    told = {name: getattr(family, name) or "" for name in (*ADDRESS, "area")}
    return page("move_form.html", _moving(trajectory_id, programme, told, seen=handlers.address_mark(family)))


@router.post("/verhuizen/{trajectory_id}")
async def move(
    trajectory_id: UUID, actor: Changer, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Keeps the new address; a move that a colleague wrote down meanwhile is shown first."""
    said = Said(form)
    told = {name: said.words(name, length_max=LINE_MAX) for name in ADDRESS}
    told["postcode"] = told["postcode"].replace(" ", "").upper()
    async with database.transaction() as tx:
        family_id, family, programme = await _open(tx, page, actor, trajectory_id, now=now, lock=True)
        told["area"] = said.code("area", [area.code for area in programme.areas]) or ""
        if only_language(form):
            return page("move_form.html", _moving(trajectory_id, programme, told, seen=said.text("seen")))
        address = _address(told, said) if not said.errors else None
        if address is None:
            values = _moving(trajectory_id, programme, told, seen=said.text("seen"), errors=said.errors)
            return page("move_form.html", values, status=400)
        command = MoveFamily(family_id=family_id, address=address, seen=said.text("seen"))
        outcome = await handlers.move_family(tx, command, now=now, by=actor.person)
    if isinstance(outcome, Refused):
        there = [getattr(family, name) for name in (*ADDRESS, "area")]
        values = _moving(trajectory_id, programme, told, seen=handlers.address_mark(family), refused=outcome.code)
        return page("move_form.html", values | {"there": _listed(there)}, status=409)
    return saved_in_dossier(trajectory_id)


@router.get("/bereikbaar/{trajectory_id}")
async def show_contact(trajectory_id: UUID, actor: Changer, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        _, family, programme = await _open(tx, page, actor, trajectory_id, now=now)
    told = {
        "phone": family.phone or "",
        "email": family.email or "",
        "languages": list(family.languages),
        "interpreter": family.interpreter,
    }
    return page(
        "contact_form.html",
        _reaching(trajectory_id, programme, told, seen=handlers.contact_mark(handlers.contact_of(family))),
    )


@router.post("/bereikbaar/{trajectory_id}")
async def change_contact(
    trajectory_id: UUID, actor: Changer, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    told: dict[str, Any] = {
        "phone": said.words("phone", length_max=LINE_MAX, required=False),
        "email": said.words("email", length_max=LINE_MAX * 2, required=False),
        "languages": [str(code) for code in form.getlist("languages")],
        "interpreter": said.has("interpreter"),
    }
    async with database.transaction() as tx:
        family_id, family, programme = await _open(tx, page, actor, trajectory_id, now=now, lock=True)
        known = {OTHER_LANGUAGE, *(each.code for each in programme.languages), *family.languages}
        told["languages"] = [code for code in told["languages"] if code in known]
        if only_language(form):
            return page("contact_form.html", _reaching(trajectory_id, programme, told, seen=said.text("seen")))
        if told["phone"] != (family.phone or "") and number_fault(told["phone"]) == "wrong-length":
            said.errors.setdefault("phone", "phone-wrong-length")
        if not told["languages"]:
            said.errors["languages"] = "missing"
        contact = _contact(told, said, family)
        if contact is None or said.errors:
            values = _reaching(trajectory_id, programme, told, seen=said.text("seen"), errors=said.errors)
            return page("contact_form.html", values, status=400)
        command = ChangeContact(family_id=family_id, contact=contact, seen=said.text("seen"))
        outcome = await handlers.change_contact(tx, command, now=now, by=actor.person)
    if isinstance(outcome, Refused):
        known_now = handlers.contact_of(family)
        values = _reaching(trajectory_id, programme, told, seen=handlers.contact_mark(known_now), refused=outcome.code)
        names = dict(values["language_options"])
        there = [known_now.phone, known_now.email, *(names.get(code, code) for code in known_now.languages)]
        return page("contact_form.html", values | {"there": _listed(there)}, status=409)
    return saved_in_dossier(trajectory_id)


async def _open(
    tx: Transaction, page: Page, actor: Actor, trajectory_id: UUID, *, now: datetime, lock: bool = False
) -> tuple[UUID, Any, Programme]:
    scope = await must_read(tx, actor, Permission.CHANGE_FAMILY, what="contact", now=now, trajectory_id=trajectory_id)
    enrolment = await store.enrolment_by_trajectory(tx, trajectory_id)
    family = await store.family_by_id(tx, scope.family_id, lock=lock) if scope.family_id else None
    if scope.family_id is None or enrolment is None or family is None or family.erased_at is not None:
        raise Problem(404, "unknown-family")
    programme = in_language(load(enrolment.programme, enrolment.programme_version), page.language)
    return scope.family_id, family, programme


def _address(told: dict[str, str], said: Said) -> Address | None:
    try:
        return Address(**told)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            said.errors[str(item["loc"][0])] = "not-this-form"
        return None


def _contact(told: dict[str, Any], said: Said, family: Any) -> Contact | None:
    kept = {"channel": family.contact_channel, "moment": family.contact_moment}
    try:
        return Contact(
            **kept
            | {
                "phone": told["phone"] or None,
                "email": told["email"] or None,
                "languages": tuple(told["languages"]),
                "interpreter": told["interpreter"],
            }
        )
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            said.errors.setdefault(str(item["loc"][0]), "not-this-form")
        return None


def _listed(there: list[str | None]) -> str:
    """What a colleague wrote down, to read."""
    return ", ".join(each for each in there if each)


def _moving(
    trajectory_id: UUID,
    programme: Programme,
    told: dict[str, str],
    *,
    seen: str,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
) -> dict[str, Any]:
    areas = [(area.code, area.name) for area in programme.areas]
    return {
        "trajectory_id": trajectory_id,
        "told": told,
        "areas": areas,
        "seen": seen,
        "errors": errors or {},
        "refused": refused,
    }


def _reaching(
    trajectory_id: UUID,
    programme: Programme,
    told: dict[str, Any],
    *,
    seen: str,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
) -> dict[str, Any]:
    languages = [(each.code, each.name) for each in programme.languages]
    languages += [(code, code) for code in told["languages"] if code not in {OTHER_LANGUAGE, *dict(languages)}]
    return {
        "trajectory_id": trajectory_id,
        "told": told,
        "language_options": languages,
        "other_language": OTHER_LANGUAGE,
        "seen": seen,
        "errors": errors or {},
        "refused": refused,
    }
