"""Every run of a workflow that goes on as new."""

from temporalio.client import Client, WorkflowHistory


async def runs_of(client: Client, workflow_id: str, first_run: str) -> list[WorkflowHistory]:
    """The histories of all runs of a workflow, from the first."""
    histories, run = [], first_run
    while run:
        history = await client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
        histories.append(history)
        run = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return histories
