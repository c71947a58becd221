"""A decision in time: reminded and escalated in Dutch working days, lapsed by law, refused where eyes are not four."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle

from services.budget.events import Verdict
from services.desk.contracts import Choice, TaskKind, approval_id
from services.shared.calendar import add_working_days, term_end
from services.shared.roles import Role
from tests.workflows.decisions import decide, is_refused
from tests.workflows.fakes import ASKER, mandate
from tests.workflows.stage import Stage
from workflows.approval import Approval
from workflows.contracts import ApprovalEnded, ApprovalTerms

pytestmark = pytest.mark.engines

MAUNDY_THURSDAY = date(2027, 3, 25)


async def ask(town: Stage, *, deciders: int = 1) -> tuple[UUID, WorkflowHandle[Any, Any]]:
    subject = uuid4()
    terms = ApprovalTerms(
        subject_id=subject,
        kind=TaskKind.DECIDE_REQUEST,
        programme="kansrijk-groningen",
        family_id=uuid4(),
        mandate=mandate(deciders=deciders),
    )
    return subject, await town.start(Approval.run, terms, approval_id(subject))


async def verdict(town: Stage, handle: WorkflowHandle[Any, Any]) -> Verdict:
    ended: ApprovalEnded = await town.result(handle, ApprovalEnded)
    return ended.verdict


async def test_one_decider_approves_with_a_reason(town: Stage) -> None:
    subject, handle = await ask(town)
    task = next(iter(town.memory.tasks.values()))
    assert (task.kind, task.roles, task.excluded) == (TaskKind.DECIDE_REQUEST, (Role.BUDGET_HOLDER,), (ASKER,))
    decided = await decide(town, subject)
    ended: ApprovalEnded = await town.result(handle, ApprovalEnded)
    assert ended == ApprovalEnded(verdict=Verdict.APPROVED, reason="fits-the-plan", deciders=(decided.person,))


async def test_working_days_are_counted_over_easter(town: Stage) -> None:
    await town.until(MAUNDY_THURSDAY)
    _, handle = await ask(town)
    # Good Friday, the weekend and Easter Monday do not count: Tuesday is the first working day, Thursday the third.
    await town.until(date(2027, 3, 31))
    assert town.memory.escalations == []
    await town.until(date(2027, 4, 1))
    assert [each.reminder for each in town.memory.escalations] == [True]
    await town.until(date(2027, 4, 2))
    assert len(town.memory.escalations) == 1
    await town.until(date(2027, 4, 5))
    assert [each.role for each in town.memory.escalations] == [None, Role.PROGRAMME_MANAGER]
    await handle.terminate()


async def test_after_escalation_the_other_role_may_decide(town: Stage) -> None:
    subject, handle = await ask(town)
    manager = (Role.PROGRAMME_MANAGER,)
    assert await is_refused(town, subject, roles=manager) == "not-in-role"
    await town.until(add_working_days(await town.today(), 5))
    await decide(town, subject, roles=manager)
    assert await verdict(town, handle) is Verdict.APPROVED


async def test_a_stand_in_decides_for_somebody_who_is_away(town: Stage) -> None:
    subject, handle = await ask(town)
    await decide(town, subject, on_behalf_of=uuid4())
    assert await verdict(town, handle) is Verdict.APPROVED


async def test_two_deciders_are_two_people(town: Stage) -> None:
    subject, handle = await ask(town, deciders=2)
    first = await decide(town, subject)
    assert await is_refused(town, subject, person=first.person) == "decided-before"
    assert await is_refused(town, subject, on_behalf_of=first.person) == "decided-before"
    await decide(town, subject)
    assert await verdict(town, handle) is Verdict.APPROVED


async def test_the_asker_and_a_changed_question_are_refused(town: Stage) -> None:
    subject, handle = await ask(town)
    assert await is_refused(town, subject, person=ASKER) == "excluded"
    assert await is_refused(town, subject, digest="c" * 64) == "changed-since-seen"
    await decide(town, subject, choice=Choice.REFUSE, reason="other-provision-fits")
    ended: ApprovalEnded = await town.result(handle, ApprovalEnded)
    assert (ended.verdict, ended.reason) == (Verdict.REFUSED, "other-provision-fits")


async def test_what_nobody_decides_lapses_after_the_term_of_the_law(town: Stage) -> None:
    _, handle = await ask(town)
    end = term_end(await town.today(), 8)
    await town.until(end - timedelta(days=1))
    assert (await handle.describe()).close_time is None
    await town.until(end)
    assert await verdict(town, handle) is Verdict.LAPSED


async def test_a_question_that_is_withdrawn_needs_no_decision(town: Stage) -> None:
    _, handle = await ask(town)
    await handle.signal(Approval.withdraw)
    await town.settle()
    assert await verdict(town, handle) is Verdict.WITHDRAWN
