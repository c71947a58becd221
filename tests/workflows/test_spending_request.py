"""Money asked for is committed or given back, whatever happens in between."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle

from services.budget.events import Verdict
from services.desk.contracts import Choice, TaskKind, approval_id
from services.shared.calendar import term_end
from tests.workflows.decisions import decide
from tests.workflows.fakes import mandate
from tests.workflows.stage import Stage
from workflows.contracts import WITHDRAW_UPDATE, SpendingEnded, SpendingTerms, spending_workflow_id
from workflows.spending_request import SpendingRequest

pytestmark = pytest.mark.engines


async def ask(town: Stage) -> tuple[UUID, WorkflowHandle[Any, Any]]:
    request = uuid4()
    terms = SpendingTerms(request_id=request, programme="kansrijk-groningen")
    return request, await town.start(SpendingRequest.run, terms, spending_workflow_id(request))


async def verdict(town: Stage, handle: WorkflowHandle[Any, Any]) -> Verdict:
    ended: SpendingEnded = await town.result(handle, SpendingEnded)
    return ended.verdict


async def test_a_bicycle_is_approved_by_two_people(town: Stage) -> None:
    town.memory.mandate = mandate(deciders=2)
    request, handle = await ask(town)
    assert town.memory.reserved == {request}
    assert town.memory.open_kinds() == [TaskKind.DECIDE_REQUEST]
    first, second = await decide(town, request), await decide(town, request)
    assert await verdict(town, handle) is Verdict.APPROVED
    assert town.memory.decisions[request].deciders == (first.person, second.person)
    assert town.memory.left_open() == []


async def test_what_the_rules_refuse_is_asked_of_nobody(town: Stage) -> None:
    town.memory.refusal = "no-room"
    request, handle = await ask(town)
    assert await verdict(town, handle) is Verdict.REFUSED
    assert town.memory.tasks == {}
    assert request not in town.memory.decisions


async def test_a_refusal_gives_the_money_back_with_its_reason(town: Stage) -> None:
    request, handle = await ask(town)
    await decide(town, request, choice=Choice.REFUSE, reason="other-provision-fits")
    assert await verdict(town, handle) is Verdict.REFUSED
    assert town.memory.decisions[request].reason == "other-provision-fits"
    assert town.memory.left_open() == []


async def test_the_asker_takes_a_request_back(town: Stage) -> None:
    _, handle = await ask(town)
    await town.client.get_workflow_handle(handle.id).execute_update(WITHDRAW_UPDATE)
    await town.settle()
    assert await verdict(town, handle) is Verdict.WITHDRAWN
    assert town.memory.left_open() == []


async def test_a_request_that_nobody_decides_gives_the_money_back(town: Stage) -> None:
    request, handle = await ask(town)
    await town.until(term_end(await town.today(), 8))
    assert await verdict(town, handle) is Verdict.LAPSED
    assert town.memory.decisions[request].verdict is Verdict.LAPSED
    assert town.memory.left_open() == []


@pytest.mark.parametrize("what", ["request", "approval"])
async def test_a_decision_that_is_broken_off_gives_the_money_back(town: Stage, what: str) -> None:
    request, handle = await ask(town)
    broken_off = handle.id if what == "request" else approval_id(request)
    await town.client.get_workflow_handle(broken_off).cancel()
    await town.settle()
    assert town.memory.decisions[request].verdict is Verdict.LAPSED
    assert town.memory.left_open() == []


async def test_an_answer_that_gets_lost_does_not_reserve_twice(town: Stage) -> None:
    town.memory.forgets = {"budget.reserve", "desk.open_tasks", "budget.record_decision"}
    request, handle = await ask(town)
    await town.days(1)
    await decide(town, request)
    await town.days(1)
    assert await verdict(town, handle) is Verdict.APPROVED
    assert len(town.memory.all_tasks) == 1
    assert town.memory.left_open() == []
