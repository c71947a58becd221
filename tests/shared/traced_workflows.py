"""Workflows that do everything a workflow can do to another, as the sandbox runs them: apart from any test."""

from datetime import timedelta

from temporalio import workflow

TELL = "tracing.tell"
ANSWER = timedelta(seconds=20)


@workflow.defn
class Listener:
    """Waits for a word, and then asks a service in which trace it is."""

    def __init__(self) -> None:
        self._heard = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self._heard)
        told: str = await workflow.execute_activity(TELL, result_type=str, schedule_to_close_timeout=ANSWER)
        return told

    @workflow.signal
    def hear(self) -> None:
        self._heard = True


@workflow.defn
class Speaker:
    """Starts a listener; after a word from outside it tells its child, and somebody who is not its child."""

    def __init__(self) -> None:
        self._heard = False
        self._waits = False

    @workflow.run
    async def run(self, acquaintance: str) -> list[str]:
        child = await workflow.start_child_workflow(Listener.run, id=f"{acquaintance}-child")
        before: str = await workflow.execute_local_activity(TELL, result_type=str, schedule_to_close_timeout=ANSWER)
        self._waits = True
        await workflow.wait_condition(lambda: self._heard)
        after: str = await workflow.execute_local_activity(TELL, result_type=str, schedule_to_close_timeout=ANSWER)
        await child.signal(Listener.hear)
        await workflow.get_external_workflow_handle(acquaintance).signal(Listener.hear)
        return [before, after, await child]

    @workflow.signal
    def hear(self) -> None:
        self._heard = True

    @workflow.update
    async def come_to_wait(self) -> None:
        await workflow.wait_condition(lambda: self._waits)


@workflow.defn
class Introducer:
    """Starts a child that asks at once."""

    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_child_workflow(Asker.run, id=f"{workflow.info().workflow_id}-child")


@workflow.defn
class Asker:
    """Asks a service in which trace it is."""

    @workflow.run
    async def run(self) -> str:
        told: str = await workflow.execute_activity(TELL, result_type=str, schedule_to_close_timeout=ANSWER)
        return told
