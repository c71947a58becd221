"""Events start workflows once and are told once; what comes too late or too early does no harm."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID, uuid4

import pytest

from programmes.load import load
from services.budget.events import (
    ApprovalAbout,
    ApprovalAsked,
    ProgrammeFunded,
    SpendingRequestDecided,
    Verdict,
)
from services.desk.contracts import TaskKind, approval_id, trajectory_workflow_id
from services.intake.events import (
    ConsentWithdrawn,
    ContactAttempted,
    ContactOutcome,
    FamilyEnrolled,
    FamilyMoved,
    IntakeCompleted,
    SignalReceived,
)
from services.matching.events import (
    PersonLeft,
    TandemChosen,
    TandemConfirmed,
    TandemOption,
    TandemPart,
    TandemProposed,
    TrialEvaluated,
    TrialOutcome,
)
from services.plans.events import AftercareGiven, Phase, PlanAgreed, ReviewHeld, TrajectoryOutcome
from services.shared.database import Transaction
from services.shared.events import Event
from services.shared.types import stable_id
from tests.workflows.fakes import mandate
from tests.workflows.stage import Stage
from workflows.contracts import (
    PROLONG_SIGNAL,
    CycleTerms,
    TrajectoryEnded,
    intake_workflow_id,
    matching_workflow_id,
    payments_workflow_id,
    programme_workflow_id,
    retention_workflow_id,
    reviews_workflow_id,
)
from workflows.matching_round import MatchingRound
from workflows.review_cycle import ReviewCycle
from workflows.starter import NotStartedYetError, Starter, consumer_of, event_key

PROGRAMME = "kansrijk-groningen"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
engines = pytest.mark.engines


async def tell(town: Stage, event: Event) -> None:
    """An event as the inbox would hand it over; no handler of the starter touches the transaction."""
    consumer = consumer_of(Starter(town.client, load))
    await consumer.handlers[event.type](cast(Transaction, None), event, NOW)
    await town.settle()


def signal(signal_id: UUID) -> SignalReceived:
    return SignalReceived(
        signal_id=signal_id, programme=PROGRAMME, programme_version=1, area="beijum", channel="library"
    )


def enrolled(trajectory_id: UUID) -> FamilyEnrolled:
    return FamilyEnrolled(
        family_id=uuid4(),
        trajectory_id=trajectory_id,
        signal_id=uuid4(),
        programme=PROGRAMME,
        programme_version=1,
        area="beijum",
        enrolled_on=NOW.date(),
        children=2,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
    )


def test_an_event_has_one_key_and_another_event_has_another() -> None:
    event = ContactAttempted(signal_id=uuid4(), attempt=1, outcome=ContactOutcome.NOT_REACHED)
    assert event_key(event, NOW) == event_key(event.model_copy(), NOW)
    assert event_key(event, NOW) != event_key(event.model_copy(update={"attempt": 2}), NOW)
    assert event_key(event, NOW) != event_key(event, NOW.replace(minute=1))


@engines
async def test_a_signal_that_is_told_twice_starts_one_process_even_when_it_has_ended(town: Stage) -> None:
    met = signal(uuid4())
    await tell(town, met)
    await tell(town, met)
    assert len(town.memory.tasks) == 1
    completed = IntakeCompleted(
        signal_id=met.signal_id,
        family_id=uuid4(),
        programme=PROGRAMME,
        children=1,
        expected_births=0,
        returning=False,
    )
    await tell(town, completed)
    assert town.memory.done["intake.admit"] == 1
    await tell(town, met)
    await tell(town, completed)
    assert town.memory.done["intake.admit"] == 1
    ended = await town.client.get_workflow_handle(intake_workflow_id(met.signal_id)).describe()
    assert ended.close_time is not None


@engines
async def test_what_comes_before_its_start_is_brought_again_by_the_inbox(town: Stage) -> None:
    early = ContactAttempted(signal_id=uuid4(), attempt=1, outcome=ContactOutcome.REFUSED)
    with pytest.raises(NotStartedYetError):
        await tell(town, early)
    await tell(town, signal(early.signal_id))
    await tell(town, early)
    assert town.memory.closed_signals == {early.signal_id: "refused"}


@engines
async def test_who_spoke_with_a_family_is_told_to_its_process(town: Stage) -> None:
    met, spoke = signal(uuid4()), uuid4()
    await tell(town, met)
    reached = ContactAttempted(signal_id=met.signal_id, attempt=1, outcome=ContactOutcome.REACHED, by=spoke)
    await tell(town, reached)
    assert [task.meant_for for task in town.memory.tasks.values()] == [spoke]


@engines
async def test_a_family_is_told_of_everything_that_concerns_it(town: Stage) -> None:
    family, memory = uuid4(), town.memory
    came_in = enrolled(family)
    await tell(town, came_in)
    person, tandem = uuid4(), uuid4()
    option = TandemOption(tandem_id=tandem, supporter_id=person, buddy_id=uuid4(), reasons=("same-area",))
    tandem_of_family = {"trajectory_id": family, "family_id": came_in.family_id}
    await tell(town, TandemProposed(**tandem_of_family, round_id=uuid4(), options=(option,)))
    await tell(town, TandemChosen(**tandem_of_family, tandem_id=tandem))
    await tell(town, TrialEvaluated(trajectory_id=family, tandem_id=tandem, outcome=TrialOutcome.CONFIRMED))
    confirmed = TandemConfirmed(
        trajectory_id=family,
        family_id=came_in.family_id,
        tandem_id=tandem,
        supporter_id=person,
        buddy_id=option.buddy_id,
        replaces=False,
        waited_days=14,
    )
    await tell(town, confirmed)
    assert memory.files[family] is Phase.PLAN
    await tell(town, PlanAgreed(trajectory_id=family, plan_id=uuid4(), version=1, goals=3))
    assert memory.files[family] is Phase.WORKING_TOGETHER
    await tell(town, PersonLeft(person_id=person, part=TandemPart.BUDDY, trajectory_ids=(family,)))
    assert memory.requests == {family: 2}
    moved = FamilyMoved(family_id=came_in.family_id, trajectory_id=family, area="lewenborg", within_programme=True)
    await tell(town, moved)
    assert memory.areas[family] == "lewenborg"
    held = ReviewHeld(trajectory_id=family, review_id=uuid4(), ready_to_let_go=True, goals_open=0, goals_reached=3)
    await tell(town, held)
    assert memory.files[family] is Phase.LETTING_GO
    withdrawn = ConsentWithdrawn(family_id=came_in.family_id, purpose="take-part", required=True, trajectory_id=family)
    await tell(town, withdrawn)
    handle = town.client.get_workflow_handle(trajectory_workflow_id(family))
    ended: TrajectoryEnded = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.CONSENT_WITHDRAWN
    # A call that was made after all comes to nothing.
    await tell(town, AftercareGiven(trajectory_id=family, number=1, reached=True))


@engines
async def test_an_envelope_that_closes_ends_the_decisions_about_it(town: Stage) -> None:
    request = ApprovalAsked(
        subject_id=uuid4(),
        about=ApprovalAbout.REQUEST,
        programme=PROGRAMME,
        family_id=uuid4(),
        mandate=mandate(),
    )
    await tell(town, request)
    lapsed = SpendingRequestDecided(
        request_id=request.subject_id,
        trajectory_id=uuid4(),
        programme=PROGRAMME,
        category="bicycle",
        amount_cents=20_000,
        urgent=False,
        verdict=Verdict.LAPSED,
        reason="envelope-closed",
        deciders=(),
    )
    await tell(town, lapsed)
    approval = await town.client.get_workflow_handle(approval_id(request.subject_id)).describe()
    assert approval.close_time is not None
    assert town.memory.left_open() == []


@engines
async def test_a_batch_that_is_made_asks_for_its_release_once(town: Stage) -> None:
    made = ApprovalAsked(
        subject_id=uuid4(),
        about=ApprovalAbout.BATCH,
        programme=PROGRAMME,
        family_id=None,
        mandate=mandate(deciders=2),
    )
    await tell(town, made)
    await tell(town, made)
    assert town.memory.open_kinds() == [TaskKind.RELEASE_BATCH]


@engines
async def test_a_programme_that_is_funded_starts_its_cycles_once(town: Stage) -> None:
    funded = ProgrammeFunded(
        programme_id=stable_id("programme", PROGRAMME),
        programme=PROGRAMME,
        programme_version=1,
        sources={"gemeente-groningen": 21_000_000},
        starts_on=date(2026, 11, 23),
        ends_on=date(2029, 11, 22),
    )
    await tell(town, funded)
    await tell(town, funded)
    for workflow_id in (
        programme_workflow_id(PROGRAMME),
        matching_workflow_id(PROGRAMME),
        reviews_workflow_id(PROGRAMME),
        payments_workflow_id(PROGRAMME),
        retention_workflow_id(PROGRAMME),
    ):
        assert (await town.client.get_workflow_handle(workflow_id).describe()).close_time is None


@engines
async def test_a_programme_that_is_funded_again_goes_on_whether_its_cycles_had_ended_or_not(town: Stage) -> None:
    long_ago = CycleTerms(
        programme=PROGRAMME, programme_version=1, next_on=date(2026, 1, 6), until=date(2026, 1, 5), every_days=14
    )
    before = await town.start(MatchingRound.run, long_ago, matching_workflow_id(PROGRAMME))
    await before.result()
    soon_over = replace(long_ago, next_on=date(2099, 1, 6), until=date(2099, 1, 7))
    await town.start(ReviewCycle.run, soon_over, reviews_workflow_id(PROGRAMME))
    funded = ProgrammeFunded(
        programme_id=stable_id("programme", PROGRAMME),
        programme=PROGRAMME,
        programme_version=1,
        sources={"gemeente-groningen": 21_000_000},
        starts_on=date(2019, 1, 1),
        ends_on=date(2028, 12, 31),
    )
    await tell(town, funded)
    for workflow_id in (matching_workflow_id(PROGRAMME), reviews_workflow_id(PROGRAMME)):
        assert (await town.client.get_workflow_handle(workflow_id).describe()).close_time is None
    history = await town.client.get_workflow_handle(reviews_workflow_id(PROGRAMME)).fetch_history()
    told = [each.workflow_execution_signaled_event_attributes.signal_name for each in history.events]
    assert PROLONG_SIGNAL in told
