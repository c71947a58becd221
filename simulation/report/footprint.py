"""What the lived years weigh in Temporal: history events, bytes and actions, of every run of every workflow."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from services.desk.contracts import approval_id, trajectory_workflow_id
from services.shared.types import Code
from workflows.contracts import (
    intake_workflow_id,
    matching_workflow_id,
    payments_workflow_id,
    programme_workflow_id,
    retention_workflow_id,
    reviews_workflow_id,
    spending_workflow_id,
)

RUNS_MAX = 100
"""Of one workflow; each year and each phase is one."""

BILLABLE = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    }
)
"""What Temporal's own cloud counts as an action. A child counts twice there: asked for, and started."""


class Footprint(BaseModel):
    """Of all workflows of a programme together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflows: int
    runs: int
    history_events: int
    history_bytes: int
    actions: int
    by_kind: dict[str, int]
    """History events by the kind of workflow: the word with which its id begins."""


def workflow_ids(
    programme: Code,
    *,
    signals: Iterable[UUID],
    trajectories: Iterable[UUID],
    requests: Iterable[UUID],
    batches: Iterable[UUID],
) -> list[str]:
    """Every workflow that a lived programme can have had; some were never started."""
    asked = list(requests)
    cycles = (
        programme_workflow_id,
        matching_workflow_id,
        reviews_workflow_id,
        payments_workflow_id,
        retention_workflow_id,
    )
    return [
        *(cycle(programme) for cycle in cycles),
        *(intake_workflow_id(signal) for signal in signals),
        *(trajectory_workflow_id(trajectory) for trajectory in trajectories),
        *(spending_workflow_id(request) for request in asked),
        *(approval_id(subject) for subject in (*asked, *batches)),
    ]


async def weigh(client: Client, ids: Iterable[str]) -> Footprint:
    """Read the histories of these workflows, continued runs included."""
    workflows = runs = size = actions = 0
    by_kind: dict[str, int] = {}
    for workflow_id in ids:
        histories = await _runs(client, workflow_id)
        kind = workflow_id.partition("-")[0]
        workflows += bool(histories)
        runs += len(histories)
        for history in histories:
            by_kind[kind] = by_kind.get(kind, 0) + len(history)
            size += sum(event.ByteSize() for event in history)
            actions += sum(event.event_type in BILLABLE for event in history)
    return Footprint(
        workflows=workflows,
        runs=runs,
        history_events=sum(by_kind.values()),
        history_bytes=size,
        actions=actions,
        by_kind=dict(sorted(by_kind.items())),
    )


async def _runs(client: Client, workflow_id: str) -> list[list[HistoryEvent]]:
    """The histories of a workflow, the newest run first; none when it was never started."""
    histories: list[list[HistoryEvent]] = []
    run_id: str | None = None
    while len(histories) < RUNS_MAX:
        try:
            history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return histories
            raise
        events = list(history.events)
        histories.append(events)
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id or None
        if run_id is None:
            return histories
    return histories
