"""A municipality's own Temporal stands behind TLS and a key: with both right everything works, else it is told why."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from pydantic import SecretStr
from temporalio import activity, workflow
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from deploy.local.programs import ROOT
from services.shared.logs import describe
from services.shared.settings import Settings
from services.shared.temporal import activity_worker, connect
from services.shared.temporal_reach import (
    CertificateMismatchError,
    HungUpError,
    KeyRefusedError,
    NamespaceMissingError,
    ServerIsPlainError,
    ServerNotTrustedError,
    TemporalError,
    reach,
)
from tests.shared.certificates import Authority
from tests.shared.temporal_gate import Gate

pytestmark = pytest.mark.engines

KEY = "the key that the provider gave"
QUEUE = "behind-the-gate"
NAMESPACE = "gemeente-groningen"
ADDRESS = "127.0.0.1"
ANSWER = timedelta(seconds=20)
TOLD_SECONDS = 10.0
SEEN_SECONDS = 30.0
PROCESS_SECONDS = 55.0
"""A process of ours has seconds of imports before its first word, more on a busy machine; two of them start here."""
ASK_SECONDS = 0.05


class Counting:
    """A service of one activity."""

    @activity.defn(name="counting.double")
    async def double(self, number: int) -> int:
        return number * 2


@workflow.defn
class Doubling:
    """Asks a service once."""

    @workflow.run
    async def run(self, number: int) -> int:
        doubled: int = await workflow.execute_activity(
            "counting.double", number, result_type=int, schedule_to_close_timeout=ANSWER
        )
        return doubled


@pytest.fixture
def town_hall(tmp_path: Path) -> Authority:
    """Whom the town's computers believe."""
    return Authority(tmp_path, "town-hall")


@pytest.fixture
async def gate(temporal_dev: str, town_hall: Authority) -> AsyncIterator[Gate]:
    async with Gate(temporal_dev, key=KEY, shows=town_hall.sign("temporal", ADDRESS)) as made:
        yield made


@pytest.fixture
def good(placeholder_settings: Settings, gate: Gate, town_hall: Authority) -> Settings:
    """Everything as it should be."""
    return placeholder_settings.model_copy(
        update={
            "temporal_address": gate.address,
            "temporal_tls": True,
            "temporal_tls_ca": town_hall.pem,
            "temporal_api_key": SecretStr(KEY),
        }
    )


async def doubled(client: Client, number: int) -> int:
    """What a workflow and an activity make of a number, over this connection and no other."""
    async with (
        Worker(client, task_queue=QUEUE, workflows=[Doubling], workflow_runner=UnsandboxedWorkflowRunner()),
        activity_worker(client, QUEUE, Counting()),
    ):
        return await client.execute_workflow(Doubling.run, number, id=f"doubling-{uuid4()}", task_queue=QUEUE)


async def told(settings: Settings, *, lazy: bool) -> TemporalError:
    """Why it is that these settings do not work, said in good time: at once, or at the first call."""
    with pytest.raises(TemporalError) as caught:
        async with asyncio.timeout(TOLD_SECONDS):
            await reach(await connect(settings, lazy=lazy))
    assert KEY not in str(caught.value)
    assert describe(caught.value)["error"] == f"services.shared.temporal_reach.{type(caught.value).__name__}"
    return caught.value


both_ways = pytest.mark.parametrize("lazy", [False, True], ids=["at once", "at the first call"])


@both_ways
async def test_with_the_right_authority_and_key_it_can_be_reached(good: Settings, lazy: bool) -> None:
    await reach(await connect(good, lazy=lazy))


async def test_a_workflow_runs_end_to_end_and_every_call_brings_the_key(good: Settings, gate: Gate) -> None:
    assert await doubled(await connect(good), 21) == 42
    calls = {headers[":path"].rpartition("/")[2] for headers in gate.passed}
    assert calls >= {"StartWorkflowExecution", "PollWorkflowTaskQueue", "RespondActivityTaskCompleted"}
    assert {headers[":scheme"] for headers in gate.passed} == {"https"}
    assert gate.refused == []


@both_ways
@pytest.mark.parametrize("key", [SecretStr("last year's key"), None], ids=["a wrong key", "no key"])
async def test_a_wrong_key_is_told_as_such(good: Settings, gate: Gate, key: SecretStr | None, lazy: bool) -> None:
    error = await told(good.model_copy(update={"temporal_api_key": key}), lazy=lazy)
    assert isinstance(error, KeyRefusedError)
    assert gate.passed == []


@both_ways
async def test_a_server_that_our_authority_did_not_sign_gets_nothing(
    good: Settings, gate: Gate, tmp_path: Path, lazy: bool
) -> None:
    elsewhere = Authority(tmp_path, "elsewhere")
    for authority in (elsewhere.pem, None):
        error = await told(good.model_copy(update={"temporal_tls_ca": authority}), lazy=lazy)
        assert isinstance(error, ServerNotTrustedError)
    assert (gate.passed, gate.refused) == ([], []), "the key was shown to nobody"


async def test_a_certificate_for_another_address_is_not_trusted(
    good: Settings, temporal_dev: str, town_hall: Authority
) -> None:
    async with Gate(temporal_dev, key=KEY, shows=town_hall.sign("another", "127.0.0.9")) as impostor:
        error = await told(good.model_copy(update={"temporal_address": impostor.address}), lazy=False)
        assert isinstance(error, ServerNotTrustedError)
        assert (impostor.passed, impostor.refused) == ([], [])


@both_ways
async def test_who_does_not_speak_tls_to_it_is_told_in_good_time(good: Settings, gate: Gate, lazy: bool) -> None:
    plain = {"temporal_tls": False, "temporal_tls_ca": None, "temporal_api_key": None}
    assert isinstance(await told(good.model_copy(update=plain), lazy=lazy), HungUpError)
    assert (gate.passed, gate.refused) == ([], [])


@both_ways
async def test_a_server_without_tls_is_not_spoken_to_in_plain_text(
    good: Settings, temporal_dev: str, lazy: bool
) -> None:
    error = await told(good.model_copy(update={"temporal_address": temporal_dev}), lazy=lazy)
    assert isinstance(error, ServerIsPlainError)


async def test_a_server_that_asks_for_our_certificate_gets_it(
    good: Settings, gate: Gate, town_hall: Authority, tmp_path: Path
) -> None:
    gate.ask_for_certificate(town_hall.pem)
    own = town_hall.sign("kansen", ADDRESS)
    foreign = Authority(tmp_path, "elsewhere").sign("stranger", ADDRESS)
    assert isinstance(await told(good, lazy=False), HungUpError)
    stranger = good.model_copy(update={"temporal_tls_cert": foreign.cert, "temporal_tls_key": foreign.key})
    assert isinstance(await told(stranger, lazy=False), HungUpError)
    mixed = good.model_copy(update={"temporal_tls_cert": own.cert, "temporal_tls_key": foreign.key})
    assert isinstance(await told(mixed, lazy=False), CertificateMismatchError)
    known = good.model_copy(update={"temporal_tls_cert": own.cert, "temporal_tls_key": own.key})
    assert await doubled(await connect(known), 4) == 8


async def test_nobody_there_is_told_as_it_is(good: Settings) -> None:
    with pytest.raises(RuntimeError, match="Connection refused"):
        async with asyncio.timeout(TOLD_SECONDS):
            await connect(good.model_copy(update={"temporal_address": f"{ADDRESS}:1"}))


async def test_a_namespace_of_our_own_holds_our_workflows_and_no_other_does(good: Settings, gate: Gate) -> None:
    ours = good.model_copy(update={"temporal_namespace": NAMESPACE})
    assert isinstance(await told(ours, lazy=True), NamespaceMissingError)
    await _register(await connect(good))
    client = await connect(ours)
    await reach(client)
    async with (
        Worker(client, task_queue=QUEUE, workflows=[Doubling], workflow_runner=UnsandboxedWorkflowRunner()),
        activity_worker(client, QUEUE, Counting()),
    ):
        handle = await client.start_workflow(Doubling.run, 3, id="tripling-is-for-others", task_queue=QUEUE)
        assert await handle.result() == 6
    with pytest.raises(RPCError) as caught:
        await (await connect(good)).get_workflow_handle(handle.id).describe()
    assert caught.value.status is RPCStatusCode.NOT_FOUND


async def _register(client: Client) -> None:
    """Makes the namespace, and waits until every part of the server knows of it."""
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=NAMESPACE, workflow_execution_retention_period=Duration(seconds=86_400))
    )
    asked = Client(client.service_client, namespace=NAMESPACE)
    async with asyncio.timeout(SEEN_SECONDS):
        while True:
            try:
                await asked.get_workflow_handle("nobody").describe()
            except RPCError as error:
                if "Namespace" not in error.message:
                    return
            await asyncio.sleep(ASK_SECONDS)


@pytest.fixture
async def start_process(
    good: Settings, migrated_settings: Callable[..., Settings]
) -> AsyncIterator[Callable[[str], Awaitable[asyncio.subprocess.Process]]]:
    """Starts the worker of plans as a process of its own, with a key for Temporal."""
    started: list[asyncio.subprocess.Process] = []
    database_url = migrated_settings("plans").owner_database_url()

    async def start(key: str) -> asyncio.subprocess.Process:
        given = {
            "KANSEN_HOME": str(good.home),
            "KANSEN_SECRET": good.secret.get_secret_value(),
            "KANSEN_DATABASE_URL": database_url,
            "KANSEN_RABBITMQ_URL": good.rabbitmq_url.get_secret_value(),
            "KANSEN_TEMPORAL_ADDRESS": good.temporal_address,
            "KANSEN_TEMPORAL_TLS": "true",
            "KANSEN_TEMPORAL_TLS_CA": str(good.temporal_tls_ca),
            "KANSEN_TEMPORAL_API_KEY": key,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.plans", "--roles", "activities"),
            cwd=ROOT,
            env=kept | given,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: asyncio.subprocess.Process, event: str) -> dict[str, object]:
    """The first line in the log of a process that tells of this."""
    assert process.stdout is not None
    async with asyncio.timeout(PROCESS_SECONDS):
        async for line in process.stdout:
            entry: dict[str, object] = json.loads(line)
            if entry["event"] == event:
                return entry
    raise AssertionError(f"the process ended without a word of {event!r}")


async def test_a_process_logs_what_is_wrong_with_its_key_and_works_with_the_right_one(
    gate: Gate, start_process: Callable[[str], Awaitable[asyncio.subprocess.Process]]
) -> None:
    process = await start_process("last year's key")
    entry = await line_of(process, "waiting")
    assert (entry["what"], entry["error"]) == ("temporal", "services.shared.temporal_reach.KeyRefusedError")
    assert gate.passed == []
    process = await start_process(KEY)
    await line_of(process, "started")
    async with asyncio.timeout(SEEN_SECONDS):
        while not any("PollActivityTaskQueue" in headers[":path"] for headers in gate.passed):
            gate.came.clear()
            await gate.came.wait()
