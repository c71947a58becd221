"""Plans on its real tables: a trajectory from opening to closing, and all that is refused on the way."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from services.intake.events import FamilyErased, FamilyMoved
from services.matching.events import TandemConfirmed, TandemEnded
from services.plans import bus, handlers, store, tables
from services.plans.commands import (
    AddGoal,
    AddStep,
    DropGoal,
    GiveAftercare,
    HoldReview,
    MarkStepDone,
    ReachGoal,
    TakeMeasurement,
)
from services.plans.contracts import Done
from services.plans.domain import GoalState, PlanState, TrajectoryState, Who
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.plans.asking import ask, events_told, trajectory_now
from tests.plans.household import CALM, FATIMA, HENK, STARTED, Household, goal

pytestmark = pytest.mark.engines

CHANGED, UNCHANGED = Done(changed=True), Done(changed=False)
LETTERS, DINNER = goal("Alle brieven open en beantwoord"), goal("Elke avond samen eten", "parenting")


async def test_opening_twice_is_opening_once(family: Household) -> None:
    assert await asyncio.gather(*(family.opens() for _ in range(3))) == [UNCHANGED] * 3

    assert len(await events_told(family.database, "trajectory.opened")) == 1


async def test_phases_go_forward_and_are_told_once(family: Household) -> None:
    assert await family.enters(Phase.PLAN) == CHANGED
    assert await family.enters(Phase.PLAN) == UNCHANGED
    assert await family.enters(Phase.MATCHING) == UNCHANGED

    assert [told["phase"] for told in await events_told(family.database, "trajectory-phase.entered")] == ["plan"]


async def test_a_trajectory_closes_once_with_its_first_outcome(family: Household) -> None:
    await family.enters(Phase.WORKING_TOGETHER)

    closings = await asyncio.gather(family.closes(TrajectoryOutcome.STOPPED), family.closes(TrajectoryOutcome.STOPPED))

    assert sorted(closings, key=str) == [UNCHANGED, CHANGED]
    assert await family.closes(TrajectoryOutcome.COMPLETED) == UNCHANGED
    trajectory = await trajectory_now(family)
    assert (trajectory.state, trajectory.outcome, trajectory.closed_on) == (
        TrajectoryState.CLOSED,
        "stopped",
        STARTED,
    )
    assert len(await events_told(family.database, "trajectory.closed")) == 1


async def test_closing_what_never_opened_is_nothing_to_do(database: Database) -> None:
    assert await Household(database).closes(TrajectoryOutcome.NOT_STARTED) == UNCHANGED


async def test_the_family_agrees_to_the_version_it_saw(family: Household) -> None:
    assert await family.agrees(1) == Refused("nothing-to-agree")
    assert await family.drafts(LETTERS, DINNER) == CHANGED
    assert await family.agrees(2) == Refused("not-this-version")
    assert await family.agrees(1) == CHANGED
    assert await family.agrees(1) == UNCHANGED

    (agreed,) = await events_told(family.database, "plan.agreed")
    assert (agreed["version"], agreed["goals"]) == (1, 2)
    goals = await ask(family.database, store.goals, family.trajectory_id)
    assert [each.words for each in goals] == [LETTERS.words, DINNER.words]


async def test_a_changed_plan_is_a_new_version_with_the_old_goals_below(family: Household) -> None:
    await family.drafts(LETTERS)
    await family.agrees(1)
    bicycle = goal("Fietsen leren", "leisure")

    await family.drafts(bicycle)
    plans = await ask(family.database, store.plans, family.trajectory_id)
    assert [(plan.version, plan.state) for plan in plans] == [(2, PlanState.DRAFT), (1, PlanState.AGREED)]
    await family.agrees(2)

    plans = await ask(family.database, store.plans, family.trajectory_id)
    assert [plan.state for plan in plans] == [PlanState.AGREED, PlanState.REPLACED]
    goals = await ask(family.database, store.goals, family.trajectory_id)
    assert [each.words for each in goals] == [bicycle.words, LETTERS.words]


async def test_a_draft_written_anew_leaves_nothing_of_the_first(family: Household) -> None:
    await family.drafts(LETTERS, DINNER)
    step = AddStep(
        trajectory_id=family.trajectory_id, step_id=UUID(int=1), goal_id=DINNER.goal_id, words="Pannen", who=Who.FAMILY
    )
    await family.does(handlers.add_step, step)

    await family.drafts(LETTERS)

    goals = await ask(family.database, store.goals, family.trajectory_id)
    assert [each.id for each in goals] == [LETTERS.goal_id]
    assert await ask(family.database, store.steps, family.trajectory_id) == []


async def test_a_goal_added_later_waits_for_the_familys_agreement(family: Household) -> None:
    added = AddGoal(trajectory_id=family.trajectory_id, goal=DINNER)
    assert await family.does(handlers.add_goal, added) == Refused("no-plan")
    await family.drafts(LETTERS)
    await family.agrees(1)

    assert await family.does(handlers.add_goal, added) == CHANGED
    assert await family.does(handlers.add_goal, added) == UNCHANGED
    assert await family.agrees(2) == CHANGED

    assert [told["goals"] for told in await events_told(family.database, "plan.agreed")] == [1, 2]


async def test_an_agreed_goal_keeps_the_familys_words(family: Household) -> None:
    await family.drafts(LETTERS)
    await family.agrees(1)

    await family.drafts(LETTERS.model_copy(update={"words": "Post opruimen", "theme": "housing"}))

    (kept,) = await ask(family.database, store.goals, family.trajectory_id)
    assert (kept.words, kept.theme) == (LETTERS.words, "money")


async def test_a_refused_draft_changes_nothing(family: Household) -> None:
    await family.drafts(LETTERS)
    neighbours = Household(family.database, "Bakker")
    await neighbours.opens()

    assert await family.drafts(goal("Rijk worden", "lottery")) == Refused("unknown-theme", ("lottery",))
    assert await family.drafts(DINNER, DINNER) == Refused("named-twice")
    assert await neighbours.drafts(LETTERS) == Refused("goal-of-another-family")

    (kept,) = await ask(family.database, store.goals, family.trajectory_id)
    assert kept.id == LETTERS.goal_id
    assert await ask(family.database, store.plans, neighbours.trajectory_id) == []


async def test_a_goal_is_reached_once_and_a_dropped_one_never(family: Household) -> None:
    await family.drafts(LETTERS, DINNER)
    reach = [ReachGoal(trajectory_id=family.trajectory_id, goal_id=each.goal_id) for each in (LETTERS, DINNER)]
    drop = DropGoal(trajectory_id=family.trajectory_id, goal_id=DINNER.goal_id)

    assert await family.does(handlers.reach_goal, reach[0]) == CHANGED
    assert await family.does(handlers.reach_goal, reach[0]) == UNCHANGED
    assert await family.does(handlers.drop_goal, drop) == CHANGED
    assert await family.does(handlers.reach_goal, reach[1]) == Refused("goal-dropped")

    assert [told["theme"] for told in await events_told(family.database, "goal.reached")] == ["money"]
    goals = await ask(family.database, store.goals, family.trajectory_id)
    assert [each.state for each in goals] == [GoalState.REACHED, GoalState.DROPPED]


async def test_steps_are_taken_once_and_belong_to_a_goal_of_the_family(family: Household) -> None:
    await family.drafts(LETTERS)
    step = AddStep(
        trajectory_id=family.trajectory_id,
        step_id=UUID(int=1),
        goal_id=LETTERS.goal_id,
        words="Samen de stapel sorteren",
        who=Who.BUDDY,
        by=date(2023, 3, 1),
    )
    done = MarkStepDone(trajectory_id=family.trajectory_id, step_id=step.step_id)

    assert await family.does(handlers.add_step, step, FATIMA) == CHANGED
    assert await family.does(handlers.add_step, step, FATIMA) == UNCHANGED
    assert await family.does(handlers.mark_step_done, done, FATIMA) == CHANGED
    assert await family.does(handlers.mark_step_done, done, FATIMA) == UNCHANGED

    elsewhere = step.model_copy(update={"goal_id": DINNER.goal_id})
    assert await family.does(handlers.add_step, elsewhere) == Refused("unknown-goal")


async def test_a_closed_trajectory_is_changed_by_nobody(family: Household) -> None:
    await family.drafts(LETTERS)
    await family.enters(Phase.AFTERCARE)
    await family.closes()
    me = family.trajectory_id
    attempts: list[tuple[Callable[..., Any], object]] = [
        (handlers.add_goal, AddGoal(trajectory_id=me, goal=DINNER)),
        (handlers.reach_goal, ReachGoal(trajectory_id=me, goal_id=LETTERS.goal_id)),
        (handlers.drop_goal, DropGoal(trajectory_id=me, goal_id=LETTERS.goal_id)),
        (
            handlers.add_step,
            AddStep(trajectory_id=me, step_id=me, goal_id=LETTERS.goal_id, words="Bellen", who=Who.FAMILY),
        ),
        (handlers.mark_step_done, MarkStepDone(trajectory_id=me, step_id=me)),
        (handlers.hold_review, HoldReview(trajectory_id=me, number=1, ready_to_let_go=True)),
        (
            handlers.take_measurement,
            TakeMeasurement(trajectory_id=me, number=1, instrument="kansen-check", scores=dict(CALM)),
        ),
        (handlers.give_aftercare, GiveAftercare(trajectory_id=me, number=1, reached=True)),
    ]

    for handler, command in attempts:
        assert await family.does(handler, command) == Refused("trajectory-closed")
    assert await family.drafts(DINNER) == Refused("trajectory-closed")
    assert await family.agrees(1) == Refused("trajectory-closed")
    assert await family.enters(Phase.CLOSED) == UNCHANGED


async def test_an_erased_familys_words_are_gone_and_its_figures_stay(family: Household) -> None:
    await family.drafts(LETTERS)
    await family.enters(Phase.WORKING_TOGETHER)
    held = HoldReview(trajectory_id=family.trajectory_id, number=1, ready_to_let_go=False, notes="Moeder lacht weer.")
    await family.does(handlers.hold_review, held)
    neighbours = Household(family.database, "Bakker")
    await neighbours.opens()
    await neighbours.drafts(goal("Een eigen winkel", "work"))
    assert "Moeder lacht weer." in await ask(family.database, store.personal_texts)

    erased = FamilyErased(family_id=stable_id("family", family.family), trajectory_ids=(family.trajectory_id,))
    async with family.database.transaction() as tx:
        await bus.on_family_erased(tx, erased, morning_of(family.today))

    texts = await ask(family.database, store.personal_texts)
    assert {LETTERS.words, "Moeder lacht weer."} & set(texts) == set()
    assert "Een eigen winkel" in texts
    (kept,) = await ask(family.database, store.goals, family.trajectory_id)
    assert (kept.theme, kept.words) == ("money", None)


async def test_a_tandem_that_ended_late_does_not_take_the_next_one_away(family: Household) -> None:
    me, now = family.trajectory_id, morning_of(family.today)

    def confirmed(number: int) -> TandemConfirmed:
        return TandemConfirmed(
            trajectory_id=me,
            family_id=stable_id("family", family.family),
            tandem_id=UUID(int=number),
            supporter_id=HENK.person,
            buddy_id=FATIMA.person,
            replaces=number > 1,
            waited_days=20,
        )

    async with family.database.transaction() as tx:
        await bus.on_tandem_confirmed(tx, confirmed(1), now)
        await bus.on_tandem_confirmed(tx, confirmed(2), now)
        await bus.on_tandem_ended(tx, TandemEnded(trajectory_id=me, tandem_id=UUID(int=1), reason="moved"), now)
    assert (await trajectory_now(family)).buddy_id == FATIMA.person

    async with family.database.transaction() as tx:
        await bus.on_tandem_ended(tx, TandemEnded(trajectory_id=me, tandem_id=UUID(int=2), reason="moved"), now)
    assert (await trajectory_now(family)).buddy_id is None


async def test_a_family_that_moved_has_its_new_area(family: Household) -> None:
    moved = FamilyMoved(
        family_id=stable_id("family", family.family),
        trajectory_id=family.trajectory_id,
        area="selwerd",
        within_programme=True,
    )

    async with family.database.transaction() as tx:
        await bus.on_family_moved(tx, moved, morning_of(family.today))
        await bus.on_family_moved(tx, moved.model_copy(update={"trajectory_id": None}), morning_of(family.today))

    assert (await trajectory_now(family)).area == "selwerd"


async def test_the_database_itself_refuses_a_second_agreed_plan(family: Household) -> None:
    await family.drafts(LETTERS)
    await family.agrees(1)
    await family.drafts(DINNER)

    with pytest.raises(IntegrityError, match="plan_one_agreed"):
        async with family.database.transaction() as tx:
            await tx.execute(update(tables.plan).values(state=PlanState.AGREED, agreed_on=STARTED))
