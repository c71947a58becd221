"""Organisations that can be paid: the controller's list, and the form to add or change one."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.budget import handlers, store
from services.budget.commands import RegisterPayee
from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Keeper = Annotated[Actor, Depends(allowed(Permission.KEEP_PAYEES))]
FIELDS = ("name", "iban", "town", "country")
CHANGED = "changed-by-another"


@router.get("/ontvangers")
async def list_payees(actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        payees = await store.payees_today(tx)
    return page("payees.html", {"payees": payees})


@router.get("/ontvangers/nieuw")
async def blank(actor: Keeper, page: PageOf) -> Response:
    values = {"name": "", "iban": "", "town": "", "country": "NL"}
    return page("payee.html", {"key": uuid4(), "version": 0, "values": values, "errors": {}, "known": None})


@router.get("/ontvangers/{payee_id}")
async def show(payee_id: UUID, actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        known = await store.payee_today(tx, payee_id)
    if known is None:
        raise Problem(404, "not-found")
    values = {name: getattr(known, name) for name in FIELDS}
    shown = {"key": payee_id, "version": known.version, "values": values, "errors": {}, "known": None}
    return page("payee.html", shown)


@router.post("/ontvangers/{payee_id}")
async def save(payee_id: UUID, form: FormOf, actor: Keeper, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Whoever saves over another's change is shown that change first."""
    texts = {name: str(form.get(name, "")).strip() for name in FIELDS}
    seen = str(form.get("version", ""))
    shown = {"key": payee_id, "version": seen, "values": texts, "errors": {}, "known": None}
    try:
        command = RegisterPayee.model_validate({"payee_id": payee_id} | texts)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
        return page("payee.html", shown | {"errors": {name: f"{name}-invalid" for name in wrong}}, status=400)
    async with database.transaction() as tx:
        known = await store.payee_today(tx, payee_id)
        version = known.version if known else 0
        same = known is not None and all(getattr(known, name) == getattr(command, name) for name in FIELDS)
        if seen != str(version) and not same:
            return page("payee.html", shown | {"version": version, "known": known}, status=409)
        await handlers.register_payee(tx, command, by=actor.person, now=now)
    return see_other("/budget/ontvangers")
