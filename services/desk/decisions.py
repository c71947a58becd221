"""How what a person decides or does reaches a workflow: written down first, sent, and the answer kept."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from services.desk import handlers
from services.desk.commands import ActOnTrajectory, Decide
from services.desk.contracts import ACT_UPDATE
from services.desk.handlers import ALREADY_ENDED, Sending
from services.shared.access import Actor
from services.shared.database import Database, Transaction
from services.shared.logs import logger
from services.shared.outcomes import Refused
from services.shared.types import CODE_PATTERN, Code

SEND_SECONDS = 20.0
"""Long enough for a worker that died to be started again."""
NOT_AVAILABLE: Code = "decisions-not-available"
"""Temporal or its workers are away: what was sent is kept. A decision goes by itself once they are back."""
UNKNOWN_TRAJECTORY: Code = "unknown-trajectory"
"""No trajectory ever ran under this id, or it has not started yet: the same action may be sent again."""

_log = logger(__name__)

Keep = Callable[[Transaction, UUID, Code | None], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The workflow took it; `id` is the decision's or the action's."""

    id: UUID


async def decide(
    database: Database, client: Client, command: Decide, *, actor: Actor, now: datetime
) -> Accepted | Refused:
    """Decide about a request or a batch, in one's own name or as a stand-in."""
    async with database.transaction() as tx:
        sending = await handlers.offer_decision(tx, command, now=now, actor=actor)
    return await _deliver(
        database, client, sending, lambda tx, row, refusal: handlers.answer_decision(tx, row, refusal, now=now)
    )


async def send_kept(database: Database, client: Client, *, now: datetime) -> int:
    """Send what was decided while Temporal was away, each once, and keep what came of it; gives how many had an answer.

    What somebody sends again meanwhile has the same id, and is taken once.
    """
    async with database.transaction() as tx:
        kept = await handlers.kept_decisions(tx, now=now)
    came = await asyncio.gather(
        *(
            _deliver(
                database, client, each, lambda tx, row, refusal: handlers.answer_decision(tx, row, refusal, now=now)
            )
            for each in kept
        )
    )
    return sum(outcome != Refused(NOT_AVAILABLE) for outcome in came)


async def act(
    database: Database, client: Client, command: ActOnTrajectory, *, actor: Actor, now: datetime
) -> Accepted | Refused:
    """Pause or resume a trajectory, ask for another tandem, or stop."""
    async with database.transaction() as tx:
        sending = await handlers.offer_action(tx, command, now=now, actor=actor)
    return await _deliver(
        database, client, sending, lambda tx, row, refusal: handlers.answer_action(tx, row, refusal, now=now)
    )


async def send(client: Client, sending: Sending) -> Refused | None:
    """Bring one update to its workflow within SEND_SECONDS; None when the workflow accepted it."""
    handle = client.get_workflow_handle(sending.workflow_id)
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await handle.execute_update(
                sending.update, sending.argument, id=str(sending.id), rpc_timeout=timedelta(seconds=SEND_SECONDS)
            )
    except WorkflowUpdateFailedError as error:
        return Refused(_code_of(error.cause))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            unknown = sending.update == ACT_UPDATE and not await _was_started(handle)
            return Refused(UNKNOWN_TRAJECTORY if unknown else ALREADY_ENDED)
        _log.warning("update not sent", workflow=sending.workflow_id, exc_info=error)
        return Refused(NOT_AVAILABLE)
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError, RuntimeError) as error:
        # A client that could not connect yet raises RuntimeError.
        _log.warning("update not sent", workflow=sending.workflow_id, exc_info=error)
        return Refused(NOT_AVAILABLE)
    return None


async def _deliver(database: Database, client: Client, sending: Sending | Refused, keep: Keep) -> Accepted | Refused:
    if isinstance(sending, Refused):
        return sending
    if sending.answered:
        return Accepted(id=sending.id)
    refused = await send(client, sending)
    if refused is not None and refused.code in (NOT_AVAILABLE, UNKNOWN_TRAJECTORY):
        return refused
    async with database.transaction() as tx:
        await keep(tx, sending.id, refused.code if refused else None)
    return refused or Accepted(id=sending.id)


async def _was_started(handle: WorkflowHandle[Any, Any]) -> bool:
    try:
        await handle.describe(rpc_timeout=timedelta(seconds=SEND_SECONDS))
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return True


def _code_of(cause: BaseException | None) -> Code:
    """The code that a workflow's validator refused with."""
    code = cause.type if isinstance(cause, ApplicationError) else None
    return code if code and re.match(CODE_PATTERN, code) else "refused"
