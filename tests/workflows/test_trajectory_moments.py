"""At every moment: pause, resume, move, another tandem, stop, consent withdrawn, and the programme's own end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from services.desk.contracts import TaskKind, TrajectoryAct
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import add_months
from tests.workflows.families import bring_to, enrol, find_tandem
from tests.workflows.stage import Stage
from workflows.contracts import FactKind, TrajectoryEnded

pytestmark = pytest.mark.engines

LIVING = (Phase.MATCHING, Phase.PLAN, Phase.WORKING_TOGETHER, Phase.LETTING_GO, Phase.AFTERCARE)
in_every_phase = pytest.mark.parametrize("phase", LIVING)


@in_every_phase
async def test_a_family_may_stop(town: Stage, phase: Phase) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, phase)
    assert town.memory.files[terms.trajectory_id] is phase
    await town.act(handle, TrajectoryAct.STOP)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert (ended.outcome, ended.reason) == (TrajectoryOutcome.STOPPED, "family-asked")
    assert town.memory.left_open() == []


@in_every_phase
async def test_consent_withdrawn_closes_the_doors_at_once(town: Stage, phase: Phase) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, phase)
    await town.tell(handle, FactKind.CONSENT_WITHDRAWN)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.CONSENT_WITHDRAWN
    assert town.memory.left_open() == []


@in_every_phase
async def test_a_pause_stops_the_clock_and_everything_goes_on_after_it(town: Stage, phase: Phase) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, phase)
    entered = await town.today()
    had_tandem = terms.trajectory_id in town.memory.tandems
    await town.act(handle, TrajectoryAct.PAUSE)
    assert town.memory.paused == {terms.trajectory_id}
    assert terms.trajectory_id not in town.memory.requests
    await town.days(60)
    await town.act(handle, TrajectoryAct.RESUME)
    assert town.memory.paused == set()
    assert (terms.trajectory_id in town.memory.requests) is not had_tandem
    if phase is Phase.LETTING_GO:
        await town.until(add_months(entered, terms.letting_go_months))
        assert town.memory.files[terms.trajectory_id] is Phase.LETTING_GO
        await town.until(add_months(entered, terms.letting_go_months) + timedelta(days=60))
        assert town.memory.files[terms.trajectory_id] is Phase.AFTERCARE
    assert town.memory.files[terms.trajectory_id] is not Phase.CLOSED


@in_every_phase
async def test_a_family_moves_within_the_programme_or_out_of_it(town: Stage, phase: Phase) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, phase)
    await town.tell(handle, FactKind.MOVED, area="lewenborg")
    assert town.memory.areas[terms.trajectory_id] == "lewenborg"
    assert town.memory.files[terms.trajectory_id] is phase
    await town.tell(handle, FactKind.MOVED_AWAY, area="elsewhere")
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.MOVED_AWAY
    assert town.memory.left_open() == []


@pytest.mark.parametrize("phase", LIVING[1:])
async def test_a_family_gets_another_tandem_and_its_phase_goes_on(town: Stage, phase: Phase) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, phase)
    await town.act(handle, TrajectoryAct.CHANGE_TANDEM)
    assert town.memory.tandems == set()
    assert town.memory.requests == {terms.trajectory_id: 2}
    assert town.memory.files[terms.trajectory_id] is phase
    await find_tandem(town, handle, terms)
    assert town.memory.files[terms.trajectory_id] is phase
    assert town.memory.tandems == {terms.trajectory_id}


async def test_a_buddy_who_leaves_is_replaced_once_however_often_it_is_told(town: Stage) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    lost = await town.tell(handle, FactKind.TANDEM_LOST)
    assert town.memory.requests == {terms.trajectory_id: 2}
    await find_tandem(town, handle, terms)
    await town.tell(handle, FactKind.READY_TO_LET_GO)
    await town.tell(handle, FactKind.TANDEM_LOST, event_id=lost.event_id)
    assert town.memory.tandems == {terms.trajectory_id}


async def test_a_family_declines_and_a_trial_fails_before_it_has_its_tandem(town: Stage) -> None:
    handle, terms = await enrol(town)
    await town.tell(handle, FactKind.TANDEM_PROPOSED, subject_id=uuid4())
    await town.tell(handle, FactKind.TANDEM_DECLINED, subject_id=uuid4())
    assert town.memory.open_kinds() == []
    await town.tell(handle, FactKind.TANDEM_PROPOSED, subject_id=uuid4())
    await town.tell(handle, FactKind.TANDEM_CHOSEN, subject_id=uuid4())
    assert town.memory.open_kinds() == [TaskKind.EVALUATE_TRIAL]
    await town.tell(handle, FactKind.TRIAL_FAILED, subject_id=uuid4())
    assert town.memory.open_kinds() == []
    await find_tandem(town, handle, terms)
    assert town.memory.files[terms.trajectory_id] is Phase.PLAN


@pytest.mark.parametrize(
    ("act", "code"),
    [(TrajectoryAct.RESUME, "not-paused"), (TrajectoryAct.CHANGE_TANDEM, "no-tandem")],
)
async def test_what_makes_no_sense_now_is_refused_with_a_code(town: Stage, act: TrajectoryAct, code: str) -> None:
    handle, _ = await enrol(town)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await town.act(handle, act)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == code


@pytest.mark.parametrize("talks", [1, 2])
async def test_a_pause_without_end_is_talked_about_and_then_ends(town: Stage, talks: int) -> None:
    handle, terms = await enrol(town, pause_maximum_months=2, pause_talks_maximum=talks)
    await bring_to(town, handle, terms, Phase.PLAN)
    paused_on = await town.today()
    await town.act(handle, TrajectoryAct.PAUSE)
    await town.until(add_months(paused_on, 2 * talks))
    assert TaskKind.TALK_ABOUT_PAUSE in town.memory.open_kinds()
    await town.until(add_months(paused_on, 2 * (talks + 1)))
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert (ended.outcome, ended.reason) == (TrajectoryOutcome.STOPPED, "paused-too-long")
    assert town.memory.left_open() == []


async def test_a_family_for_whom_nobody_is_found_is_not_kept_waiting_for_ever(town: Stage) -> None:
    handle, terms = await enrol(town, no_match_months=9)
    closes_on = add_months(await town.today(), 9)
    await town.until(closes_on - timedelta(days=1))
    assert town.memory.files[terms.trajectory_id] is Phase.MATCHING
    await town.until(closes_on)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.NO_MATCH
    assert town.memory.left_open() == []


@pytest.mark.parametrize("phase", [Phase.MATCHING, Phase.PLAN, Phase.WORKING_TOGETHER])
async def test_everybody_is_closed_when_the_programme_ends(town: Stage, phase: Phase) -> None:
    ends_on = add_months(await town.today(), 5)
    handle, terms = await enrol(town, ends_on=ends_on)
    await bring_to(town, handle, terms, phase)
    await town.until(ends_on - timedelta(days=1))
    helped = phase is Phase.WORKING_TOGETHER
    assert town.memory.files[terms.trajectory_id] is (Phase.LETTING_GO if helped else phase)
    await town.until(ends_on)
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.PROGRAMME_ENDED
    assert town.memory.left_open() == []


async def test_support_lasts_as_long_as_needed_where_the_programme_says_so(town: Stage) -> None:
    handle, terms = await enrol(town, as_long_as_needed=True)
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    await town.until(add_months(await town.today(), 40))
    assert town.memory.files[terms.trajectory_id] is Phase.WORKING_TOGETHER
    await town.tell(handle, FactKind.READY_TO_LET_GO)
    assert town.memory.files[terms.trajectory_id] is Phase.LETTING_GO


async def test_an_aftercare_call_that_nobody_makes_is_passed_over(town: Stage) -> None:
    handle, terms = await enrol(town, aftercare_months=(1,))
    await bring_to(town, handle, terms, Phase.AFTERCARE)
    await town.until(add_months(await town.today(), 3))
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.COMPLETED
    assert town.memory.left_open() == []


async def test_a_family_that_comes_back_starts_anew_beside_its_closed_file(town: Stage) -> None:
    first, terms = await enrol(town)
    await bring_to(town, first, terms, Phase.PLAN)
    await town.act(first, TrajectoryAct.STOP)
    await town.days(200)
    second, again = await enrol(town, family_id=terms.family_id)
    assert (await second.describe()).close_time is None
    await find_tandem(town, second, again)
    assert town.memory.files == {terms.trajectory_id: Phase.CLOSED, again.trajectory_id: Phase.PLAN}
