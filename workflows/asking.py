"""How a workflow asks a service to do something: always within the same bounds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from services.budget import contracts as budget
from services.desk import contracts as desk
from services.matching import contracts as matching
from services.plans import contracts as plans
from workflows.bounds import ACTIVITY_SECONDS, ACTIVITY_TOGETHER, RETRY

type Command = (
    budget.CloseEnvelope
    | desk.CloseTask
    | desk.OpenTasks
    | matching.EndTandem
    | matching.MoveFamily
    | matching.RequestTandem
    | matching.WithdrawRequest
    | plans.CloseTrajectory
    | plans.EnterPhase
    | plans.PauseTrajectory
    | plans.ResumeTrajectory
)
"""What a trajectory asks without needing an answer."""


class UnansweredError(Exception):
    """A step that must be done could not be done; the workflow stands still until somebody mends the cause."""


async def ask[S, C, R](queue: str, step: Callable[[S, C], Awaitable[R]], command: C) -> R:
    """Ask a service and wait for its answer. Raises ActivityError when all attempts together took too long."""
    return await workflow.execute_activity_method(
        step,
        command,
        task_queue=queue,
        start_to_close_timeout=ACTIVITY_SECONDS,
        schedule_to_close_timeout=ACTIVITY_TOGETHER,
        retry_policy=RETRY,
    )


async def insist[S, C, R](queue: str, step: Callable[[S, C], Awaitable[R]], command: C) -> R:
    """Ask what a process cannot go on without: when it fails for good, the workflow is suspended, never lost."""
    try:
        return await ask(queue, step, command)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise UnansweredError(error.activity_type) from error


async def perform(commands: Sequence[Command]) -> None:
    """Have commands done: in their order within one service, services side by side."""
    queues: dict[str, list[Command]] = {}
    for command in commands:
        queues.setdefault(_queue_of(command), []).append(command)
    await asyncio.gather(*(_in_order(own) for own in queues.values()))


async def _in_order(commands: list[Command]) -> None:
    for command in commands:
        await _perform(command)


def _queue_of(command: Command) -> str:
    match command:
        case budget.CloseEnvelope():
            return budget.TASK_QUEUE
        case desk.CloseTask() | desk.OpenTasks():
            return desk.TASK_QUEUE
        case matching.EndTandem() | matching.MoveFamily() | matching.RequestTandem() | matching.WithdrawRequest():
            return matching.TASK_QUEUE
        case plans.CloseTrajectory() | plans.EnterPhase() | plans.PauseTrajectory() | plans.ResumeTrajectory():
            return plans.TASK_QUEUE


async def _perform(command: Command) -> None:
    queue = _queue_of(command)
    match command:
        case budget.CloseEnvelope():
            await insist(queue, budget.BudgetActivities.close_envelope, command)
        case desk.CloseTask():
            await insist(queue, desk.DeskActivities.close_task, command)
        case desk.OpenTasks():
            await insist(queue, desk.DeskActivities.open_tasks, command)
        case matching.EndTandem():
            await insist(queue, matching.MatchingActivities.end_tandem, command)
        case matching.MoveFamily():
            await insist(queue, matching.MatchingActivities.move_family, command)
        case matching.RequestTandem():
            await insist(queue, matching.MatchingActivities.request_tandem, command)
        case matching.WithdrawRequest():
            await insist(queue, matching.MatchingActivities.withdraw_request, command)
        case plans.CloseTrajectory():
            await insist(queue, plans.PlansActivities.close_trajectory, command)
        case plans.EnterPhase():
            await insist(queue, plans.PlansActivities.enter_phase, command)
        case plans.PauseTrajectory():
            await insist(queue, plans.PlansActivities.pause_trajectory, command)
        case plans.ResumeTrajectory():
            await insist(queue, plans.PlansActivities.resume_trajectory, command)
