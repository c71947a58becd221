"""What the desk hears from others: work that was done closes the task that asked for it.

A task can be opened after the desk heard that its work was done, when workflows stood still for a while. So what
follows from the work, and can only come after the opening, closes it too: admission, the next phase, the end.
"""

from datetime import datetime

from services.budget.events import (
    PayeeProposalAnswered,
    PayeeProposalMade,
    PayeeProposalSettled,
    PaymentBatchReleased,
    ProposalAnswer,
    SpendingRequestDecided,
    SpendingRequestSubmitted,
    Verdict,
)
from services.desk.commands import Reason
from services.desk.contracts import TaskKind
from services.desk.handlers import (
    ask_for_check,
    ask_for_needs,
    close_done,
    follow_merge,
    follow_supporter,
    follow_unmerge,
    give_back,
    hand_back,
    need_came_to_nothing,
    need_was_asked,
    settle_decisions,
)
from services.desk.urgent_store import NeedRequest, forget_needs, keep_urgent, settle_urgent
from services.intake.events import (
    FAMILY_SCOPE_EVENTS,
    FamilyDeclined,
    FamilyEnrolled,
    FamilyMerged,
    FamilyUnmerged,
    FamilyWaitlisted,
    IntakeCompleted,
    SignalClosed,
    SignalReceived,
)
from services.matching.events import (
    TANDEM_SCOPE_EVENTS,
    PersonLeft,
    TandemChosen,
    TandemConfirmed,
    TandemDeclined,
    TrialEvaluated,
)
from services.plans.events import (
    AftercareGiven,
    MeasurementTaken,
    Phase,
    PlanAgreed,
    ReviewHeld,
    TrajectoryClosed,
    TrajectoryPhaseEntered,
)
from services.shared.consumer import Consumer
from services.shared.database import Transaction
from services.shared.scope_keeping import keep_scopes

DONE = "done"
INTAKE_KINDS = (TaskKind.CONTACT_FAMILY, TaskKind.DO_INTAKE)
BEHIND_US = {
    Phase.PLAN: (TaskKind.CHOOSE_TANDEM, TaskKind.EVALUATE_TRIAL),
    Phase.WORKING_TOGETHER: (TaskKind.MAKE_PLAN,),
}
"""What a phase begins with having been done."""

consumer = Consumer("desk")


@consumer.handles(SignalReceived)
async def on_signal_received(tx: Transaction, event: SignalReceived, now: datetime) -> None:
    if event.needs:
        await keep_urgent(tx, event.signal_id)


@consumer.handles(SignalClosed)
async def on_signal_closed(tx: Transaction, event: SignalClosed, now: datetime) -> None:
    await settle_urgent(tx, event.signal_id)
    await close_done(tx, event.signal_id, INTAKE_KINDS, event.reason, now=now)


@consumer.handles(IntakeCompleted)
async def on_intake_completed(tx: Transaction, event: IntakeCompleted, now: datetime) -> None:
    """What cannot wait stands in the intake from here on, and is asked as money."""
    await settle_urgent(tx, event.signal_id)
    await close_done(tx, event.signal_id, INTAKE_KINDS, DONE, now=now)


@consumer.handles(FamilyEnrolled)
async def on_family_enrolled(tx: Transaction, event: FamilyEnrolled, now: datetime) -> None:
    await close_done(tx, event.signal_id, INTAKE_KINDS, DONE, now=now)
    await ask_for_needs(tx, event, now=now)


@consumer.handles(FamilyWaitlisted)
async def on_family_waitlisted(tx: Transaction, event: FamilyWaitlisted, now: datetime) -> None:
    await close_done(tx, event.signal_id, INTAKE_KINDS, DONE, now=now)


@consumer.handles(FamilyDeclined)
async def on_family_declined(tx: Transaction, event: FamilyDeclined, now: datetime) -> None:
    await close_done(tx, event.signal_id, INTAKE_KINDS, DONE, now=now)


@consumer.handles(TandemChosen)
async def on_tandem_chosen(tx: Transaction, event: TandemChosen, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.CHOOSE_TANDEM,), DONE, now=now)
    if event.supporter_id is not None:
        await follow_supporter(tx, event.trajectory_id, event.supporter_id, now=now)


@consumer.handles(TandemConfirmed)
async def on_tandem_confirmed(tx: Transaction, event: TandemConfirmed, now: datetime) -> None:
    await follow_supporter(tx, event.trajectory_id, event.supporter_id, now=now)


@consumer.handles(TandemDeclined)
async def on_tandem_declined(tx: Transaction, event: TandemDeclined, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.CHOOSE_TANDEM,), "declined", now=now)


@consumer.handles(TrialEvaluated)
async def on_trial_evaluated(tx: Transaction, event: TrialEvaluated, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.EVALUATE_TRIAL,), DONE, now=now)


@consumer.handles(PlanAgreed)
async def on_plan_agreed(tx: Transaction, event: PlanAgreed, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.MAKE_PLAN,), DONE, now=now)


@consumer.handles(TrajectoryPhaseEntered)
async def on_trajectory_phase_entered(tx: Transaction, event: TrajectoryPhaseEntered, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, BEHIND_US.get(event.phase, ()), DONE, now=now)


@consumer.handles(ReviewHeld)
async def on_review_held(tx: Transaction, event: ReviewHeld, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.HOLD_REVIEW,), DONE, now=now)


@consumer.handles(MeasurementTaken)
async def on_measurement_taken(tx: Transaction, event: MeasurementTaken, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.TAKE_MEASUREMENT,), DONE, now=now)


@consumer.handles(AftercareGiven)
async def on_aftercare_given(tx: Transaction, event: AftercareGiven, now: datetime) -> None:
    await close_done(tx, event.trajectory_id, (TaskKind.GIVE_AFTERCARE,), DONE, now=now)


@consumer.handles(TrajectoryClosed)
async def on_trajectory_closed(tx: Transaction, event: TrajectoryClosed, now: datetime) -> None:
    await forget_needs(tx, event.trajectory_id)
    await close_done(tx, event.trajectory_id, TaskKind, event.outcome.value, now=now)


@consumer.handles(SpendingRequestSubmitted)
async def on_spending_request_submitted(tx: Transaction, event: SpendingRequestSubmitted, now: datetime) -> None:
    if event.urgent:
        await keep_urgent(tx, event.request_id)
    asked = NeedRequest(
        request_id=event.request_id,
        trajectory_id=event.trajectory_id,
        need=event.category,
        asked_by=event.asked_by,
    )
    await need_was_asked(tx, asked, now=now)


@consumer.handles(SpendingRequestDecided)
async def on_spending_request_decided(tx: Transaction, event: SpendingRequestDecided, now: datetime) -> None:
    await settle_urgent(tx, event.request_id)
    await settle_decisions(tx, event.request_id, event.deciders, now=now)
    kinds = (TaskKind.DECIDE_REQUEST, TaskKind.ANSWER_QUESTION)
    await close_done(tx, event.request_id, kinds, event.verdict.value, now=now)
    if event.verdict is not Verdict.APPROVED:
        await need_came_to_nothing(tx, event.request_id, now=now)


@consumer.handles(PayeeProposalMade)
async def on_payee_proposal_made(tx: Transaction, event: PayeeProposalMade, now: datetime) -> None:
    if event.urgent:
        await keep_urgent(tx, event.payee_id)
    await ask_for_check(tx, event, now=now)
    if event.category is not None:
        asked = NeedRequest(
            request_id=event.request_id,
            trajectory_id=event.trajectory_id,
            need=event.category,
            asked_by=event.proposed_by,
        )
        await need_was_asked(tx, asked, now=now)


@consumer.handles(PayeeProposalAnswered)
async def on_payee_proposal_answered(tx: Transaction, event: PayeeProposalAnswered, now: datetime) -> None:
    await settle_urgent(tx, event.payee_id)
    await close_done(tx, event.payee_id, (TaskKind.CHECK_PAYEE,), event.answer.value, now=now)
    if event.answer is ProposalAnswer.REFUSED:
        await hand_back(tx, event, now=now)
    elif event.answer is not ProposalAnswer.REGISTERED:
        await need_came_to_nothing(tx, event.request_id, now=now)


@consumer.handles(PayeeProposalSettled)
async def on_payee_proposal_settled(tx: Transaction, event: PayeeProposalSettled, now: datetime) -> None:
    """What it was asked for is asked again by then, or waits."""
    await close_done(tx, event.request_id, (TaskKind.MEND_REQUEST,), DONE, now=now)
    await need_came_to_nothing(tx, event.request_id, now=now)


@consumer.handles(PaymentBatchReleased)
async def on_payment_batch_released(tx: Transaction, event: PaymentBatchReleased, now: datetime) -> None:
    await settle_decisions(tx, event.batch_id, event.releasers, now=now)
    await close_done(tx, event.batch_id, (TaskKind.RELEASE_BATCH,), DONE, now=now)


@consumer.handles(PersonLeft)
async def on_person_left(tx: Transaction, event: PersonLeft, now: datetime) -> None:
    """What they had of the families that lost them is for whoever stands beside those now; the rest for their team."""
    await give_back(tx, event.person_id, Reason.LEFT, now=now, of=event.trajectory_ids, in_programme=event.programme)


@consumer.handles(FamilyMerged)
async def on_family_merged(tx: Transaction, event: FamilyMerged, now: datetime) -> None:
    await follow_merge(tx, merged_id=event.merged_id, family_id=event.family_id)


@consumer.handles(FamilyUnmerged)
async def on_family_unmerged(tx: Transaction, event: FamilyUnmerged, now: datetime) -> None:
    await follow_unmerge(
        tx,
        merged_id=event.merged_id,
        family_id=event.family_id,
        trajectory_ids=event.trajectory_ids,
        signal_ids=event.signal_ids,
    )


keep_scopes(consumer, SignalReceived, IntakeCompleted, *FAMILY_SCOPE_EVENTS, *TANDEM_SCOPE_EVENTS, TrajectoryClosed)
