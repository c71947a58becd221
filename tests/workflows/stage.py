"""A stage for workflows: the time-skipping server, our worker, six services in memory, and a clock to move."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from services.desk.contracts import ACT_UPDATE, TrajectoryAct, TrajectoryAction
from services.shared.calendar import local_date, morning_of
from services.shared.temporal import activity_worker
from services.shared.temporal_trace import TraceInterceptor
from simulation.clock import VirtualClock
from tests.workflows.fakes import Memory, fake_services
from workflows.bounds import CYCLES_AFTER_MORNING, TASK_QUEUE
from workflows.contracts import HEAR_UPDATE, Fact, FactKind
from workflows.worker import workflow_worker

SETTLE = timedelta(seconds=1)
ANSWER = timedelta(seconds=20)
SOMEBODY = uuid4()


@dataclass
class Stage:
    """Where a test lets workflows live."""

    client: Client
    clock: VirtualClock
    memory: Memory

    async def today(self) -> date:
        return local_date(await self.clock.now())

    async def settle(self) -> None:
        """Until nothing is at work any more."""
        await self.clock.sleep(SETTLE)

    async def until(self, day: date) -> None:
        """Live until the morning of a day, and see what it brought."""
        await self.clock.sleep_until(morning_of(day) + CYCLES_AFTER_MORNING + SETTLE)

    async def days(self, count: int) -> None:
        """Live so many days, to the morning."""
        await self.until(await self.today() + timedelta(days=count))

    async def start(self, run: Any, terms: object, workflow_id: str) -> WorkflowHandle[Any, Any]:
        """Start a workflow and let it come to its first wait."""
        handle = await self.client.start_workflow(run, terms, id=workflow_id, task_queue=TASK_QUEUE)
        await self.settle()
        return handle

    async def tell(self, handle: WorkflowHandle[Any, Any], kind: FactKind, **more: Any) -> Fact:
        """A fact that the starter brings."""
        fact = Fact(event_id=more.pop("event_id", None) or uuid4(), kind=kind, **more)
        await self.update(handle, HEAR_UPDATE, fact)
        return fact

    async def act(self, handle: WorkflowHandle[Any, Any], act: TrajectoryAct, person: UUID = SOMEBODY) -> None:
        """What a person does at the desk."""
        await self.update(handle, ACT_UPDATE, TrajectoryAction(act=act, person=person, reason="family-asked"))

    async def update(self, handle: WorkflowHandle[Any, Any], name: str, argument: object) -> None:
        await self.client.get_workflow_handle(handle.id).execute_update(
            name, argument, id=str(uuid4()), rpc_timeout=ANSWER
        )
        await self.settle()

    async def result(self, handle: WorkflowHandle[Any, Any], kind: type[Any]) -> Any:
        """What a workflow that has ended gives."""
        return await self.client.get_workflow_handle(handle.id, result_type=kind).result(rpc_timeout=ANSWER)


@asynccontextmanager
async def stage(address: str, *, cached: int = 1000, identity: str | None = None) -> AsyncIterator[Stage]:
    """A stage on a server of its own: what is left on one would hold up the time of the next."""
    client = await Client.connect(
        address, identity=identity, data_converter=pydantic_data_converter, interceptors=[TraceInterceptor()]
    )
    async with stage_of(client, Memory(), cached=cached) as made:
        yield made


@asynccontextmanager
async def stage_of(
    client: Client, memory: Memory, *, cached: int = 1000, real: Mapping[str, object] | None = None
) -> AsyncIterator[Stage]:
    """A stage with a client of the test's own; `real` are the services, by task queue, that are not in memory."""
    async with AsyncExitStack() as workers:
        await workers.enter_async_context(workflow_worker(client, cached=cached))
        for queue, activities in (fake_services(memory) | dict(real or {})).items():
            await workers.enter_async_context(activity_worker(client, queue, activities))
        yield Stage(client, VirtualClock(client), memory)
