"""`python -m tests.workflows.record VERSION`: keeps histories of this version's workflows, to replay them for ever.

Run it at each release; never change or delete what an earlier release recorded.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from deploy.local.ports import Ports
from deploy.local.temporal import TemporalTestServer
from services.budget.contracts import PAYMENTS_EVERY_DAYS
from services.desk.contracts import TrajectoryAct
from services.plans.events import Phase
from services.shared.calendar import add_months, term_end
from services.shared.types import stable_id
from tests.workflows.decisions import ask, decide, make
from tests.workflows.fakes import mandate
from tests.workflows.families import bring_to, enrol, find_tandem
from tests.workflows.runs import runs_of
from tests.workflows.stage import Stage, stage
from workflows.contracts import CycleTerms, FactKind, payments_workflow_id
from workflows.payment_run import PaymentRun

HISTORIES = Path(__file__).parent / "histories"
IDENTITY = "recorder"

type Recorded = list[tuple[str, WorkflowHistory]]


async def whole_trajectory(town: Stage) -> Recorded:
    """Matched at the second try, paused, given another tandem, helped, let go, called once, closed."""
    handle, terms = await enrol(town)
    await town.tell(handle, FactKind.TANDEM_PROPOSED, subject_id=stable_id("round", 1))
    await town.tell(handle, FactKind.TANDEM_DECLINED, subject_id=stable_id("round", 1))
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    await town.act(handle, TrajectoryAct.PAUSE)
    await town.days(40)
    await town.act(handle, TrajectoryAct.RESUME)
    await town.act(handle, TrajectoryAct.CHANGE_TANDEM)
    await find_tandem(town, handle, terms)
    started = await town.today()
    await town.until(add_months(started, 19))
    await town.tell(handle, FactKind.AFTERCARE_GIVEN, number=1)
    await town.until(add_months(started, 26))
    runs = await runs_of(town.client, handle.id, handle.first_execution_run_id or "")
    return [(f"trajectory-{number}", run) for number, run in enumerate(runs, start=1)]


async def broken_start(town: Stage) -> Recorded:
    """A trajectory that could not be started, and undid what it had done."""
    town.memory.refuses.add("matching.request_tandem")
    handle, _ = await enrol(town)
    return [("trajectory-undone", await handle.fetch_history())]


async def escalated_request(town: Stage) -> Recorded:
    """A request that two people decide, after it was escalated."""
    request, handle = await ask(town, stable_id("request"), asks=mandate(deciders=2))
    await town.days(14)
    await decide(town, request)
    await decide(town, request)
    return [("spending-request", await handle.fetch_history())]


async def batch_not_released(town: Stage) -> Recorded:
    """A batch that one person releases, and nobody else in time."""
    batch, handle = await make(town, stable_id("batch"))
    await decide(town, batch)
    await town.until(term_end(await town.today(), 8))
    return [("payment-release", await handle.fetch_history())]


async def empty_payment_runs(town: Stage) -> Recorded:
    """Two months of payment runs in which there was nothing to pay."""
    today = await town.today()
    terms = CycleTerms(
        programme="kansrijk-groningen",
        programme_version=1,
        next_on=today + timedelta(days=1),
        until=add_months(today, 2),
        every_days=PAYMENTS_EVERY_DAYS,
    )
    handle = await town.start(PaymentRun.run, terms, payments_workflow_id("kansrijk-groningen"))
    await town.until(add_months(today, 2) + timedelta(days=1))
    return [("payment-run", await handle.fetch_history())]


SCENES: tuple[Callable[[Stage], Awaitable[Recorded]], ...] = (
    whole_trajectory,
    broken_start,
    escalated_request,
    batch_not_released,
    empty_payment_runs,
)


async def act_scenes() -> dict[str, WorkflowHistory]:
    """Act every scene on a server of its own; gives its histories by name."""
    histories: dict[str, WorkflowHistory] = {}
    for scene in SCENES:
        with tempfile.TemporaryDirectory() as home:
            engine = TemporalTestServer(Path(home) / "temporal", ports=Ports(Path(home) / "ports.json"))
            engine.start()
            try:
                async with stage(engine.address, identity=IDENTITY) as town:
                    histories.update(await scene(town))
            finally:
                engine.stop()
    return histories


def as_text(history: WorkflowHistory) -> str:
    """A history without stack traces: they name places on a machine."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items() if key != "stackTrace"}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(plain(json.loads(history.to_json())), separators=(",", ":")) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.workflows.record", description=__doc__)
    parser.add_argument("version", help="the release, as 0.1.0")
    folder = HISTORIES / parser.parse_args().version
    if folder.exists():
        sys.stderr.write(f"{folder.name} has been recorded; a recorded history is never changed\n")
        return 1
    histories = asyncio.run(act_scenes())
    folder.mkdir(parents=True)
    for name, history in histories.items():
        (folder / f"{name}.json").write_text(as_text(history))
    sys.stdout.write(f"{len(histories)} histories in histories/{folder.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
