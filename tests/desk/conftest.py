"""A desk with its own empty tables, and a Temporal in which somebody listens to what is decided."""

from collections.abc import AsyncIterator, Callable

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from services.shared.database import Database
from services.shared.settings import Settings
from services.shared.temporal import connect
from tests.desk.listening import QUEUE, Listener
from tests.desk.office import Office


@pytest.fixture
def office(service_database: Callable[[str], Database]) -> Office:
    return Office(service_database("desk"))


@pytest.fixture
async def temporal(temporal_dev: str, placeholder_settings: Settings) -> AsyncIterator[Client]:
    client = await connect(placeholder_settings.model_copy(update={"temporal_address": temporal_dev}))
    async with Worker(client, task_queue=QUEUE, workflows=[Listener], workflow_runner=UnsandboxedWorkflowRunner()):
        yield client
