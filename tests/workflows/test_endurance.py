"""Years pass, workers come and go, nothing stays in memory: a trajectory does not notice."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import add_months
from tests.workflows.families import bring_to, enrol
from tests.workflows.stage import Stage, stage
from workflows.contracts import FactKind, TrajectoryEnded

pytestmark = pytest.mark.engines

StageWith = Callable[..., AbstractAsyncContextManager[Stage]]


async def test_every_step_survives_being_replayed_from_its_first_event(town_with: StageWith) -> None:
    async with town_with(cached=0) as town:
        handle, terms = await enrol(town)
        await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
        await town.tell(handle, FactKind.TANDEM_LOST)
        await town.tell(handle, FactKind.TANDEM_CONFIRMED)
        await town.until(add_months(await town.today(), 14))
        assert town.memory.files[terms.trajectory_id] is Phase.LETTING_GO
        await town.tell(handle, FactKind.CONSENT_WITHDRAWN)
        ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
        assert ended.outcome is TrajectoryOutcome.CONSENT_WITHDRAWN


async def test_another_worker_goes_on_where_the_first_was_stopped(server: str) -> None:
    # This server waits for ever for a worker that had workflows in memory, so the first has none.
    async with stage(server, cached=0) as first:
        handle, terms = await enrol(first)
        await bring_to(first, handle, terms, Phase.PLAN)
    async with stage(server) as second:
        second.memory.files[terms.trajectory_id] = Phase.PLAN
        await second.tell(handle, FactKind.PLAN_AGREED)
        assert second.memory.files[terms.trajectory_id] is Phase.WORKING_TOGETHER
        assert second.memory.done["plans.open_trajectory"] == 0


async def test_eight_years_of_help_keep_every_run_small(town: Stage) -> None:
    handle, terms = await enrol(town, as_long_as_needed=True)
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    started = await town.today()
    for year in range(1, 9):
        await town.until(add_months(started, 12 * year))
    assert town.memory.files[terms.trajectory_id] is Phase.WORKING_TOGETHER
    history = await town.client.get_workflow_handle(handle.id).fetch_history()
    assert len(history.events) < 20
