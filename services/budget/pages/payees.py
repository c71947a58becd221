"""Organisations that can be paid: the controller's list, and the form to add or change one."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import Response

from programmes.words import in_language
from services.budget import handlers, proposals_store, store
from services.budget.commands import RegisterPayee
from services.budget.pages.asking import category_name, repeated
from services.budget.proposals_store import Proposal
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Keeper = Annotated[Actor, Depends(allowed(Permission.KEEP_PAYEES))]
FIELDS = ("name", "iban", "town", "country")
CHANGED = "changed-by-another"


@router.get("/ontvangers")
async def list_payees(actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        payees = await store.payees_today(tx)
        proposals = await proposals_store.waiting_proposals(tx)
    values = {"payees": payees, "proposals": proposals, "shared_accounts": repeated(each.iban for each in payees)}
    return page("payees.html", values)


@router.get("/ontvangers/nieuw")
async def blank(actor: Keeper, page: PageOf) -> Response:
    values = {"name": "", "iban": "", "town": "", "country": "NL"}
    return page(
        "payee.html",
        {"key": uuid4(), "version": 0, "values": values, "errors": {}, "known": None, "same_account": None},
    )


@router.get("/ontvangers/voorstel/{payee_id}")
async def show_proposal(payee_id: UUID, actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    """An organisation to check: what the asker filled in, and what it is for."""
    async with database.transaction() as tx:
        return await _proposal_page(tx, page, actor, payee_id)


@router.get("/panelen/voorstel/{payee_id}")
async def name_proposal(payee_id: UUID, actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    """A fragment for the task to check it: which organisation, and how much it would get."""
    async with database.transaction() as tx:
        found = await proposals_store.proposal_by_payee(tx, payee_id)
        if found is None:
            raise Problem(404, "not-found")
        organisation = await _organisation(tx, found)
    return page("payee_proposal_name.html", {"proposal": found, "organisation": organisation})


@router.post("/ontvangers/voorstel/{payee_id}")
async def answer_proposal(
    payee_id: UUID, form: FormOf, actor: Keeper, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Register it as it stands on the invoice, or send the request back with a reason."""
    texts = {name: str(form.get(name, "")).strip() for name in FIELDS}
    reason = str(form.get("reason", ""))
    async with database.transaction() as tx:
        answered: Proposal | Refused
        if only_language(form):
            return await _proposal_page(tx, page, actor, payee_id, values=texts, reason=reason)
        if form.get("answer") == "refuse":
            if reason not in set(handlers.RefusalReason):
                return await _proposal_page(tx, page, actor, payee_id, values=texts, errors={"reason": "choose-reason"})
            why = handlers.RefusalReason(reason)
            answered = await handlers.refuse_proposed(tx, payee_id, why, by=actor.person, now=now)
        else:
            try:
                command = RegisterPayee.model_validate({"payee_id": payee_id} | texts)
            except ValidationError as error:
                return await _proposal_page(
                    tx, page, actor, payee_id, values=texts, reason=reason, errors=_wrong(error)
                )
            answered = await handlers.register_proposed(tx, command, by=actor.person, now=now)
        if isinstance(answered, Refused):
            return await _proposal_page(tx, page, actor, payee_id, refused=answered.code)
    return see_other(f"/budget/ontvangers/voorstel/{payee_id}")


async def _proposal_page(
    tx: Transaction,
    page: Page,
    actor: Actor,
    payee_id: UUID,
    *,
    values: dict[str, str] | None = None,
    reason: str = "",
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
) -> Response:
    found = await proposals_store.proposal_by_payee(tx, payee_id)
    if found is None:
        raise Problem(404, "not-found")
    if errors and not found.is_waiting:
        # Somebody answered meanwhile: the form with what is wrong is no longer on its page.
        errors, refused = None, "proposal-answered"
    envelope = await store.envelope_of(tx, found.trajectory_id)
    definition = await store.definition(tx, found.programme, envelope.programme_version) if envelope else None
    known = await proposals_store.payee_by_iban(tx, found.iban)
    organisation = await _organisation(tx, found)
    shown = {
        "organisation": organisation,
        "proposal": found,
        "category": category_name(in_language(definition, page.language), found.category) if definition else "",
        "known": known if known is not None and found.is_waiting else None,
        "reason": reason,
        "own": found.proposed_by == actor.person,
        "values": values or {"name": found.name, "iban": found.iban, "town": found.town, "country": "NL"},
        "reasons": [each.value for each in handlers.RefusalReason],
        "errors": errors or {},
        "refused": refused,
    }
    return page("payee_proposal.html", shown, status=400 if errors else 409 if refused else 200)


async def _organisation(tx: Transaction, found: Proposal) -> Proposal | store.Payee:
    """The organisation as it is paid: as it was registered, and until then as it was proposed."""
    asked = await store.request_of(tx, found.request_id)
    registered = await store.payee_at(tx, asked.payee_id, asked.payee_version) if asked is not None else None
    return registered or found


@router.get("/ontvangers/{payee_id}")
async def show(payee_id: UUID, actor: Keeper, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        known = await store.payee_today(tx, payee_id)
    if known is None:
        raise Problem(404, "not-found")
    values = {name: getattr(known, name) for name in FIELDS}
    shown = {
        "key": payee_id,
        "version": known.version,
        "values": values,
        "errors": {},
        "known": None,
        "same_account": None,
    }
    return page("payee.html", shown)


@router.post("/ontvangers/{payee_id}")
async def save(payee_id: UUID, form: FormOf, actor: Keeper, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Whoever saves over another's change is shown that change first. An account stands in the list once."""
    texts = {name: str(form.get(name, "")).strip() for name in FIELDS}
    seen = str(form.get("version", ""))
    shown = {"key": payee_id, "version": seen, "values": texts, "errors": {}, "known": None, "same_account": None}
    if only_language(form):
        return page("payee.html", shown)
    try:
        command = RegisterPayee.model_validate({"payee_id": payee_id} | texts)
    except ValidationError as error:
        return page("payee.html", shown | {"errors": _wrong(error)}, status=400)
    async with database.transaction() as tx:
        known = await store.payee_today(tx, payee_id)
        version = known.version if known else 0
        same = known is not None and all(getattr(known, name) == getattr(command, name) for name in FIELDS)
        other = await proposals_store.payee_by_iban(tx, command.iban)
        if other is not None and other.payee_id != payee_id and (known is None or known.iban != command.iban):
            wrong: dict[str, object] = {"errors": {"iban": "account-known"}, "same_account": other}
            return page("payee.html", shown | wrong, status=400)
        if seen != str(version) and not same:
            return page("payee.html", shown | {"version": version, "known": known}, status=409)
        await handlers.register_payee(tx, command, by=actor.person, now=now)
    return see_other("/budget/ontvangers")


def _wrong(error: ValidationError) -> dict[str, Code]:
    """What is wrong, by the field."""
    wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
    return {name: f"{name}-invalid" for name in FIELDS if name in wrong}
