"""A trajectory outlives hundreds of deployments: what older versions recorded still replays, and comes to its end.

Where this fails after a change of flow, patch the workflow (`workflow.patched`) instead of the history.
"""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from services.desk.contracts import trajectory_workflow_id
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import add_months
from services.shared.temporal_trace import TraceInterceptor
from tests.workflows.record import HISTORIES
from tests.workflows.stage import Stage
from workflows.contracts import FactKind, TrajectoryEnded
from workflows.sandbox import workflow_runner
from workflows.trajectory import FamilyTrajectory
from workflows.trajectory_state import TrajectoryRun
from workflows.worker import WORKFLOWS

RECORDED = sorted(HISTORIES.glob("*/*.json"))
RUNS = sorted(HISTORIES.glob("*/trajectory-[0-9].json"))


def version_of(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parent.name.split("."))


def read(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("recorded", path.read_text())


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_there_are_histories_of_every_phase() -> None:
    assert len(RUNS) >= 5
    assert {path.stem for path in RECORDED} >= {
        "trajectory-undone",
        "spending-request",
        "payment-release",
        "payment-run",
    }


@pytest.mark.engines
@pytest.mark.parametrize("path", RECORDED, ids=named)
async def test_what_was_recorded_replays_on_the_code_of_today(path: Path) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=workflow_runner(),
        data_converter=pydantic_data_converter,
        interceptors=[TraceInterceptor()],
    )
    await replayer.replay_workflow(read(path))


@pytest.mark.engines
@pytest.mark.parametrize(
    "path", [path for path in RUNS if version_of(path) == min(map(version_of, RUNS))][1:], ids=named
)
async def test_a_family_that_started_under_the_oldest_version_comes_to_its_end(town: Stage, path: Path) -> None:
    started = read(path).events[0].workflow_execution_started_event_attributes
    (course,) = await pydantic_data_converter.decode(started.input.payloads, [TrajectoryRun])
    family = course.terms.trajectory_id
    town.memory.files[family] = course.state.phase
    town.memory.envelopes.add(family)
    town.memory.tandems.add(family)
    handle = await town.start(FamilyTrajectory.run, course, trajectory_workflow_id(family))
    if town.memory.files[family] is Phase.PLAN:
        await town.tell(handle, FactKind.PLAN_AGREED)
    await town.until(add_months(await town.today(), 32))
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.COMPLETED
    assert town.memory.left_open() == []
