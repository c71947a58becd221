"""The local stack starts everything, keeps it running, keeps what it knows, and leaves nothing behind."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import aio_pika
import psutil
import psycopg
import pytest
from temporalio.client import WorkflowExecutionStatus

from deploy.local.process import StartError
from deploy.local.programs import Program
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.stack import Stack
from deploy.local.state import read_state
from services.shared.settings import Settings
from services.shared.temporal import connect

pytestmark = pytest.mark.engines

SMALL = str(Path(__file__).parent / "small_process.py")
ONE = (Program("budget", (SMALL,)),)
WITH_FRONT = (*ONE, Program("front", (SMALL,), is_front=True))
WAIT_SECONDS = 30.0


@pytest.fixture
def other_engines(rabbitmq: RabbitMQ, temporal_dev: str) -> dict[str, object]:
    """Engines that run already, for a test that is about something else."""
    return {"rabbitmq_url": rabbitmq.url, "temporal_address": temporal_dev}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack with engines of its own, of which each test kills another part."""
    with Stack(tmp_path_factory.mktemp("running"), programs=ONE) as stack:
        yield stack


def _until(condition: Callable[[], bool], what: str) -> None:
    until = monotonic() + WAIT_SECONDS
    pause = Event()
    while not condition():
        assert monotonic() < until, f"{what} did not happen in {WAIT_SECONDS} s"
        pause.wait(0.05)


def _owner(stack: Stack) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(stack.settings.owner_database_url().replace("+psycopg", ""), autocommit=True)


def _pids(stack: Stack) -> dict[str, int]:
    return {name: process["pid"] for name, process in read_state(stack.home)["processes"].items()}


def test_two_stacks_with_other_folders_run_side_by_side(tmp_path: Path) -> None:
    with Stack(tmp_path / "one", programs=WITH_FRONT) as one, Stack(tmp_path / "two", programs=WITH_FRONT) as two:
        addresses = {getattr(stack.settings, key) for stack in (one, two) for key in ("temporal_address", "front_port")}
        names = [name for stack in (one, two) for name in _pids(stack) if stack.is_ready(name)]

    assert len(addresses) == 4
    assert sorted(names) == sorted([*("postgres", "rabbitmq", "temporal", "budget", "front")] * 2)


async def _leave_traces(stack: Stack) -> None:
    """One row, one message on its way, and one process that waits for somebody."""
    with _owner(stack) as connection:
        connection.execute("create table trial as select 42 as answer")
    async with await aio_pika.connect(stack.settings.rabbitmq_url.get_secret_value()) as broker:
        channel = await broker.channel()
        queue = await channel.declare_queue("kansen.trial", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(b"on its way", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key=queue.name)
    client = await connect(stack.settings)
    await client.start_workflow("Trial", id="halfway", task_queue="trial")


async def _find_traces(stack: Stack) -> tuple[object, object, object]:
    with _owner(stack) as connection:
        row = connection.execute("select answer from trial").fetchone()
    async with await aio_pika.connect(stack.settings.rabbitmq_url.get_secret_value()) as broker:
        channel = await broker.channel()
        queue = await channel.get_queue("kansen.trial")
        message = await queue.get(timeout=WAIT_SECONDS, no_ack=True)
    client = await connect(stack.settings)
    workflow = await client.get_workflow_handle("halfway").describe()
    return row, message and message.body, workflow.status


async def test_what_was_stored_sent_and_started_is_there_after_down_and_up(tmp_path: Path) -> None:
    async with Stack(tmp_path, programs=ONE) as stack:
        secret = stack.settings.secret
        await _leave_traces(stack)

    async with Stack(tmp_path, programs=ONE) as again:
        assert again.settings.secret == secret
        assert await _find_traces(again) == ((42,), b"on its way", WorkflowExecutionStatus.RUNNING)


def test_stopping_leaves_no_process_behind(tmp_path: Path) -> None:
    with Stack(tmp_path, programs=WITH_FRONT) as stack:
        pids = _pids(stack)

    assert [name for name, pid in pids.items() if psutil.pid_exists(pid)] == []
    assert [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(process.info["cmdline"] or [])
    ] == []


@pytest.mark.parametrize("name", ["budget", "postgres", "rabbitmq", "temporal"])
def test_what_is_killed_is_started_again(running: Stack, name: str) -> None:
    before = _pids(running)[name]
    running.kill(name)
    _until(lambda: running.restarts[name] == 1 and running.is_ready(name), f"restart of {name}")

    assert _pids(running)[name] != before


def test_an_engine_that_comes_back_has_its_old_address(tmp_path: Path, other_engines: dict[str, object]) -> None:
    with Stack(tmp_path, programs=(), named=other_engines) as stack:
        before = stack.settings.owner_database_url()
        with stack.without("postgres"), pytest.raises(psycopg.OperationalError):
            _owner(stack)
        with _owner(stack) as connection:
            assert connection.execute("show fsync").fetchall() == [("on",)]

    assert before == stack.settings.owner_database_url()


def test_a_process_that_keeps_failing_is_one_clear_line_and_nothing_stays(
    tmp_path: Path, other_engines: dict[str, object]
) -> None:
    broken = Program("monitor", (SMALL, "--broken"))

    with pytest.raises(StartError) as refusal:
        Stack(tmp_path, programs=(broken,), named=other_engines).start()

    assert "monitor does not start" in str(refusal.value)
    assert "told to fail" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert read_state(tmp_path)["processes"] == {}


def test_a_taken_port_is_one_line_that_says_by_whom_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartError) as refusal:
            Stack(tmp_path, programs=WITH_FRONT, front_port=port).start()

    assert f"port {port} is taken by" in str(refusal.value)
    assert "--port" in str(refusal.value)
    assert "KANSEN_FRONT_PORT" in str(refusal.value)


def test_one_home_runs_one_stack(tmp_path: Path, other_engines: dict[str, object]) -> None:
    with Stack(tmp_path, programs=(), named=other_engines), pytest.raises(StartError, match="already running"):
        Stack(tmp_path, programs=(), named=other_engines).start()


def test_an_engine_that_the_settings_name_is_not_started(
    tmp_path: Path, postgres: str, placeholder_settings: Settings
) -> None:
    # With the session's own secret: another one would give the roles of its database other passwords.
    with Stack(
        tmp_path,
        programs=(),
        named={"database_url": postgres, "secret": placeholder_settings.secret.get_secret_value()},
    ) as stack:
        assert sorted(stack.engines) == ["rabbitmq", "temporal"]
        assert stack.settings.owner_database_url() == postgres


def test_a_stack_whose_supervisor_was_killed_is_replaced_by_the_next(tmp_path: Path) -> None:
    first = Stack(tmp_path, programs=ONE)
    first.start()
    orphans = _pids(first)
    # What a killed supervisor leaves: its processes and their records, but no watch and no lock.
    for keeper in first._keepers.values():
        keeper._stopping.set()
    first._lock.release()

    with Stack(tmp_path, programs=ONE) as second:
        assert [name for name, pid in orphans.items() if psutil.pid_exists(pid)] == []
        assert second.is_ready("budget")
