"""Money that is set apart is committed or given back, whatever happens in between."""

from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from services.budget.events import Verdict
from services.desk.contracts import Choice, TaskKind
from services.shared.calendar import term_end
from tests.workflows.decisions import ask, decide
from tests.workflows.fakes import mandate
from tests.workflows.stage import Stage
from workflows.contracts import WITHDRAW_UPDATE, SpendingEnded

pytestmark = pytest.mark.engines


async def verdict(town: Stage, handle: WorkflowHandle[Any, Any]) -> Verdict:
    ended: SpendingEnded = await town.result(handle, SpendingEnded)
    return ended.verdict


async def test_a_bicycle_is_approved_by_two_people(town: Stage) -> None:
    request, handle = await ask(town, asks=mandate(deciders=2))
    assert town.memory.open_kinds() == [TaskKind.DECIDE_REQUEST]
    first, second = await decide(town, request), await decide(town, request)
    assert await verdict(town, handle) is Verdict.APPROVED
    assert town.memory.decisions[request].deciders == (first.person, second.person)
    assert town.memory.left_open() == []


async def test_a_refusal_gives_the_money_back_with_its_reason(town: Stage) -> None:
    request, handle = await ask(town)
    await decide(town, request, choice=Choice.REFUSE, reason="other-provision-fits")
    assert await verdict(town, handle) is Verdict.REFUSED
    assert town.memory.decisions[request].reason == "other-provision-fits"
    assert town.memory.left_open() == []


async def test_what_the_asker_took_back_is_taken_off_the_list_and_recorded_by_budget_alone(town: Stage) -> None:
    request, handle = await ask(town)
    town.memory.reserved.discard(request)
    await town.client.get_workflow_handle(handle.id).execute_update(WITHDRAW_UPDATE)
    await town.settle()
    assert await verdict(town, handle) is Verdict.WITHDRAWN
    assert town.memory.decisions == {}
    assert town.memory.left_open() == []


async def test_a_request_that_nobody_decides_gives_the_money_back(town: Stage) -> None:
    request, handle = await ask(town)
    await town.until(term_end(await town.today(), 8))
    assert await verdict(town, handle) is Verdict.LAPSED
    assert town.memory.decisions[request].verdict is Verdict.LAPSED
    assert town.memory.left_open() == []


async def test_a_decision_that_is_broken_off_gives_the_money_back(town: Stage) -> None:
    request, handle = await ask(town)
    await town.client.get_workflow_handle(handle.id).cancel()
    await town.settle()
    assert town.memory.decisions[request].reason == "decision-broken-off"
    assert town.memory.left_open() == []


async def test_an_answer_that_gets_lost_does_not_ask_or_record_twice(town: Stage) -> None:
    town.memory.forgets = {"desk.open_tasks", "budget.record_decision"}
    request, handle = await ask(town)
    await town.days(1)
    await decide(town, request)
    await town.days(1)
    assert await verdict(town, handle) is Verdict.APPROVED
    assert len(town.memory.all_tasks) == 1
    assert town.memory.left_open() == []
