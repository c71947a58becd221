"""A plan is drafted with the family, agreed by it, and changed by agreeing a new version."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from services.plans import store, tables
from services.plans.commands import GOALS_MAX, AddGoal, AgreePlan, DraftPlan, NewGoal
from services.plans.contracts import Done
from services.plans.domain import Change, GoalState, PlanState, Trajectory
from services.plans.events import PlanAgreed
from services.plans.handlers.entry import open_for_work, remember
from services.plans.store import Goal, Plan
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import stable_id


@dataclass(frozen=True, kw_only=True)
class PlanSeen:
    """The plan as it stands now; `mark` tells two states of it apart."""

    newest: Plan | None
    goals: Sequence[Goal]

    @property
    def mark(self) -> str:
        """Empty while there is no plan."""
        if self.newest is None:
            return ""
        return hashlib.sha256(repr((self.newest, self.goals)).encode()).hexdigest()

    @property
    def draft(self) -> Plan | None:
        return self.newest if self.newest and self.newest.state is PlanState.DRAFT else None

    def holds(self, told: DraftPlan, *, agreed: bool = False) -> bool:
        """Whether this is what stands in the draft, or in what was agreed: somebody sent it twice."""
        plan = self.newest if agreed else self.draft
        if plan is None or agreed != (plan.state is PlanState.AGREED):
            return False
        if (plan.situation, plan.wishes) != (told.situation, told.wishes):
            return False
        there = [goal for goal in self.goals if goal.state is GoalState.OPEN]
        first, below = there[: len(told.goals)], there[len(told.goals) :]
        if [goal.id for goal in first] != [new.goal_id for new in told.goals]:
            return False
        # What was agreed before keeps its words, whatever was told of it, and stays where nobody named it.
        own = {goal.id: (goal.words, goal.theme) for goal in there if goal.version == plan.version}
        if any(goal.id in own for goal in below):
            return False
        return all(own.get(new.goal_id) in (None, (new.words, new.theme)) for new in told.goals)


async def draft_plan(tx: Transaction, command: DraftPlan, *, actor: Actor, now: datetime) -> Done | Refused:
    """Write the draft of the next version, or write it anew.

    Goals of the draft that are not named any more are gone; agreed goals that are not named stay, below those that are.
    Refused: trajectory-closed, changed-meanwhile when another plan was seen than there is, unknown-theme,
    too-many-goals, named-twice, goal-of-another-family.
    """
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    seen = await plan_seen(tx, trajectory.id)
    if seen.holds(command):
        return Done(changed=False)
    if command.seen != seen.mark:
        return Refused("changed-meanwhile")
    version = _draft_version(seen.newest)
    known = seen.goals
    named = [new.goal_id for new in command.goals]
    left = [goal for goal in known if goal.id not in named and goal.version == version]
    kept = [goal for goal in known if goal.id not in named and goal not in left]
    refused = await _refuse_goals(tx, trajectory, command.goals, kept=kept)
    if refused is not None:
        return refused
    await _write_draft(tx, trajectory, version, situation=command.situation, wishes=command.wishes, now=now)
    gone = [goal.id for goal in left]
    await tx.execute(delete(tables.plan_step).where(tables.plan_step.c.goal_id.in_(gone)))
    await tx.execute(delete(tables.goal).where(tables.goal.c.id.in_(gone)))
    for weight, new in enumerate(command.goals, start=1):
        await _put_goal(tx, trajectory, new, version=version, weight=weight)
    for weight, goal in enumerate(kept, start=len(named) + 1):
        await tx.execute(update(tables.goal).where(tables.goal.c.id == goal.id).values(weight=weight))
    await remember(tx, trajectory.id, Change.PLAN_DRAFTED, now=now, by=actor, number=version)
    return Done(changed=True)


async def add_goal(tx: Transaction, command: AddGoal, *, actor: Actor, now: datetime) -> Done | Refused:
    """One goal more, lowest on the list, in a draft that the family has yet to agree to.

    Refused: as draft_plan, and no-plan when there is nothing to add to.
    """
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    newest = await _newest(tx, trajectory)
    if newest is None:
        return Refused("no-plan")
    known = await store.goals(tx, trajectory.id)
    if any(goal.id == command.goal.goal_id for goal in known):
        return Done(changed=False)
    refused = await _refuse_goals(tx, trajectory, [command.goal], kept=known)
    if refused is not None:
        return refused
    version = _draft_version(newest)
    if newest.state is not PlanState.DRAFT:
        await _write_draft(tx, trajectory, version, situation=newest.situation, wishes=newest.wishes, now=now)
    lowest = max((goal.weight for goal in known), default=0)
    await _put_goal(tx, trajectory, command.goal, version=version, weight=lowest + 1)
    await remember(tx, trajectory.id, Change.GOAL_ADDED, now=now, by=actor, number=version)
    return Done(changed=True)


async def agree_plan(tx: Transaction, command: AgreePlan, *, actor: Actor, now: datetime) -> Done | Refused:
    """The family agrees to the draft that it saw; from now on this version is its plan.

    Refused: trajectory-closed; nothing-to-agree; not-this-version when the draft has changed since.
    """
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    newest = await _newest(tx, trajectory)
    if newest is None:
        return Refused("nothing-to-agree")
    if newest.version != command.version:
        return Refused("not-this-version")
    if newest.state is PlanState.AGREED:
        return Done(changed=False)
    mine = tables.plan.c.trajectory_id == trajectory.id
    await tx.execute(
        update(tables.plan).where(mine, tables.plan.c.state == PlanState.AGREED).values(state=PlanState.REPLACED)
    )
    await tx.execute(
        update(tables.plan)
        .where(mine, tables.plan.c.version == newest.version)
        .values(state=PlanState.AGREED, agreed_on=local_date(now), agreed_with=actor.person)
    )
    await remember(tx, trajectory.id, Change.PLAN_AGREED, now=now, by=actor, number=newest.version)
    goals = sum(goal.state is GoalState.OPEN for goal in await store.goals(tx, trajectory.id))
    await tx.publish(
        PlanAgreed(
            trajectory_id=trajectory.id,
            plan_id=stable_id("plan", trajectory.id),
            version=newest.version,
            goals=goals,
        ),
        now=now,
    )
    return Done(changed=True)


async def plan_seen(tx: Transaction, trajectory_id: UUID) -> PlanSeen:
    plans = await store.plans(tx, trajectory_id)
    return PlanSeen(newest=next(iter(plans), None), goals=await store.goals(tx, trajectory_id))


async def _newest(tx: Transaction, trajectory: Trajectory) -> Plan | None:
    return next(iter(await store.plans(tx, trajectory.id)), None)


def _draft_version(newest: Plan | None) -> int:
    """The version of the draft: the open one, or else the next."""
    if newest is None:
        return 1
    return newest.version if newest.state is PlanState.DRAFT else newest.version + 1


async def _refuse_goals(
    tx: Transaction, trajectory: Trajectory, new: Sequence[NewGoal], *, kept: Sequence[Goal]
) -> Refused | None:
    programme = load(trajectory.programme, trajectory.programme_version)
    themes = {domain.code for domain in programme.goal_domains}
    unknown = tuple(sorted({goal.theme for goal in new if goal.theme not in themes}))
    if unknown:
        return Refused("unknown-theme", unknown)
    ids = {goal.goal_id for goal in new}
    if len(ids) < len(new):
        return Refused("named-twice")
    if len(new) + sum(goal.state is GoalState.OPEN for goal in kept) > GOALS_MAX:
        return Refused("too-many-goals")
    elsewhere = select(func.count()).where(tables.goal.c.id.in_(ids), tables.goal.c.trajectory_id != trajectory.id)
    if (await tx.execute(elsewhere)).scalar_one():
        return Refused("goal-of-another-family")
    return None


async def _write_draft(
    tx: Transaction,
    trajectory: Trajectory,
    version: int,
    *,
    situation: str | None,
    wishes: str | None,
    now: datetime,
) -> None:
    texts = {"situation": situation, "wishes": wishes, "drafted_on": local_date(now)}
    draft = insert(tables.plan).values(trajectory_id=trajectory.id, version=version, state=PlanState.DRAFT, **texts)
    await tx.execute(
        draft.on_conflict_do_update(index_elements=[tables.plan.c.trajectory_id, tables.plan.c.version], set_=texts)
    )


async def _put_goal(tx: Transaction, trajectory: Trajectory, new: NewGoal, *, version: int, weight: int) -> None:
    """A new goal of this draft; one that was agreed keeps its words and theme and gets its new place."""
    row = insert(tables.goal).values(
        id=new.goal_id,
        trajectory_id=trajectory.id,
        version=version,
        weight=weight,
        theme=new.theme,
        words=new.words,
        state=GoalState.OPEN,
    )
    in_draft = tables.goal.c.version == version
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=[tables.goal.c.id],
            set_={
                "weight": weight,
                "theme": case((in_draft, new.theme), else_=tables.goal.c.theme),
                "words": case((in_draft, new.words), else_=tables.goal.c.words),
            },
        )
    )
