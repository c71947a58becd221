"""Money that is asked for, and people who decide, as the desk would tell an approval."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from services.budget.events import Mandate
from services.desk.contracts import DECIDE_UPDATE, Choice, Decision, TaskKind, approval_id
from services.shared.roles import Role
from tests.workflows.fakes import DIGEST, mandate
from tests.workflows.stage import Stage
from workflows.contracts import ApprovalTerms
from workflows.payment_release import PaymentRelease
from workflows.spending_request import SpendingRequest


async def ask(
    town: Stage, request: UUID | None = None, *, asks: Mandate | None = None
) -> tuple[UUID, WorkflowHandle[Any, Any]]:
    """A family's request, whose money is set apart, is put to whoever its mandate names: one person where none is."""
    subject = request or uuid4()
    town.memory.reserved.add(subject)
    terms = ApprovalTerms(
        subject_id=subject,
        kind=TaskKind.DECIDE_REQUEST,
        programme="kansrijk-groningen",
        family_id=uuid4(),
        mandate=asks or mandate(),
    )
    return subject, await town.start(SpendingRequest.run, terms, approval_id(subject))


async def make(town: Stage, batch: UUID | None = None) -> tuple[UUID, WorkflowHandle[Any, Any]]:
    """A batch of payments is made, and put to whoever may release it: two people."""
    subject = batch or uuid4()
    terms = ApprovalTerms(
        subject_id=subject,
        kind=TaskKind.RELEASE_BATCH,
        programme="kansrijk-groningen",
        family_id=None,
        mandate=mandate(deciders=2),
    )
    return subject, await town.start(PaymentRelease.run, terms, approval_id(subject))


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
