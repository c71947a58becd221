"""What a workflow costs: its history's events and bytes, and the actions that a Temporal provider would bill."""

from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

BILLED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
}


@dataclass(frozen=True)
class Footprint:
    runs: int
    events: int
    actions: int
    size_bytes: int


async def runs_of(client: Client, workflow_id: str, first_run: str) -> list[WorkflowHistory]:
    """The histories of all runs of a workflow, from the first."""
    histories, run = [], first_run
    while run:
        history = await client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
        histories.append(history)
        run = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return histories


async def footprint(client: Client, workflow_id: str, first_run: str) -> Footprint:
    """The cost of a workflow over all its runs."""
    histories = await runs_of(client, workflow_id, first_run)
    events: list[HistoryEvent] = [event for history in histories for event in history.events]
    return Footprint(
        runs=len(histories),
        events=len(events),
        actions=sum(event.event_type in BILLED for event in events),
        size_bytes=sum(event.ByteSize() for event in events),
    )
