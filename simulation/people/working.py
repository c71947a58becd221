"""A supporter's work with a family: its plan, reviews, measurements, hours, and the calls afterwards."""

from datetime import timedelta
from random import Random
from uuid import UUID

from programmes.schema import Instrument
from services.desk.store import Task
from services.plans import handlers, store
from services.plans.commands import (
    AddStep,
    AgreePlan,
    DraftPlan,
    DropGoal,
    GiveAftercare,
    HoldReview,
    LogHours,
    MarkStepDone,
    NewGoal,
    ReachGoal,
    TakeMeasurement,
)
from services.plans.domain import GoalState, PlanState, TrajectoryState, Who
from services.plans.events import Contributor, Phase
from services.shared.access import Actor
from services.shared.outcomes import Refused
from services.shared.roles import Role
from simulation.people import rates
from simulation.people.world import World

MINUTES_AN_HOUR = 60
LOGGED_MINUTES_MAX = 1_440
WORKED_IN = (Phase.PLAN, Phase.WORKING_TOGETHER, Phase.LETTING_GO)
WISHES = (
    "Elke maand rondkomen zonder rood te staan",
    "De kinderen gaan graag naar school en kunnen mee op reis",
    "Weer werk dat past bij de schooltijden",
    "Met mensen uit de buurt koffiedrinken",
)


async def make_plan(world: World, task: Task) -> None:
    """Goals in the family's own words, what weighs most first, with a first step each; then the family agrees."""
    if not world.is_day_for(task, rates.PLAN_DAYS) or await _has_agreed(world, task.subject_id):
        return
    trajectory_id, supporter = task.subject_id, world.supporter_of(task.subject_id)
    if await _draft(world, trajectory_id) is None:
        household = world.household(trajectory_id)
        wishes = world.chance.stream(trajectory_id, "wishes").sample(WISHES, len(WISHES))
        goals = tuple(
            NewGoal(goal_id=world.chance.identifier("goal", trajectory_id, theme), words=words, theme=theme)
            for theme, words in zip(household.themes, wishes, strict=False)
        )
        plan = DraftPlan(
            trajectory_id=trajectory_id,
            situation="Er is veel tegelijk aan de hand; de brieven blijven dicht.",
            wishes="Rust in huis en vooruit kunnen kijken.",
            goals=goals,
        )
        drafted = await world.act("plans", handlers.draft_plan, plan, actor=supporter, now=world.moment())
        if isinstance(drafted, Refused):
            return
        await _first_steps(world, trajectory_id, goals, supporter)
    if world.chance.happens(rates.CHANGES_ITS_MIND, task.id, "thinks it over"):
        later = world.day + world.chance.days(*rates.THINKING_DAYS, task.id, "thinking")
        if (task.id, "thinking") not in world.waiting_for:
            world.waiting_for.add((task.id, "thinking"))
            world.plan(later, lambda: agree(world, trajectory_id))
        return
    await agree(world, trajectory_id)


async def agree(world: World, trajectory_id: UUID) -> None:
    """The family agrees to the draft that it has read."""
    version = await _draft(world, trajectory_id)
    if version is not None:
        command = AgreePlan(trajectory_id=trajectory_id, version=version)
        member = world.member_of(trajectory_id)
        await world.act("plans", handlers.agree_plan, command, actor=member, now=world.moment())


async def hold_review(world: World, task: Task) -> None:
    """How does it go: goals that are reached or no longer wanted, steps done, and can the family go on by itself?"""
    if not world.is_day_for(task, rates.REVIEW_DAYS):
        return
    trajectory_id, supporter = task.subject_id, world.supporter_of(task.subject_id)
    stream = world.chance.stream(trajectory_id, "review", task.number)
    for goal in await world.see("plans", lambda tx: store.goals(tx, trajectory_id)):
        drawn = stream.random()
        if goal.state is not GoalState.OPEN:
            continue
        if drawn < rates.GOAL_REACHED_AT_REVIEW:
            reach = ReachGoal(trajectory_id=trajectory_id, goal_id=goal.id)
            await world.act("plans", handlers.reach_goal, reach, actor=supporter, now=world.moment())
        elif drawn > 1 - rates.GOAL_DROPPED_AT_REVIEW:
            drop = DropGoal(trajectory_id=trajectory_id, goal_id=goal.id)
            await world.act("plans", handlers.drop_goal, drop, actor=supporter, now=world.moment())
    for step in (await world.see("plans", lambda tx: store.steps(tx, trajectory_id)))[:1]:
        done = MarkStepDone(trajectory_id=trajectory_id, step_id=step.id)
        await world.act("plans", handlers.mark_step_done, done, actor=supporter, now=world.moment())
    ready = task.number >= rates.READY_AFTER_REVIEWS and stream.random() < rates.READY
    command = HoldReview(
        trajectory_id=trajectory_id,
        number=task.number,
        ready_to_let_go=ready,
        notes="Het gezin vertelt dat het rustiger is thuis.",
    )
    await world.act("plans", handlers.hold_review, command, actor=supporter, now=world.moment())


async def take_measurement(world: World, task: Task) -> None:
    """Answers with noise around a slow improvement, within the instrument's scale."""
    if not world.is_day_for(task, rates.MEASUREMENT_DAYS):
        return
    instrument = world.programme.instruments[0]
    stream = world.chance.stream(task.subject_id, "measurement", task.number)
    command = TakeMeasurement(
        trajectory_id=task.subject_id,
        number=task.number,
        instrument=instrument.code,
        scores=scores(instrument, task.number, stream),
    )
    supporter = world.supporter_of(task.subject_id)
    await world.act("plans", handlers.take_measurement, command, actor=supporter, now=world.moment())


def scores(instrument: Instrument, number: int, stream: Random) -> dict[str, int]:
    """A score for each dimension; better is higher, or lower where the dimension says so."""
    span = instrument.maximum - instrument.minimum
    answers = {}
    for dimension in instrument.dimensions:
        level = rates.MEASURED_START + rates.MEASURED_STEP * (number - 1) + stream.gauss(0, rates.MEASURED_NOISE)
        level = min(1.0, max(0.0, level))
        share = level if dimension.higher_is_better else 1 - level
        answers[dimension.code] = instrument.minimum + round(share * span)
    return answers


async def log_month(world: World, trajectory_id: UUID) -> None:
    """Once a month supporter and buddy write down their hours, about in the ratio that the programme expects."""
    trajectory = world.trajectories[trajectory_id]
    if trajectory.phase not in WORKED_IN or trajectory.state is not TrajectoryState.ACTIVE:
        return
    if trajectory.supporter_id is None or trajectory.buddy_id is None:
        return
    stream = world.chance.stream(trajectory_id, "hours", world.day)
    tandem = world.programme.tandem
    hours = tandem.professional_hours_per_month
    contributors = (
        (Contributor.PROFESSIONAL, trajectory.supporter_id, Role.SUPPORTER, hours),
        (Contributor.BUDDY, trajectory.buddy_id, Role.BUDDY, hours * tandem.buddy_hours_per_professional_hour),
    )
    for contributor, person, role, usual in contributors:
        minutes = round(usual * MINUTES_AN_HOUR * max(0.2, stream.gauss(1, rates.HOURS_NOISE)))
        if stream.random() < rates.HOURS_NOT_LOGGED:
            continue
        command = LogHours(
            entry_id=world.chance.identifier("hours", trajectory_id, contributor, world.day.isoformat()),
            trajectory_id=trajectory_id,
            contributor=contributor,
            minutes=min(minutes, LOGGED_MINUTES_MAX),
            on=max(world.day - timedelta(days=1), trajectory.started_on),
        )
        actor = Actor(person=person, roles=frozenset({role}))
        await world.act("plans", handlers.log_hours, command, actor=actor, now=world.moment())


async def give_aftercare(world: World, task: Task) -> None:
    """Somebody calls to ask how it goes; mostly the family answers."""
    if not world.is_day_for(task, rates.AFTERCARE_DAYS):
        return
    reached = world.chance.happens(rates.REACHED, task.subject_id, "aftercare", task.number)
    command = GiveAftercare(trajectory_id=task.subject_id, number=task.number, reached=reached)
    supporter = world.supporter_of(task.subject_id)
    await world.act("plans", handlers.give_aftercare, command, actor=supporter, now=world.moment())


async def _has_agreed(world: World, trajectory_id: UUID) -> bool:
    plans = await world.see("plans", lambda tx: store.plans(tx, trajectory_id))
    return any(plan.state is PlanState.AGREED for plan in plans)


async def _draft(world: World, trajectory_id: UUID) -> int | None:
    plans = await world.see("plans", lambda tx: store.plans(tx, trajectory_id))
    return next((plan.version for plan in plans if plan.state is PlanState.DRAFT), None)


async def _first_steps(world: World, trajectory_id: UUID, goals: tuple[NewGoal, ...], supporter: Actor) -> None:
    for goal in goals:
        who = world.chance.stream(goal.goal_id, "who").choice(list(Who))
        step = AddStep(
            trajectory_id=trajectory_id,
            step_id=world.chance.identifier("step", goal.goal_id),
            goal_id=goal.goal_id,
            words="Samen een eerste afspraak maken",
            who=who,
            by=world.day + timedelta(days=30),
        )
        await world.act("plans", handlers.add_step, step, actor=supporter, now=world.moment())
