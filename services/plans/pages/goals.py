"""One goal: steps toward it, and whether it is reached, or the family wants something else."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.responses import Response

from services.plans import handlers, store
from services.plans.commands import WORDS_MAX, AddStep, DropGoal, MarkStepDone, ReachGoal
from services.plans.domain import GoalState, Trajectory, Who
from services.plans.pages.entry import PlanWorker, PlanWriter, opened, refusal_of, themes_of, titles_of
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.scopes import may_see
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier, see_other
from services.shared.web import DatabaseOf, Now

router = APIRouter()


@router.get("/doelen/{trajectory_id}/{goal_id}")
async def show(
    trajectory_id: UUID, goal_id: UUID, actor: PlanWorker, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WORK_ON_PLAN, trajectory_id, what="plan", now=now)
        shown = await _shown(tx, page, trajectory, goal_id)
        shown["may_drop"] = await may_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=trajectory_id)
    return _page(page, shown)


@router.post("/doelen/{trajectory_id}/{goal_id}/stappen")
async def add_step(
    trajectory_id: UUID, goal_id: UUID, actor: PlanWorker, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    step_id = said.id()
    words = said.words("words", length_max=WORDS_MAX)
    who = said.option("who", Who)
    by = said.day("by", required=False)
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WORK_ON_PLAN, trajectory_id, what="plan", now=now)
        shown = await _shown(tx, page, trajectory, goal_id)
        shown["may_drop"] = await may_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=trajectory_id)
        told = {"words": words, "who": said.text("who"), "by": said.text("by"), "key": step_id}
        if only_language(form):
            return _page(page, shown, told)
        if said.errors or who is None:
            if shown["goal"].state is not GoalState.OPEN:
                # It ended meanwhile: the form with what is wrong is no longer on its page.
                return _page(page, shown, told, refused="goal-ended", status=409)
            return _page(page, shown, told, errors=said.errors, status=400)
        command = AddStep(trajectory_id=trajectory_id, step_id=step_id, goal_id=goal_id, words=words, who=who, by=by)
        refused = refusal_of(await handlers.add_step(tx, command, actor=actor, now=now))
    if refused:
        return _page(page, shown, told, refused=refused, status=409)
    return see_other(f"/plans/doelen/{trajectory_id}/{goal_id}")


@router.post("/doelen/{trajectory_id}/{goal_id}/stappen/{step_id}/klaar")
async def finish_step(
    trajectory_id: UUID,
    goal_id: UUID,
    step_id: UUID,
    actor: PlanWorker,
    form: FormOf,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WORK_ON_PLAN, trajectory_id, what="plan", now=now)
        command = MarkStepDone(trajectory_id=trajectory_id, step_id=step_id)
        refused = refusal_of(await handlers.mark_step_done(tx, command, actor=actor, now=now))
        shown = await _shown(tx, page, trajectory, goal_id)
    if refused:
        return _page(page, {**shown, "may_drop": False}, refused=refused, status=409)
    return see_other(f"/plans/doelen/{trajectory_id}/{goal_id}")


@router.post("/doelen/{trajectory_id}/{goal_id}/bereikt")
async def reach(
    trajectory_id: UUID, goal_id: UUID, actor: PlanWorker, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WORK_ON_PLAN, trajectory_id, what="plan", now=now)
        command = ReachGoal(trajectory_id=trajectory_id, goal_id=goal_id)
        refused = refusal_of(await handlers.reach_goal(tx, command, actor=actor, now=now))
        shown = await _shown(tx, page, trajectory, goal_id)
    return _ended(page, trajectory_id, shown, refused)


@router.post("/doelen/{trajectory_id}/{goal_id}/losgelaten")
async def drop(
    trajectory_id: UUID, goal_id: UUID, actor: PlanWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_PLAN, trajectory_id, what="plan", now=now)
        command = DropGoal(trajectory_id=trajectory_id, goal_id=goal_id)
        refused = refusal_of(await handlers.drop_goal(tx, command, actor=actor, now=now))
        shown = await _shown(tx, page, trajectory, goal_id)
    return _ended(page, trajectory_id, shown, refused)


def _ended(page: Page, trajectory_id: UUID, shown: dict[str, object], refused: str | None) -> Response:
    if refused:
        return _page(page, {**shown, "may_drop": False}, refused=refused, status=409)
    return saved_in_dossier(trajectory_id)


async def _shown(tx: Transaction, page: Page, trajectory: Trajectory, goal_id: UUID) -> dict[str, Any]:
    goals = await store.goals(tx, trajectory.id)
    goal = next((each for each in goals if each.id == goal_id), None)
    if goal is None:
        raise Problem(404, "unknown-goal")
    steps = [step for step in await store.steps(tx, trajectory.id) if step.goal_id == goal_id]
    return {
        "trajectory_id": trajectory.id,
        "goal": goal,
        "steps": steps,
        "goal_themes": themes_of(trajectory, page),
        "titles": titles_of(trajectory, page),
    }


def _page(
    page: Page,
    shown: dict[str, object],
    told: dict[str, object] | None = None,
    *,
    errors: dict[str, str] | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    filled = told or {"words": "", "who": "", "by": "", "key": uuid4()}
    values = {
        **shown,
        "told": filled,
        "errors": errors or {},
        "refused": refused,
        "kinds": [each.value for each in Who],
    }
    return page("goal_page.html", values, status=status)
