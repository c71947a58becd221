"""A workflow that listens in the place of an Approval and a FamilyTrajectory, and people who decide."""

from sqlalchemy import select
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from services.desk import decisions, store
from services.desk.commands import Decide
from services.desk.contracts import ACT_UPDATE, DECIDE_UPDATE, Choice, Decision, TrajectoryAct, TrajectoryAction
from services.shared.access import Actor
from services.shared.outcomes import Refused
from tests.desk.office import MONDAY, SEEN, Office, question

QUEUE = "desk-rehearsal"
_TERMINATE = WorkflowIDConflictPolicy.TERMINATE_EXISTING


@workflow.defn
class Listener:
    """Stands in for an Approval and a FamilyTrajectory: takes what it is told until it has heard enough."""

    def __init__(self) -> None:
        self.heard: list[Decision | TrajectoryAction] = []

    @workflow.run
    async def run(self, enough: int) -> int:
        await workflow.wait_condition(lambda: len(self.heard) >= enough and workflow.all_handlers_finished())
        return len(self.heard)

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: Decision) -> None:
        self.heard.append(decision)

    @decide.validator
    def may_decide(self, decision: Decision) -> None:
        if decision.reason == "no-good-reason":
            raise ApplicationError("not accepted", type="reason-missing", non_retryable=True)

    @workflow.update(name=ACT_UPDATE)
    def act(self, action: TrajectoryAction) -> None:
        self.heard.append(action)

    @act.validator
    def may_act(self, action: TrajectoryAction) -> None:
        if action.act is TrajectoryAct.RESUME:
            raise ApplicationError("not paused", type="not-paused", non_retryable=True)

    @workflow.query
    def count(self) -> int:
        return len(self.heard)


async def listen(client: Client, workflow_id: str, *, enough: int = 10) -> None:
    """Have somebody who listens; an earlier test's is ended."""
    await client.start_workflow(Listener.run, enough, id=workflow_id, task_queue=QUEUE, id_conflict_policy=_TERMINATE)


def decision(**changes: object) -> Decide:
    values: dict[str, object] = {
        "task_id": question().task_id,
        "choice": Choice.APPROVE,
        "reason": "helps-the-family",
        "digest": SEEN,
    }
    return Decide.model_validate(values | changes)


async def decide(office: Office, client: Client, command: Decide, actor: Actor) -> decisions.Accepted | Refused:
    return await decisions.decide(office.database, client, command, actor=actor, now=MONDAY)


async def answers(office: Office) -> list[tuple[str, str | None]]:
    async with office.database.transaction() as tx:
        query = select(store.decision.c.answer, store.decision.c.refusal).order_by(store.decision.c.id)
        return [(row.answer, row.refusal) for row in await tx.execute(query)]


async def heard(client: Client, workflow_id: str) -> int:
    return await client.get_workflow_handle(workflow_id).query(Listener.count)
