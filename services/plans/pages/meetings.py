"""Meetings with the family: a review, a measurement, and the calls after letting go."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Column, select
from starlette.responses import Response

from programmes.schema import Instrument
from services.plans import handlers, store, tables
from services.plans.commands import NUMBER_MAX, WORDS_MAX, GiveAftercare, HoldReview, TakeMeasurement
from services.plans.domain import GoalState, Trajectory
from services.plans.pages.entry import ReviewWriter, opened, programme_of, refusal_of, themes_of
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

YES, NO = "yes", "no"
ANSWERS = (YES, NO)
DONE_BY: dict[Code, Column[UUID]] = {
    "held-already": tables.review.c.held_by,
    "taken-already": tables.measurement.c.taken_by,
    "given-already": tables.aftercare.c.given_by,
}
"""What is refused because it was done, and the column that says by whom."""

router = APIRouter()


@router.get("/evaluaties/{trajectory_id}")
async def show_review(
    trajectory_id: UUID, actor: ReviewWriter, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="review", now=now)
        shown = await _review(tx, page, trajectory)
    return _page(page, "review_form.html", shown, {"ready": "", "notes": "", "number": shown["number"]})


@router.post("/evaluaties/{trajectory_id}")
async def hold_review(
    trajectory_id: UUID, actor: ReviewWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    number = said.number("number", least=1, most=NUMBER_MAX) or 1
    ready = said.code("ready", ANSWERS)
    notes = said.words("notes", length_max=WORDS_MAX, required=False)
    told = {"ready": said.text("ready"), "notes": notes, "number": number}
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="review", now=now)
        shown = await _review(tx, page, trajectory)
        if only_language(form):
            return _page(page, "review_form.html", shown, told)
        if said.errors:
            return _page(page, "review_form.html", shown, told, errors=said.errors, status=400)
        command = HoldReview(
            trajectory_id=trajectory_id, number=number, ready_to_let_go=ready == YES, notes=notes or None
        )
        outcome = await handlers.hold_review(tx, command, actor=actor, now=now)
        refused = await _refusal(tx, outcome, command, actor)
    if refused:
        return _page(page, "review_form.html", shown, told, refused=refused, status=409)
    return saved_in_dossier(trajectory_id)


@router.get("/metingen/{trajectory_id}")
async def show_measurement(
    request: Request, trajectory_id: UUID, actor: ReviewWriter, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="measurement", now=now)
        shown = await _measurement(tx, page, trajectory, request.query_params.get("lijst"))
    return _page(page, "measurement_form.html", shown, {"scores": {}, "number": shown["number"]})


@router.post("/metingen/{trajectory_id}")
async def take_measurement(
    trajectory_id: UUID, actor: ReviewWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    number = said.number("number", least=1, most=NUMBER_MAX) or 1
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="measurement", now=now)
        shown = await _measurement(tx, page, trajectory, said.text("instrument"))
        instrument: Instrument = shown["instrument"]
        scores = {
            each.code: said.number(f"score-{each.code}", least=instrument.minimum, most=instrument.maximum)
            for each in instrument.dimensions
        }
        told = {"scores": scores, "number": number}
        if only_language(form):
            return _page(page, "measurement_form.html", shown, told)
        if said.errors:
            return _page(page, "measurement_form.html", shown, told, errors=said.errors, status=400)
        command = TakeMeasurement(
            trajectory_id=trajectory_id,
            number=number,
            instrument=instrument.code,
            scores={code: score for code, score in scores.items() if score is not None},
        )
        outcome = await handlers.take_measurement(tx, command, actor=actor, now=now)
        refused = await _refusal(tx, outcome, command, actor)
    if refused:
        return _page(page, "measurement_form.html", shown, told, refused=refused, status=409)
    return saved_in_dossier(trajectory_id)


@router.get("/nazorg/{trajectory_id}")
async def show_aftercare(
    trajectory_id: UUID, actor: ReviewWriter, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="aftercare", now=now)
        shown = await _aftercare(tx, trajectory)
    return _page(page, "aftercare_form.html", shown, {"reached": ""})


@router.post("/nazorg/{trajectory_id}")
async def give_aftercare(
    trajectory_id: UUID, actor: ReviewWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    number = said.number("number", least=1, most=NUMBER_MAX) or 1
    reached = said.code("reached", ANSWERS)
    told = {"reached": said.text("reached")}
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_REVIEWS, trajectory_id, what="aftercare", now=now)
        shown = await _aftercare(tx, trajectory)
        if only_language(form):
            return _page(page, "aftercare_form.html", shown, told)
        if said.errors:
            return _page(page, "aftercare_form.html", shown, told, errors=said.errors, status=400)
        command = GiveAftercare(trajectory_id=trajectory_id, number=number, reached=reached == YES)
        outcome = await handlers.give_aftercare(tx, command, actor=actor, now=now)
        refused = await _refusal(tx, outcome, command, actor)
    if refused:
        return _page(page, "aftercare_form.html", shown, told, refused=refused, status=409)
    return saved_in_dossier(trajectory_id)


async def _review(tx: Transaction, page: Page, trajectory: Trajectory) -> dict[str, Any]:
    reviews = await store.reviews(tx, trajectory.id)
    goals = [goal for goal in await store.goals(tx, trajectory.id) if goal.state is GoalState.OPEN]
    due = next((each for each in reviews if each.held_on is None), None)
    return {
        "trajectory_id": trajectory.id,
        "number": due.number if due else len(reviews) + 1,
        "due_on": due.due_on if due else None,
        "last": next((each for each in reversed(reviews) if each.held_on is not None), None),
        "goals": goals,
        "goal_themes": themes_of(trajectory, page),
    }


async def _measurement(tx: Transaction, page: Page, trajectory: Trajectory, code: str | None) -> dict[str, Any]:
    instruments = programme_of(trajectory, page).instruments
    before = await store.measurements(tx, trajectory.id)
    due = next((each for each in before if each.taken_on is None), None)
    return {
        "trajectory_id": trajectory.id,
        "number": due.number if due else len(before) + 1,
        "instruments": instruments,
        "instrument": next((each for each in instruments if each.code == code), instruments[0]),
    }


async def _aftercare(tx: Transaction, trajectory: Trajectory) -> dict[str, Any]:
    calls = await store.aftercare_of(tx, trajectory.id)
    return {
        "trajectory_id": trajectory.id,
        "calls": calls,
        "due": next((call for call in calls if call.given_on is None), None),
    }


async def _refusal(
    tx: Transaction, outcome: object, command: HoldReview | TakeMeasurement | GiveAftercare, actor: Actor
) -> Code | None:
    """Why it was refused; a second click of the very person who did it already says nothing new, and is no refusal."""
    refused = refusal_of(outcome)
    done_by = DONE_BY.get(refused or "")
    if done_by is None:
        return refused
    table = done_by.table
    query = select(done_by).where(table.c.trajectory_id == command.trajectory_id, table.c.number == command.number)
    return None if (await tx.execute(query)).scalar_one_or_none() == actor.person else refused


def _page(
    page: Page,
    template: str,
    shown: dict[str, Any],
    told: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    return page(template, {**shown, "told": told, "errors": errors or {}, "refused": refused}, status=status)
