"""What the lived years weigh in Temporal: history events, bytes and actions, of every run of every workflow."""

from collections.abc import Iterable, Mapping
from typing import Self
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
    }
)
"""What Temporal's own cloud counts as an action."""


FAMILY_KINDS = ("intake", "trajectory", "request")
"""Workflows of one family. The others belong to the programme, and are shared by all who are in it."""


class Weight(BaseModel):
    """Of some workflows together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflows: int = 0
    runs: int = 0
    history_events: int = 0
    history_bytes: int = 0
    actions: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            workflows=self.workflows + other.workflows,
            runs=self.runs + other.runs,
            history_events=self.history_events + other.history_events,
            history_bytes=self.history_bytes + other.history_bytes,
            actions=self.actions + other.actions,
        )


class Footprint(BaseModel):
    """Of all workflows of a programme, by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by_kind: dict[str, Weight]

    @property
    def total(self) -> Weight:
        return sum(self.by_kind.values(), start=Weight())

    @property
    def of_families(self) -> Weight:
        """What grows with the number of families."""
        return sum((weight for kind, weight in self.by_kind.items() if kind in FAMILY_KINDS), start=Weight())


def workflow_ids(
    programme: Code,
    *,
    signals: Iterable[UUID],
    trajectories: Iterable[UUID],
    requests: Iterable[UUID],
    batches: Iterable[UUID],
) -> dict[str, list[str]]:
    """By kind: every workflow that a lived programme can have had; some were never started."""
    return {
        "intake": [intake_workflow_id(signal) for signal in signals],
        "trajectory": [trajectory_workflow_id(trajectory) for trajectory in trajectories],
        "request": [approval_id(request) for request in requests],
        "release": [approval_id(batch) for batch in batches],
        "payments": [payments_workflow_id(programme)],
        "matching": [matching_workflow_id(programme)],
        "reviews": [reviews_workflow_id(programme)],
        "programme": [programme_workflow_id(programme)],
        "retention": [retention_workflow_id(programme)],
    }


async def weigh(client: Client, ids: Mapping[str, Iterable[str]]) -> Footprint:
    """Read the histories of these workflows, continued runs included."""
    by_kind: dict[str, Weight] = {}
    for kind, of_kind in ids.items():
        weights = [_weight(await _runs(client, workflow_id)) for workflow_id in of_kind]
        by_kind[kind] = sum(weights, start=Weight())
    return Footprint(by_kind=by_kind)


def _weight(histories: list[list[HistoryEvent]]) -> Weight:
    """Of one workflow, which may never have been started."""
    events = [event for history in histories for event in history]
    return Weight(
        workflows=int(bool(histories)),
        runs=len(histories),
        history_events=len(events),
        history_bytes=sum(event.ByteSize() for event in events),
        actions=sum(event.event_type in BILLABLE for event in events),
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
