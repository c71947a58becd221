"""A trajectory starts whole or not at all: fail each step, lose each answer, and look for what was left behind."""

from datetime import timedelta

import pytest

from services.plans.events import Phase, TrajectoryOutcome
from tests.workflows.families import bring_to, enrol
from tests.workflows.stage import Stage
from workflows.contracts import FactKind, TrajectoryEnded

pytestmark = pytest.mark.engines

STEPS = ("plans.open_trajectory", "budget.open_envelope", "matching.request_tandem")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", ["before-its-effect", "after-its-effect"])
async def test_a_step_that_fails_for_good_leaves_a_clean_slate(town: Stage, step: str, how: str) -> None:
    (town.memory.refuses if how == "before-its-effect" else town.memory.breaks).add(step)
    handle, _ = await enrol(town)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.NOT_STARTED
    assert town.memory.left_open() == []


async def test_a_programme_without_money_starts_nothing(town: Stage) -> None:
    town.memory.funds = False
    handle, terms = await enrol(town)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.NO_FUNDS
    assert town.memory.outcomes == {terms.trajectory_id: TrajectoryOutcome.NO_FUNDS}
    assert town.memory.done["matching.request_tandem"] == 0
    assert town.memory.left_open() == []


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_whose_answer_was_lost_is_repeated_without_harm(town: Stage, step: str) -> None:
    town.memory.forgets.add(step)
    handle, terms = await enrol(town)
    await town.clock.sleep(timedelta(minutes=5))
    assert town.memory.done[step] == 2
    assert town.memory.requests == {terms.trajectory_id: 1}
    await bring_to(town, handle, terms, Phase.PLAN)
    await town.tell(handle, FactKind.CONSENT_WITHDRAWN)
    await town.result(handle, TrajectoryEnded)
    assert town.memory.left_open() == []


@pytest.mark.parametrize(
    "step",
    [
        "desk.open_tasks",
        "desk.close_task",
        "plans.enter_phase",
        "plans.close_trajectory",
        "budget.close_envelope",
        "matching.end_tandem",
    ],
)
async def test_every_later_step_may_be_repeated_too(town: Stage, step: str) -> None:
    town.memory.forgets.add(step)
    handle, terms = await enrol(town)
    for kind in (FactKind.TANDEM_PROPOSED, FactKind.TANDEM_CHOSEN, FactKind.TANDEM_CONFIRMED, FactKind.PLAN_AGREED):
        await town.tell(handle, kind)
        await town.days(1)
    # Matching itself knows that a family with a tandem asks no more.
    town.memory.requests.clear()
    assert town.memory.files[terms.trajectory_id] is Phase.WORKING_TOGETHER
    await town.tell(handle, FactKind.MOVED_AWAY)
    await town.days(1)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.MOVED_AWAY
    assert len(town.memory.outcomes) == 1
    assert town.memory.left_open() == []
