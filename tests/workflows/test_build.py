"""Which code did what: Temporal is told, so that an operator finds what a bad release touched."""

from datetime import date
from pathlib import Path

from services.shared.build import DIGITS, build_id
from services.shared.settings import Settings
from services.shared.temporal import connect
from workflows.bounds import TASK_QUEUE
from workflows.contracts import CycleTerms
from workflows.matching_round import MatchingRound
from workflows.worker import workflow_worker


def test_the_same_code_is_the_same_build_wherever_it_stands_and_other_code_is_another(tmp_path: Path) -> None:
    def made(name: str, code: str, packages: str) -> str:
        root = tmp_path / name
        (root / "services" / "budget").mkdir(parents=True)
        (root / "services" / "budget" / "ledger.py").write_text(code)
        (root / "requirements.lock").write_text(packages)
        return build_id(root)

    here, there = made("here", "paid = 1", "temporalio==1"), made("there", "paid = 1", "temporalio==1")

    assert here == there
    assert len(here) == DIGITS
    assert len({here, made("mended", "paid = 2", "temporalio==1"), made("renewed", "paid = 1", "temporalio==2")}) == 3


async def test_a_history_names_the_build_that_ran_it(placeholder_settings: Settings, temporal_dev: str) -> None:
    client = await connect(placeholder_settings.model_copy(update={"temporal_address": temporal_dev}))
    no_round_left = CycleTerms(
        programme="kansrijk-groningen",
        programme_version=1,
        next_on=date(2026, 2, 1),
        until=date(2026, 1, 31),
        every_days=14,
    )
    async with workflow_worker(client, cached=1):
        rounds = await client.start_workflow(MatchingRound.run, no_round_left, id="rounds", task_queue=TASK_QUEUE)
        await rounds.result()

    history = await rounds.fetch_history()
    builds = {
        event.workflow_task_completed_event_attributes.worker_version.build_id
        for event in history.events
        if event.HasField("workflow_task_completed_event_attributes")
    }
    assert builds == {build_id()}
