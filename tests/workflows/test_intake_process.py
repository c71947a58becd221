"""From a signal in a library to a place, a decline, or a reason why it came to neither."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle

from services.desk.contracts import TaskKind
from services.intake.contracts import Admission
from services.intake.events import ContactOutcome
from services.shared.calendar import add_working_days
from services.shared.roles import Role
from tests.workflows.stage import Stage
from workflows.bounds import LATE_ESCALATE_WORKING_DAYS, LATE_GIVE_UP_WORKING_DAYS
from workflows.contracts import (
    HEAR_UPDATE,
    IntakeEnded,
    IntakeFact,
    IntakeFactKind,
    IntakeTerms,
    intake_workflow_id,
)
from workflows.intake_process import IntakeProcess

pytestmark = pytest.mark.engines


async def meet(town: Stage) -> tuple[UUID, WorkflowHandle[Any, Any]]:
    """A family was met; three attempts with five working days between, and six weeks for the intake."""
    signal = uuid4()
    terms = IntakeTerms(
        signal_id=signal,
        programme="kansrijke-start-groningen",
        attempts_maximum=3,
        attempt_working_days=5,
        intake_days=42,
    )
    return signal, await town.start(IntakeProcess.run, terms, intake_workflow_id(signal))


async def attempt(
    town: Stage, handle: WorkflowHandle[Any, Any], number: int, outcome: ContactOutcome, by: UUID | None = None
) -> None:
    fact = IntakeFact(kind=IntakeFactKind.CONTACT_ATTEMPTED, attempt=number, outcome=outcome, by=by)
    await town.update(handle, HEAR_UPDATE, fact)


async def complete(town: Stage, handle: WorkflowHandle[Any, Any]) -> None:
    await town.update(handle, HEAR_UPDATE, IntakeFact(kind=IntakeFactKind.INTAKE_COMPLETED))


@pytest.mark.parametrize("admission", list(Admission))
async def test_a_family_that_is_reached_the_second_time_hears_what_is_decided(
    town: Stage, admission: Admission
) -> None:
    town.memory.admission = admission
    _, handle = await meet(town)
    assert town.memory.open_kinds() == [TaskKind.CONTACT_FAMILY]
    await attempt(town, handle, 1, ContactOutcome.NOT_REACHED)
    assert [task.number for task in town.memory.tasks.values()] == [2]
    await attempt(town, handle, 2, ContactOutcome.REACHED)
    assert town.memory.open_kinds() == [TaskKind.DO_INTAKE]
    await town.days(10)
    await complete(town, handle)
    assert await town.result(handle, IntakeEnded) == IntakeEnded(admission=admission)
    assert town.memory.left_open() == []


async def test_the_intake_is_meant_for_who_spoke_with_the_family(town: Stage) -> None:
    _, handle = await meet(town)
    tried, spoke = uuid4(), uuid4()
    await attempt(town, handle, 1, ContactOutcome.NOT_REACHED, tried)
    assert [task.meant_for for task in town.memory.tasks.values()] == [None]
    await attempt(town, handle, 2, ContactOutcome.REACHED, spoke)

    assert [(task.kind, task.meant_for) for task in town.memory.tasks.values()] == [(TaskKind.DO_INTAKE, spoke)]


async def test_an_intake_done_on_the_spot_needs_no_contact_first(town: Stage) -> None:
    _, handle = await meet(town)
    await complete(town, handle)
    ended: IntakeEnded = await town.result(handle, IntakeEnded)
    assert ended.admission is Admission.ENROLLED
    assert town.memory.left_open() == []


async def test_a_family_that_is_never_reached_is_let_be(town: Stage) -> None:
    signal, handle = await meet(town)
    for number in (1, 2, 3):
        await attempt(town, handle, number, ContactOutcome.NOT_REACHED)
    assert await town.result(handle, IntakeEnded) == IntakeEnded(closed="unreachable")
    assert town.memory.closed_signals == {signal: "unreachable"}
    assert town.memory.left_open() == []


async def test_the_same_attempt_told_twice_counts_once(town: Stage) -> None:
    _, handle = await meet(town)
    for _ in range(4):
        await attempt(town, handle, 1, ContactOutcome.NOT_REACHED)
    assert [task.number for task in town.memory.tasks.values()] == [2]


async def test_a_family_that_does_not_want_it_is_asked_no_more(town: Stage) -> None:
    signal, handle = await meet(town)
    await attempt(town, handle, 1, ContactOutcome.REFUSED)
    assert await town.result(handle, IntakeEnded) == IntakeEnded(closed="refused")
    assert town.memory.closed_signals == {signal: "refused"}


async def test_an_intake_that_nobody_does_is_escalated_and_closed(town: Stage) -> None:
    signal, handle = await meet(town)
    await attempt(town, handle, 1, ContactOutcome.REACHED)
    await town.days(42)
    due = await town.today()
    assert [task.remind_on for task in town.memory.tasks.values()] == [due]
    assert town.memory.escalations == []
    await town.until(add_working_days(due, LATE_ESCALATE_WORKING_DAYS))
    assert [each.role for each in town.memory.escalations] == [Role.TEAM_COORDINATOR]
    await town.until(add_working_days(due, LATE_GIVE_UP_WORKING_DAYS))
    assert await town.result(handle, IntakeEnded) == IntakeEnded(closed="no-intake")
    assert town.memory.closed_signals == {signal: "no-intake"}
    assert town.memory.left_open() == []


async def test_a_signal_that_was_closed_elsewhere_leaves_no_task(town: Stage) -> None:
    _, handle = await meet(town)
    await town.update(handle, HEAR_UPDATE, IntakeFact(kind=IntakeFactKind.SIGNAL_CLOSED))
    assert await town.result(handle, IntakeEnded) == IntakeEnded(closed="closed-elsewhere")
    assert town.memory.closed_signals == {}
    assert town.memory.left_open() == []


async def test_a_sign_up_that_goes_on_in_another_programme_ends_here_for_that_reason(town: Stage) -> None:
    _, handle = await meet(town)
    fact = IntakeFact(kind=IntakeFactKind.SIGNAL_CLOSED, reason="switched-programme")
    await town.update(handle, HEAR_UPDATE, fact)
    assert await town.result(handle, IntakeEnded) == IntakeEnded(closed="switched-programme")
    assert town.memory.closed_signals == {}
    assert town.memory.left_open() == []
