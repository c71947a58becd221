"""A click is found again in everything that a workflow set to work because of it, also a year later."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.worker import Replayer

from services.desk.contracts import TrajectoryAct
from services.plans import activities, contracts
from services.plans.events import Phase
from services.shared.database import Database
from services.shared.logs import configure_logs, logger
from services.shared.settings import Settings
from services.shared.temporal import connect, data_converter
from services.shared.temporal_trace import TRACE_HEADER, TraceInterceptor, carried
from services.shared.trace import trace
from tests.conftest import SECRET
from tests.workflows.decisions import ask, decide
from tests.workflows.fakes import Memory
from tests.workflows.families import bring_to, enrol
from tests.workflows.runs import runs_of
from tests.workflows.stage import Stage, stage_of
from tests.workflows.test_cycles import PROGRAMME, cycle
from workflows.contracts import FactKind, matching_workflow_id
from workflows.matching_round import MatchingRound
from workflows.sandbox import workflow_runner
from workflows.worker import WORKFLOWS

CLICK = "a" * 32
LATER_CLICK = "b" * 32
_log = logger("tests.traces")

Connected = Callable[..., AbstractAsyncContextManager[Stage]]


def traceparent(trace_id: str) -> str:
    return f"00-{trace_id}-{'d' * 16}-01"


class Logging(Memory):
    """Services in memory that write a line in the log at every step, as real ones do."""

    def leave(self, name: str) -> None:
        _log.info("done", step=name)
        super().leave(name)


@dataclass
class Log:
    """What the log says."""

    caught: pytest.LogCaptureFixture

    def traces(self) -> list[tuple[str, str]]:
        """The steps since the last time that this was asked, each with the trace in its line."""
        entries = [record.msg for record in self.caught.records if isinstance(record.msg, dict)]
        self.caught.clear()
        return [(entry["step"], entry["trace"]) for entry in entries if entry["event"] == "done"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    """Lines as every process of ours writes them."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    configure_logs("test")
    yield Log(caplog)
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)


@pytest.fixture
def connected(server: str, placeholder_settings: Settings) -> Connected:
    """Stages on a client as every process of ours has it."""

    @asynccontextmanager
    async def make(**options: Any) -> AsyncIterator[Stage]:
        client = await connect(placeholder_settings.model_copy(update={"temporal_address": server}))
        async with stage_of(client, Logging(), **options) as made:
            yield made

    return make


async def published(database: Database) -> list[dict[str, Any]]:
    outbox = database.tables.outbox
    async with database.connection() as connection:
        return [json.loads(body) for body in (await connection.execute(select(outbox.c.body))).scalars()]


async def test_a_request_is_found_in_the_log_and_the_events_of_the_activities_it_led_to(
    connected: Connected, service_database: Callable[[str], Database], log: Log
) -> None:
    database = service_database("plans")
    real = {contracts.TASK_QUEUE: activities.Activities(database)}
    async with connected(real=real) as town:
        with trace(traceparent(CLICK)) as request:
            handle, _ = await enrol(town)
    (opened,) = await published(database)
    assert opened["traceparent"].split("-")[1] == CLICK
    assert opened["traceparent"] != request, "a span of its own"
    lines = log.traces()
    assert {step for step, _ in lines} >= {"budget.open_envelope", "matching.request_tandem"}
    assert {found for _, found in lines} == {CLICK}
    assert {carried(headers) for headers in await headers_of(handle)} == {request}


async def headers_of(handle: WorkflowHandle[Any, Any]) -> list[dict[str, Payload]]:
    """The headers of a workflow's start and activities, as Temporal keeps them."""
    history = await handle.fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes.header
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    started = history.events[0].workflow_execution_started_event_attributes.header
    return [dict(header.fields) for header in (started, *scheduled)]


async def test_what_a_person_tells_a_workflow_later_is_that_persons_trace(connected: Connected, log: Log) -> None:
    # Without memory every task replays its history: the trace comes from there, or not at all.
    async with connected(cached=0) as town:
        with trace(traceparent(CLICK)):
            handle, terms = await enrol(town)
            await bring_to(town, handle, terms, Phase.PLAN)
        assert {found for _, found in log.traces()} == {CLICK}
        with trace(traceparent(LATER_CLICK)):
            await town.tell(handle, FactKind.PLAN_AGREED)
        assert ("plans.enter_phase", LATER_CLICK) in (lines := log.traces())
        assert {found for _, found in lines} == {LATER_CLICK}
        history = await town.client.get_workflow_handle(handle.id).fetch_history()
    for interceptors in ([TraceInterceptor()], []):
        replayer = Replayer(
            workflows=WORKFLOWS,
            workflow_runner=workflow_runner(),
            data_converter=data_converter(SECRET),
            interceptors=interceptors,
        )
        await replayer.replay_workflow(history)


async def test_what_a_workflow_refused_to_hear_has_no_say(connected: Connected, log: Log) -> None:
    async with connected() as town:
        with trace(traceparent(CLICK)):
            handle, terms = await enrol(town)
            await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
            await town.tell(handle, FactKind.READY_TO_LET_GO)
        log.traces()
        with trace(traceparent(LATER_CLICK)), pytest.raises(WorkflowUpdateFailedError):
            await town.act(handle, TrajectoryAct.RESUME)
        await town.days(100)
        assert {found for _, found in log.traces()} == {CLICK}


async def test_a_request_is_recorded_in_the_trace_of_who_decided_about_it(connected: Connected, log: Log) -> None:
    async with connected() as town:
        with trace(traceparent(CLICK)):
            request, handle = await ask(town)
        assert ("desk.open_tasks", CLICK) in log.traces()
        with trace(traceparent(LATER_CLICK)):
            await decide(town, request)
        assert ("budget.record_decision", LATER_CLICK) in log.traces()
        await town.client.get_workflow_handle(handle.id).result()


async def test_a_cycle_keeps_its_trace_when_it_goes_on_as_new(connected: Connected, log: Log) -> None:
    async with connected() as town:
        terms = await cycle(town, months=26, every_days=90)
        with trace(traceparent(CLICK)):
            handle = await town.start(MatchingRound.run, terms, matching_workflow_id(PROGRAMME))
        assert terms.until is not None
        await town.until(terms.until + timedelta(days=1))
        assert handle.first_execution_run_id is not None
        runs = await runs_of(town.client, handle.id, handle.first_execution_run_id)
    assert len(runs) > 1
    assert log.traces() == [("matching.hold_round", CLICK)] * len(town.memory.rounds)


class Rubbish(Interceptor):
    """A client that sends along what is no trace."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        payload = self.payload

        class _Sends(OutboundInterceptor):
            async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
                input.headers = {TRACE_HEADER: payload}
                return await super().start_workflow(input)

        return _Sends(next)


def plain(data: bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=data)


NO_TRACES = {
    "empty": Payload(),
    "not text": plain(b"\xff\xfe\x00"),
    "not a trace": plain(b'"<script>"'),
    "a trace and more": plain(f'"{traceparent(CLICK)}\n"'.encode()),
    "an unknown version": plain(traceparent(CLICK).replace("00-", "ff-", 1).encode()),
    "sealed": Payload(metadata={"encoding": b"binary/encrypted"}, data=traceparent(CLICK).encode()),
}


@pytest.mark.parametrize("payload", NO_TRACES.values(), ids=NO_TRACES)
def test_rubbish_is_no_trace(payload: Payload) -> None:
    assert carried({TRACE_HEADER: payload}) is None
    assert carried({}) is None


@pytest.mark.parametrize("interceptors", [[], [Rubbish(NO_TRACES["not text"])]], ids=["no header", "rubbish"])
async def test_whoever_sends_no_trace_is_served_in_a_new_one(
    connected: Connected, server: str, log: Log, interceptors: list[Interceptor]
) -> None:
    async with connected() as town:
        other = await Client.connect(server, data_converter=data_converter(SECRET), interceptors=interceptors)
        handle, terms = await enrol(Stage(other, town.clock, town.memory))
        assert town.memory.files == {terms.trajectory_id: Phase.MATCHING}
        lines = log.traces()
        assert [len(found) for _, found in lines] == [32] * len(lines)
        assert {step for step, _ in lines} >= {"plans.open_trajectory", "budget.open_envelope"}
        with trace(traceparent(LATER_CLICK)):
            await town.tell(handle, FactKind.TANDEM_PROPOSED, subject_id=uuid4())
            await town.tell(handle, FactKind.CONSENT_WITHDRAWN)
        assert {found for _, found in log.traces()} == {LATER_CLICK}, "what has a trace is heard all the same"
