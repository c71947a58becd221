"""A decision in time: escalated in Dutch working days, lapsed by law, refused where eyes are not four."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowHandle

from services.budget.events import Verdict
from services.desk.contracts import Choice, TaskKind
from services.shared.calendar import add_working_days, term_end
from services.shared.roles import Role
from tests.workflows.decisions import ask, decide, is_refused
from tests.workflows.fakes import ASKER, mandate
from tests.workflows.stage import Stage
from workflows.contracts import SpendingEnded

pytestmark = pytest.mark.engines

MAUNDY_THURSDAY = date(2027, 3, 25)


async def verdict(town: Stage, handle: WorkflowHandle[Any, Any]) -> Verdict:
    ended: SpendingEnded = await town.result(handle, SpendingEnded)
    return ended.verdict


async def test_one_decider_approves_with_a_reason(town: Stage) -> None:
    subject, handle = await ask(town)
    task = next(iter(town.memory.tasks.values()))
    assert (task.kind, task.roles, task.excluded) == (TaskKind.DECIDE_REQUEST, (Role.BUDGET_HOLDER,), (ASKER,))
    decided = await decide(town, subject)
    assert await verdict(town, handle) is Verdict.APPROVED
    recorded = town.memory.decisions[subject]
    assert (recorded.reason, recorded.deciders) == ("fits-the-plan", (decided.person,))


async def test_working_days_are_counted_over_easter(town: Stage) -> None:
    await town.until(MAUNDY_THURSDAY)
    _, handle = await ask(town)
    # Good Friday, the weekend and Easter Monday do not count: Tuesday is the first working day, Thursday the third.
    task = next(iter(town.memory.tasks.values()))
    assert (task.remind_on, task.due_on) == (date(2027, 4, 1), date(2027, 4, 5))
    await town.until(date(2027, 4, 2))
    assert town.memory.escalations == []
    await town.until(date(2027, 4, 5))
    assert [each.role for each in town.memory.escalations] == [Role.PROGRAMME_MANAGER]
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
    subject, handle = await ask(town, asks=mandate(deciders=2))
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
    assert await verdict(town, handle) is Verdict.REFUSED
    assert town.memory.decisions[subject].reason == "other-provision-fits"


async def test_what_has_changed_since_it_was_asked_can_only_be_refused(town: Stage) -> None:
    subject, handle = await ask(town)
    assert await is_refused(town, subject, digest="c" * 64) == "changed-since-seen"
    await decide(town, subject, digest="c" * 64, choice=Choice.REFUSE, reason="payee-changed")
    assert await verdict(town, handle) is Verdict.REFUSED


async def test_what_nobody_decides_lapses_after_the_term_of_the_law(town: Stage) -> None:
    _, handle = await ask(town)
    end = term_end(await town.today(), 8)
    await town.until(end - timedelta(days=1))
    assert (await handle.describe()).close_time is None
    await town.until(end)
    assert await verdict(town, handle) is Verdict.LAPSED
