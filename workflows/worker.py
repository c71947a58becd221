"""The worker that runs all our workflows."""

from temporalio.client import Client
from temporalio.worker import Worker

from services.shared.build import build_id
from workflows.bounds import TASK_QUEUE
from workflows.intake_process import IntakeProcess
from workflows.matching_round import MatchingRound
from workflows.payment_release import PaymentRelease
from workflows.payment_run import PaymentRun
from workflows.programme_cycle import ProgrammeCycle
from workflows.retention import Retention
from workflows.review_cycle import ReviewCycle
from workflows.sandbox import workflow_runner
from workflows.spending_request import SpendingRequest
from workflows.trajectory import FamilyTrajectory

WORKFLOWS = (
    IntakeProcess,
    FamilyTrajectory,
    SpendingRequest,
    ProgrammeCycle,
    MatchingRound,
    ReviewCycle,
    PaymentRun,
    PaymentRelease,
    Retention,
)


def workflow_worker(client: Client, *, cached: int) -> Worker:
    """A worker for our task queue; `cached` is how many workflows stay in memory between their tasks.

    The time-skipping server keeps waiting for a worker that died with workflows in memory: where one may be killed on
    that server, `cached` is 0, and each task replays its history.
    """
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        workflow_runner=workflow_runner(),
        build_id=build_id(),
        max_cached_workflows=cached,
    )
