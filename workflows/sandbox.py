"""What workflow code may share with the process around it: pure modules, imported once."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = (
    "services",
    "pydantic",
    "workflows.approval_rules",
    "workflows.asking",
    "workflows.bounds",
    "workflows.contracts",
    "workflows.trajectory_events",
    "workflows.trajectory_state",
)
"""Values, events, contracts and dates. Workflows import no more of `services`; an import rule holds them to it."""


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox in which our workflows run."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))
