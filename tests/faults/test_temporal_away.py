"""Temporal goes away for a while: events wait in their order, none is counted out, all arrive when it is back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow

from deploy.local.ports import Ports
from deploy.local.temporal import TemporalDevServer
from programmes.load import load
from services.plans.events import Contributor, HoursLogged
from services.shared.consumer import Away, Consumer
from services.shared.database import Database, Transaction
from services.shared.events import Envelope
from services.shared.inbox import SUSPECT_DELIVERIES, Inbox
from services.shared.parking import count_parked
from services.shared.settings import Settings
from services.shared.temporal import connect
from services.shared.types import stable_id
from workflows.contracts import intake_workflow_id
from workflows.starter import Starter

pytestmark = pytest.mark.engines


@workflow.defn
class Waits:
    """Stands for any workflow: there, and never done."""

    @workflow.run
    async def run(self, name: str) -> None:
        await workflow.wait_condition(lambda: False)


async def test_a_starter_tells_apart_that_temporal_is_away(placeholder_settings: Settings, tmp_path: Path) -> None:
    server = TemporalDevServer(tmp_path / "temporal", ports=Ports(tmp_path / "ports.json"))
    server.start()
    try:
        client = await connect(placeholder_settings.model_copy(update={"temporal_address": server.address}))
        starter = Starter(client, load)
        workflow_id = intake_workflow_id(stable_id("a signal"))
        await starter.start(Waits.run, "once", workflow_id)
        server.stop()
        with pytest.raises(Away):
            await starter.start(Waits.run, "again", workflow_id)
        with pytest.raises(Away):
            await starter.tell(workflow_id, "hear", stable_id("a fact"))
        server.start()
        await starter.start(Waits.run, "again", workflow_id)
        described = await client.get_workflow_handle(workflow_id).describe()
        assert described.run_id
    finally:
        server.stop()


def logged(number: int) -> bytes:
    event = HoursLogged(
        trajectory_id=stable_id("family"), contributor=Contributor.BUDDY, minutes=number, on=date(2024, 3, 1)
    )
    source, now = "urn:nld:oin:00000000000000000000:systeem:plans", datetime(2024, 3, 1, tzinfo=UTC)
    return Envelope.around(event, source=source, sequence=number, time=now, traceparent=None).body()


@pytest.fixture
def plans(service_database: Callable[[str], Database]) -> Database:
    return service_database("plans")


@pytest.mark.parametrize("deliveries", [0, SUSPECT_DELIVERIES], ids=["as it comes", "as a retry"])
async def test_what_is_away_is_waited_for_in_order_and_not_counted(plans: Database, deliveries: int) -> None:
    consumer, heard, refusals = Consumer("away"), [], [12]

    @consumer.handles(HoursLogged)
    async def on_hours_logged(tx: Transaction, event: HoursLogged, now: datetime) -> None:
        if refusals[0]:
            refusals[0] -= 1
            raise Away("temporal")
        heard.append(event.minutes)

    inbox = Inbox(plans, consumer)
    inbox_table = plans.tables.inbox
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.shared.inbox.AWAY_WAIT_SECONDS", 0.001)
        patch.setattr("services.shared.inbox.AWAY_WAIT_SECONDS_MAX", 0.002)
        for number in (1, 2, 3):
            await inbox.receive(logged(number), deliveries=deliveries)
    while len(heard) < 3:
        async with plans.connection() as connection:
            earlier = datetime.now(UTC) - timedelta(hours=1)
            await connection.execute(inbox_table.update().values(next_attempt_at=earlier))
        await inbox.retry_due()
    assert sorted(heard) == [1, 2, 3]
    assert deliveries or heard == [1, 2, 3]
    assert await count_parked(plans) == 0
    async with plans.connection() as connection:
        rows = (await connection.execute(inbox_table.select())).all()
    assert {(row.state, row.attempts) for row in rows} == {("done", 1)}
