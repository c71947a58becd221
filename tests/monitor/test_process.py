"""The monitor as a process of its own: its forwarder runs beside its relay."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr

from deploy.local.programs import ROOT
from deploy.local.rabbitmq import RabbitMQ
from services.monitor import handlers
from services.monitor.commands import Subscribe
from services.monitor.store import tables
from services.shared.database import Database
from services.shared.settings import Settings
from tests.monitor.heard import MET_ON

WAIT_SECONDS = 60
LIST_QUEUES = ("list_queues", "-p", "kansen", "name")


@pytest.fixture
def settings(migrated_settings: Callable[..., Settings], stack_settings: Settings) -> Settings:
    own = migrated_settings("monitor").owner_database_url()
    return stack_settings.model_copy(update={"database_url": SecretStr(own)})


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    given = {
        "KANSEN_SECRET": settings.secret.get_secret_value(),
        "KANSEN_DATABASE_URL": settings.owner_database_url(),
        "KANSEN_RABBITMQ_URL": settings.rabbitmq_url.get_secret_value(),
        "KANSEN_TEMPORAL_ADDRESS": settings.temporal_address,
        "KANSEN_HOME": str(settings.home),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.monitor", "--roles", "relay"), cwd=ROOT, env=kept | given
    )
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_a_process_with_the_relay_role_serves_subscribers_and_stops_when_told(
    settings: Settings, process: asyncio.subprocess.Process, rabbitmq: RabbitMQ
) -> None:
    database = Database(settings.database_url_for("monitor"), tables=tables, source=settings.source_of("monitor"))
    async with database.transaction() as tx:
        await handlers.subscribe(tx, Subscribe(name="of-a-process", patterns=("#",)), now=MET_ON)

    async with asyncio.timeout(WAIT_SECONDS):
        while "kansen.monitor.of-a-process" not in await asyncio.to_thread(rabbitmq.control, *LIST_QUEUES):
            assert process.returncode is None

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WAIT_SECONDS):
        assert await process.wait() == 0
    await database.close()
