"""People who decide, as the desk would tell an Approval."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from services.desk.contracts import DECIDE_UPDATE, Choice, Decision, approval_id
from services.shared.roles import Role
from tests.workflows.fakes import DIGEST
from tests.workflows.stage import Stage


def a_decision(**changes: Any) -> Decision:
    """A budget holder approves."""
    plain = Decision(
        choice=Choice.APPROVE,
        person=uuid4(),
        roles=(Role.BUDGET_HOLDER,),
        reason="fits-the-plan",
        digest=DIGEST,
    )
    return replace(plain, **changes)


async def decide(town: Stage, subject: UUID, **changes: Any) -> Decision:
    """Somebody decides, and it is accepted."""
    decision = a_decision(**changes)
    await town.update(town.client.get_workflow_handle(approval_id(subject)), DECIDE_UPDATE, decision)
    return decision


async def is_refused(town: Stage, subject: UUID, **changes: Any) -> str:
    """Somebody tries to decide and is refused: the code."""
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(town, subject, **changes)
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type or ""
