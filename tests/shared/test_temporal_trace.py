"""A trace goes along with whatever one workflow does to another, and is another's as soon as somebody else speaks."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from services.shared.settings import Settings
from services.shared.temporal import connect
from services.shared.trace import current_trace_id, trace
from tests.shared.traced_workflows import TELL, Asker, Introducer, Listener, Speaker
from workflows.sandbox import workflow_runner

pytestmark = pytest.mark.engines

QUEUE = "tracing"
CLICK, LATER_CLICK = "a" * 32, "b" * 32


def traceparent(trace_id: str) -> str:
    return f"00-{trace_id}-{'d' * 16}-01"


@activity.defn(name=TELL)
async def tell() -> str:
    return current_trace_id() or "none"


@pytest.fixture
async def client(temporal_dev: str, placeholder_settings: Settings) -> AsyncIterator[Client]:
    client = await connect(placeholder_settings.model_copy(update={"temporal_address": temporal_dev}))
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Speaker, Listener, Introducer, Asker],
        activities=[tell],
        workflow_runner=workflow_runner(),
    ):
        yield client


async def test_a_child_works_in_the_trace_of_its_parent(client: Client) -> None:
    with trace(traceparent(CLICK)):
        handle = await client.start_workflow(Introducer.run, id=f"introducer-{uuid4()}", task_queue=QUEUE)
    assert await handle.result() == CLICK


async def test_a_signal_brings_its_trace_and_hands_it_on(client: Client) -> None:
    listener, speaker = f"listener-{uuid4()}", f"speaker-{uuid4()}"
    with trace(traceparent(CLICK)):
        acquaintance = await client.start_workflow(Listener.run, id=listener, task_queue=QUEUE)
        handle = await client.start_workflow(Speaker.run, listener, id=speaker, task_queue=QUEUE)
        await handle.execute_update(Speaker.come_to_wait)
    with trace(traceparent(LATER_CLICK)):
        await handle.signal(Speaker.hear)
    assert await handle.result() == [CLICK, LATER_CLICK, LATER_CLICK]
    assert await acquaintance.result() == LATER_CLICK


async def test_outside_any_trace_one_begins_at_the_start(client: Client) -> None:
    assert current_trace_id() is None
    found = [
        await client.execute_workflow(Introducer.run, id=f"introducer-{uuid4()}", task_queue=QUEUE) for _ in range(2)
    ]
    assert [len(trace_id) for trace_id in found] == [32, 32]
    assert found[0] != found[1]
