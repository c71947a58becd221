"""What the family answers: which tandem it wants to try, none of these, and after the trial yes or somebody else."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.load import load
from programmes.words import in_language
from services.matching import handlers, store
from services.matching.commands import ChooseTandem, DeclineTandem, EvaluateTrial
from services.matching.contracts import Done
from services.matching.domain import TandemState
from services.matching.events import TrialOutcome
from services.matching.pages.people import titles_of
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.readings import must_read
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

NONE_OF_THESE = "none"

router = APIRouter()

Matches = Annotated[Actor, Depends(allowed(Permission.MATCH))]


class DeclineReason(StrEnum):
    """Why a family wants none of these."""

    NO_CLICK = "no-click"
    KNOWN_PERSON = "known-person"
    OTHER_LANGUAGE = "other-language"
    OTHER_MOMENTS = "other-moments"
    OTHER = "other"


@router.get("/keuze/{trajectory_id}")
async def show_choice(trajectory_id: UUID, actor: Matches, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        shown = await _choice(tx, actor, trajectory_id, language=page.language, now=now)
    return _page(page, "choice_form.html", shown, {"tandem": "", "reason": ""})


@router.post("/keuze/{trajectory_id}")
async def choose(
    trajectory_id: UUID, actor: Matches, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    told = {"tandem": said.text("tandem"), "reason": said.text("reason")}
    async with database.transaction() as tx:
        shown = await _choice(tx, actor, trajectory_id, language=page.language, now=now)
        if only_language(form):
            return _page(page, "choice_form.html", shown, told)
        if not told["tandem"]:
            said.errors["tandem"] = "missing"
        reason = said.option("reason", DeclineReason) if told["tandem"] == NONE_OF_THESE else None
        if said.errors:
            return _page(page, "choice_form.html", shown, told, errors=said.errors, status=400)
        outcome: Done | Refused
        if reason is not None:
            decline = DeclineTandem(trajectory_id=trajectory_id, reason=reason.value)
            outcome = await handlers.decline_tandem(tx, decline, now=now, by=actor.person)
        else:
            choice = ChooseTandem(trajectory_id=trajectory_id, tandem_id=said.id("tandem"))
            outcome = await handlers.choose_tandem(tx, choice, now=now, by=actor.person)
    if isinstance(outcome, Refused):
        return _page(page, "choice_form.html", shown, told, refused=outcome.code, status=409)
    return saved_in_dossier(trajectory_id)


@router.get("/proef/{trajectory_id}")
async def show_trial(trajectory_id: UUID, actor: Matches, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        shown = await _trial(tx, actor, trajectory_id, language=page.language, now=now)
    return _page(page, "trial_form.html", shown, {"outcome": "", "unwanted": []})


@router.post("/proef/{trajectory_id}")
async def evaluate(
    trajectory_id: UUID, actor: Matches, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Keeps what family and tandem say; a second click on the same answer changes nothing more."""
    said = Said(form)
    outcome = said.option("outcome", TrialOutcome)
    unwanted = [str(each) for each in form.getlist("unwanted")]
    told = {"outcome": said.text("outcome"), "unwanted": unwanted}
    async with database.transaction() as tx:
        shown = await _trial(tx, actor, trajectory_id, language=page.language, now=now)
        if only_language(form):
            return _page(page, "trial_form.html", shown, told)
        if said.errors or outcome is None:
            return _page(page, "trial_form.html", shown, told, errors=said.errors, status=400)
        tandem = await store.tandem_of(tx, trajectory_id)
        confirmed = tandem is not None and tandem.state is TandemState.CONFIRMED
        if outcome is TrialOutcome.CONFIRMED and confirmed:
            return saved_in_dossier(trajectory_id)
        people = tandem.people if tandem else ()
        persons = tuple(person for person in people if str(person) in unwanted)
        command = EvaluateTrial(
            trajectory_id=trajectory_id,
            outcome=outcome,
            persons=persons if outcome is TrialOutcome.AGAIN else (),
        )
        answered = await handlers.evaluate_trial(tx, command, now=now, by=actor.person)
    if isinstance(answered, Refused):
        return _page(page, "trial_form.html", shown, told, refused=answered.code, status=409)
    return saved_in_dossier(trajectory_id)


async def _choice(
    tx: Transaction, actor: Actor, trajectory_id: UUID, *, language: str, now: datetime
) -> dict[str, Any]:
    await must_read(tx, actor, Permission.MATCH, what="proposal", now=now, trajectory_id=trajectory_id)
    proposal = await store.proposal_for(tx, trajectory_id)
    request = await store.open_request(tx, trajectory_id)
    programme = in_language(load(request.programme, request.programme_version), language) if request else None
    people = (
        await store.persons(tx, [each for option in proposal.options for each in option.people]) if proposal else {}
    )
    return {
        "trajectory_id": trajectory_id,
        "proposal": proposal,
        "titles": titles_of(programme) if programme else {},
        "people": people,
        "language_names": {each.code: each.name for each in programme.languages} if programme else {},
        "themes_known": {each.code: each.name for each in programme.goal_domains} if programme else {},
        "reasons": [each.value for each in DeclineReason],
    }


async def _trial(tx: Transaction, actor: Actor, trajectory_id: UUID, *, language: str, now: datetime) -> dict[str, Any]:
    await must_read(tx, actor, Permission.MATCH, what="tandem", now=now, trajectory_id=trajectory_id)
    tandem = await store.tandem_of(tx, trajectory_id)
    request = await store.open_request(tx, trajectory_id)
    on_trial = tandem is not None and tandem.state is TandemState.TRIAL and request is not None
    programme = in_language(load(request.programme, request.programme_version), language) if request else None
    return {
        "trajectory_id": trajectory_id,
        "tandem": tandem if on_trial else None,
        "titles": titles_of(programme) if programme else {},
    }


def _page(
    page: Page,
    template: str,
    shown: dict[str, Any],
    told: dict[str, Any],
    *,
    errors: dict[str, Code] | None = None,
    refused: Code | None = None,
    status: int = 200,
) -> Response:
    return page(template, {**shown, "told": told, "errors": errors or {}, "refused": refused}, status=status)
