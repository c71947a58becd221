"""Every trajectory that goes on has its running workflow, and no closed one has."""

import asyncio
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from deploy.verify.books import Books
from deploy.verify.findings import Checked, several
from services.desk.contracts import trajectory_workflow_id
from services.shared.temporal import connect

CONNECT_SECONDS = 5
CALLS_AT_ONCE = 16
TRAJECTORIES_MAX = 20_000


async def check_workflows(books: Books) -> Checked:
    """Ask Temporal about each trajectory by its id; where Temporal does not answer, say so."""
    rows = await books.rows(
        f"SELECT id, state = 'closed' AS closed FROM plans.trajectory ORDER BY id LIMIT {TRAJECTORIES_MAX}"
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            client = await connect(books.settings)
    except (RuntimeError, OSError, TimeoutError):
        return Checked(check="workflows", note="Temporal does not answer; workflows were not looked at")
    at_once = asyncio.Semaphore(CALLS_AT_ONCE)

    async def runs(trajectory_id: UUID) -> bool:
        async with at_once:
            return await _is_running(client, trajectory_workflow_id(trajectory_id))

    running = await asyncio.gather(*(runs(row.id) for row in rows))
    without = [str(row.id) for row, found in zip(rows, running, strict=True) if not found and not row.closed]
    still = [str(row.id) for row, found in zip(rows, running, strict=True) if found and row.closed]
    wrong = several("trajectories that go on without a running workflow", without)
    wrong += several("closed trajectories with a workflow that still runs", still)
    note = f"the first {TRAJECTORIES_MAX} trajectories" if len(rows) == TRAJECTORIES_MAX else ""
    return Checked(check="workflows", counts={"running": sum(running)}, wrong=tuple(wrong), note=note)


async def _is_running(client: Client, workflow_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING
