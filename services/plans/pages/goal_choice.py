"""The goals of a family as another service's form or page shows them: money is asked for one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.plans import store
from services.plans.domain import GoalState, PlanState
from services.plans.pages.entry import PlanReader, opened
from services.plans.store import Goal
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.screens.web import PageOf
from services.shared.web import DatabaseOf, Now

router = APIRouter()


@router.get("/panelen/doelen/{trajectory_id}")
async def choose(
    trajectory_id: UUID,
    actor: PlanReader,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    chosen: Annotated[UUID | None, Query(alias="gekozen")] = None,
) -> Response:
    """A field named `goal` with the goals that are still open; `plan` says that there is no agreed plan yet."""
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.READ_PLAN, trajectory_id, what="goals", now=now)
        known = await _agreed_goals(tx, trajectory_id)
    goals = [each for each in known if each.state is GoalState.OPEN]
    return page("goal_choice.html", {"goals": goals, "has_plan": bool(known), "chosen": chosen})


@router.get("/panelen/doel/{trajectory_id}/{goal_id}")
async def show(
    trajectory_id: UUID, goal_id: UUID, actor: PlanReader, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """One goal in the family's own words, which stay as they are from when it agreed: whoever decides reads them."""
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.READ_PLAN, trajectory_id, what="goals", now=now)
        goal = next((each for each in await _agreed_goals(tx, trajectory_id) if each.id == goal_id), None)
    if goal is None:
        raise Problem(404, "unknown-goal")
    return page("goal_told.html", {"goal": goal})


async def _agreed_goals(tx: Transaction, trajectory_id: UUID) -> list[Goal]:
    """Goals that the family agreed to: the words of a draft still change."""
    drafts = {plan.version for plan in await store.plans(tx, trajectory_id) if plan.state is PlanState.DRAFT}
    return [goal for goal in await store.goals(tx, trajectory_id) if goal.version not in drafts]
