"""Carries the trace of whoever starts or tells a workflow on to its activities, children and next runs.

A workflow goes on with the trace it was told last: that of its start until an update or a signal brings another. It
makes no trace of its own, so that a replay takes the same steps; what is told without a trace, or with rubbish for
one, changes nothing.
"""

from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from temporalio import client, worker, workflow
from temporalio.api.common.v1 import Payload

from services.shared.trace import TRACEPARENT, current_traceparent, trace

TRACE_HEADER = "traceparent"
_ENCODING = {"encoding": b"json/plain"}


class _Headed(Protocol):
    headers: Mapping[str, Payload]


def carried(headers: Mapping[str, Payload]) -> str | None:
    """The traceparent in these headers, None where there is none or it is rubbish."""
    payload = headers.get(TRACE_HEADER)
    if payload is None or payload.metadata.get("encoding") != _ENCODING["encoding"]:
        return None
    text = payload.data.decode("ascii", errors="replace").removeprefix('"').removesuffix('"')
    return text if TRACEPARENT.fullmatch(text) else None


def _carry(headed: _Headed, traceparent: str | None) -> None:
    """Put a traceparent in the headers as plain JSON, readable in Temporal's own screens: it says nothing of anyone."""
    if traceparent is not None:
        payload = Payload(metadata=_ENCODING, data=f'"{traceparent}"'.encode())
        headed.headers = {**headed.headers, TRACE_HEADER: payload}


class TraceInterceptor(client.Interceptor, worker.Interceptor):
    """For `Client.connect(interceptors=[...])`; the workers of such a client have it too."""

    def intercept_client(self, next: client.OutboundInterceptor) -> client.OutboundInterceptor:
        return _FromClient(next)

    def intercept_activity(self, next: worker.ActivityInboundInterceptor) -> worker.ActivityInboundInterceptor:
        return _IntoActivity(next)

    def workflow_interceptor_class(
        self, input: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        return _IntoWorkflow


class _FromClient(client.OutboundInterceptor):
    """Sends the trace of what is going on along with whatever makes a workflow act."""

    async def start_workflow(self, input: client.StartWorkflowInput) -> client.WorkflowHandle[Any, Any]:
        _carry(input, current_traceparent())
        return await super().start_workflow(input)

    async def signal_workflow(self, input: client.SignalWorkflowInput) -> None:
        _carry(input, current_traceparent())
        await super().signal_workflow(input)

    async def start_workflow_update(self, input: client.StartWorkflowUpdateInput) -> client.WorkflowUpdateHandle[Any]:
        _carry(input, current_traceparent())
        return await super().start_workflow_update(input)


class _IntoActivity(worker.ActivityInboundInterceptor):
    """Puts an attempt in the trace of its workflow: a span of its own for each."""

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:
        with trace(carried(input.headers)):
            return await super().execute_activity(input)


class _IntoWorkflow(worker.WorkflowInboundInterceptor):
    """Remembers, for one run of a workflow, the trace that it was told last."""

    def __init__(self, next: worker.WorkflowInboundInterceptor) -> None:
        super().__init__(next)
        self.told: str | None = None

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        super().init(_FromWorkflow(outbound, self))

    async def execute_workflow(self, input: worker.ExecuteWorkflowInput) -> Any:
        # An update that came with the start may have been heard before the first line of `run`: it is the later one.
        self.told = self.told or carried(input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: worker.HandleSignalInput) -> None:
        self.told = carried(input.headers) or self.told
        await super().handle_signal(input)

    async def handle_update_handler(self, input: worker.HandleUpdateInput) -> Any:
        # Only here: an update that its validator refused has no effect, and so no say.
        self.told = carried(input.headers) or self.told
        return await super().handle_update_handler(input)


class _FromWorkflow(worker.WorkflowOutboundInterceptor):
    """Hands what the workflow was told last to whatever it sets to work."""

    def __init__(self, next: worker.WorkflowOutboundInterceptor, heard: _IntoWorkflow) -> None:
        super().__init__(next)
        self._heard = heard

    def start_activity(self, input: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:
        _carry(input, self._heard.told)
        return super().start_activity(input)

    def start_local_activity(self, input: worker.StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        _carry(input, self._heard.told)
        return super().start_local_activity(input)

    async def start_child_workflow(
        self, input: worker.StartChildWorkflowInput
    ) -> workflow.ChildWorkflowHandle[Any, Any]:
        _carry(input, self._heard.told)
        return await super().start_child_workflow(input)

    async def signal_child_workflow(self, input: worker.SignalChildWorkflowInput) -> None:
        _carry(input, self._heard.told)
        await super().signal_child_workflow(input)

    async def signal_external_workflow(self, input: worker.SignalExternalWorkflowInput) -> None:
        _carry(input, self._heard.told)
        await super().signal_external_workflow(input)

    def continue_as_new(self, input: worker.ContinueAsNewInput) -> NoReturn:
        _carry(input, self._heard.told)
        super().continue_as_new(input)
