"""What a workflow asks has its effect once, however often it is attempted."""

from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment

from services.intake.activities import IntakeActivities
from services.intake.contracts import Admission, Admit, CloseSignal, CloseWaitingList, EraseDue
from services.intake.events import FamilyEnrolled, SignalClosed
from tests.intake.town import PROGRAMME, Town, day

pytestmark = pytest.mark.engines


def scheduled(activity_id: str, number: int) -> ActivityEnvironment:
    """One attempt of an activity that was scheduled on a day in March."""
    attempt = ActivityEnvironment()
    attempt.info = replace(attempt.info, activity_id=activity_id, scheduled_time=day(number))
    return attempt


async def test_a_second_attempt_gets_the_first_ones_answer(town: Town) -> None:
    activities = IntakeActivities(town.database)
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))

    first = await scheduled("admit", 2).run(activities.admit, Admit(signal_id=signal_id))
    await town.close_trajectory(signal_id, on=day(3))
    second = await scheduled("admit", 2).run(activities.admit, Admit(signal_id=signal_id))

    assert first == second
    assert first.admission is Admission.ENROLLED
    [enrolled] = await town.told(FamilyEnrolled)
    assert enrolled.enrolled_on == day(2).date()


async def test_every_activity_of_the_contract_runs_on_the_real_tables(town: Town) -> None:
    activities = IntakeActivities(town.database)
    signal_id = await town.meet("Bakker", on=day(1))

    closed = await scheduled("close", 2).run(
        activities.close_signal, CloseSignal(signal_id=signal_id, reason="unreachable")
    )
    declined = await scheduled("list", 2).run(activities.close_waiting_list, CloseWaitingList(programme=PROGRAMME))
    erased = await scheduled("erase", 2).run(activities.erase_due, EraseDue(programme=PROGRAMME, limit=5))

    assert (closed.count, declined.count, erased.count) == (1, 0, 0)
    assert len(await town.told(SignalClosed)) == 1
