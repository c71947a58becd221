"""Goals are reached or dropped; steps are agreed and done."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.plans import store, tables
from services.plans.commands import STEPS_MAX, AddStep, DropGoal, MarkStepDone, ReachGoal
from services.plans.contracts import Done
from services.plans.domain import Change, GoalState
from services.plans.events import GoalReached
from services.plans.handlers.entry import open_for_work, remember
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused


async def reach_goal(tx: Transaction, command: ReachGoal, *, actor: Actor, now: datetime) -> Done | Refused:
    """What the family wanted is there; told once. Refused: trajectory-closed, unknown-goal, goal-dropped."""
    return await _end_goal(tx, command, GoalState.REACHED, actor=actor, now=now)


async def drop_goal(tx: Transaction, command: DropGoal, *, actor: Actor, now: datetime) -> Done | Refused:
    """The family does not want this any more. Refused: trajectory-closed, unknown-goal, goal-reached."""
    return await _end_goal(tx, command, GoalState.DROPPED, actor=actor, now=now)


async def _end_goal(
    tx: Transaction, command: ReachGoal | DropGoal, state: GoalState, *, actor: Actor, now: datetime
) -> Done | Refused:
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    goal = next((goal for goal in await store.goals(tx, trajectory.id) if goal.id == command.goal_id), None)
    if goal is None:
        return Refused("unknown-goal")
    if goal.state is state:
        return Done(changed=False)
    if goal.state is not GoalState.OPEN:
        return Refused(f"goal-{goal.state}")
    ended = {"state": state, "ended_on": local_date(now)}
    await tx.execute(update(tables.goal).where(tables.goal.c.id == goal.id).values(ended))
    reached = state is GoalState.REACHED
    what = Change.GOAL_REACHED if reached else Change.GOAL_DROPPED
    await remember(tx, trajectory.id, what, now=now, by=actor, reason=goal.theme)
    if reached:
        await tx.publish(GoalReached(trajectory_id=trajectory.id, goal_id=goal.id, theme=goal.theme), now=now)
    return Done(changed=True)


async def add_step(tx: Transaction, command: AddStep, *, actor: Actor, now: datetime) -> Done | Refused:
    """Who does what, by when, toward a goal. Refused: trajectory-closed, unknown-goal, goal-ended, too-many-steps."""
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    goal = next((goal for goal in await store.goals(tx, trajectory.id) if goal.id == command.goal_id), None)
    if goal is None:
        return Refused("unknown-goal")
    if goal.state is not GoalState.OPEN:
        return Refused("goal-ended")
    steps = [step for step in await store.steps(tx, trajectory.id) if step.goal_id == goal.id]
    if len(steps) >= STEPS_MAX:
        return Refused("too-many-steps")
    added = await tx.execute(
        insert(tables.plan_step)
        .values(
            id=command.step_id,
            trajectory_id=trajectory.id,
            goal_id=goal.id,
            words=command.words,
            who=command.who,
            by_date=command.by,
        )
        .on_conflict_do_nothing()
        .returning(tables.plan_step.c.id)
    )
    if added.first() is None:
        return Done(changed=False)
    await remember(tx, trajectory.id, Change.STEP_ADDED, now=now, by=actor)
    return Done(changed=True)


async def mark_step_done(tx: Transaction, command: MarkStepDone, *, actor: Actor, now: datetime) -> Done | Refused:
    """A step was taken. Refused: trajectory-closed, unknown-step."""
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    step = next((step for step in await store.steps(tx, trajectory.id) if step.id == command.step_id), None)
    if step is None:
        return Refused("unknown-step")
    if step.done_on is not None:
        return Done(changed=False)
    done = {"done_on": local_date(now)}
    await tx.execute(update(tables.plan_step).where(tables.plan_step.c.id == step.id).values(done))
    await remember(tx, trajectory.id, Change.STEP_DONE, now=now, by=actor)
    return Done(changed=True)
