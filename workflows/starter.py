"""Turns events into starts of workflows, and into what running workflows are told: no service does either."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from programmes.load import load
from programmes.schema import Programme
from services.budget.events import (
    ApprovalAbout,
    ApprovalAsked,
    ProgrammeFunded,
    SpendingRequestDecided,
    SpendingRequestWithdrawn,
    Verdict,
)
from services.desk.contracts import approval_id, trajectory_workflow_id
from services.intake.events import (
    ConsentWithdrawn,
    ContactAttempted,
    FamilyEnrolled,
    FamilyMoved,
    IntakeCompleted,
    SignalClosed,
    SignalReceived,
)
from services.matching.events import (
    PersonLeft,
    TandemChosen,
    TandemConfirmed,
    TandemDeclined,
    TandemProposed,
    TrialEvaluated,
    TrialOutcome,
)
from services.plans.events import AftercareGiven, PlanAgreed, ReviewHeld
from services.shared.calendar import local_date
from services.shared.consumer import Away, Consumer
from services.shared.database import Transaction
from services.shared.events import Event
from services.shared.logs import logger
from services.shared.service import Part
from services.shared.types import Code, stable_id
from workflows.bounds import HEALTH_SECONDS, RPC_SECONDS, TASK_QUEUE
from workflows.contracts import (
    HEAR_UPDATE,
    PROLONG_SIGNAL,
    WITHDRAW_UPDATE,
    CycleTerms,
    Fact,
    FactKind,
    IntakeFact,
    IntakeFactKind,
    ProgrammeTerms,
    intake_workflow_id,
)
from workflows.intake_process import IntakeProcess
from workflows.payment_release import PaymentRelease
from workflows.programme_cycles import all_cycles
from workflows.spending_request import SpendingRequest
from workflows.terms import approval_terms, intake_terms, programme_terms, trajectory_terms
from workflows.trajectory import FamilyTrajectory
from workflows.trajectory_state import TrajectoryRun

_log = logger(__name__)


class NotStartedYetError(Exception):
    """An event came before the one that starts its workflow; the inbox brings it again."""


class Starter:
    """Starts once and tells once, however often an event comes; raises when Temporal is away."""

    def __init__(self, client: Client, programme: Callable[[Code, int], Programme]) -> None:
        self._client = client
        self.programme = programme

    async def start(self, run: Any, terms: object, workflow_id: str) -> None:
        """Start a workflow unless it was ever started; one that has ended is not started again."""
        try:
            await self._client.start_workflow(
                run,
                terms,
                id=workflow_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_SECONDS,
            )
        except WorkflowAlreadyStartedError:
            _log.info("workflow was started before", workflow=workflow_id)
        except (RPCError, RuntimeError):
            await self._check_reachable()
            raise

    async def start_or_prolong(self, run: Any, terms: CycleTerms | ProgrammeTerms, workflow_id: str) -> None:
        """Start a cycle of a programme, also one that had ended; one that runs is told its later terms instead."""
        try:
            await self._client.start_workflow(
                run,
                terms,
                id=workflow_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal=PROLONG_SIGNAL,
                start_signal_args=[terms],
                rpc_timeout=RPC_SECONDS,
            )
        except (RPCError, RuntimeError):
            await self._check_reachable()
            raise

    async def tell(self, workflow_id: str, update: str, update_id: UUID, *told: object) -> None:
        """Bring an update to a running workflow; for one that has ended, or that refuses it, it comes to nothing."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            await handle.execute_update(update, args=told, id=str(update_id), rpc_timeout=RPC_SECONDS)
        except WorkflowUpdateFailedError as error:
            code = error.cause.type if isinstance(error.cause, ApplicationError) else None
            _log.info("workflow refused", workflow=workflow_id, update=update, code=code)
        except (RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            status = error.status if isinstance(error, RPCError) else None
            if status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                await self._check_reachable()
                raise
            await self._check_ended(workflow_id)

    async def tell_trajectory(self, trajectory_id: UUID, fact: Fact) -> None:
        await self.tell(trajectory_workflow_id(trajectory_id), HEAR_UPDATE, fact.event_id, fact)

    async def _check_reachable(self) -> None:
        """Raises Away when Temporal itself does not answer; a single workflow that does not is counted and parked."""
        try:
            await self._client.service_client.check_health(timeout=HEALTH_SECONDS)
        except (RPCError, RuntimeError) as error:
            raise Away("temporal") from error

    async def _check_ended(self, workflow_id: str) -> None:
        try:
            found = await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_SECONDS)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotStartedYetError(workflow_id) from error
            raise
        if found.status is WorkflowExecutionStatus.RUNNING:
            raise NotStartedYetError(workflow_id)
        _log.info("workflow has ended", workflow=workflow_id)


def event_key(event: Event, now: datetime) -> UUID:
    """The same id for the same event however often it comes; a second event differs in time or content."""
    return stable_id(event.type, now.isoformat(), event.model_dump_json())


def consumer(part: Part) -> Consumer:
    """What the workflows hear, with what a process gives."""
    directory = part.settings.programmes_dir
    return consumer_of(Starter(part.temporal, lambda programme, version: load(programme, version, directory)))


def consumer_of(starter: Starter) -> Consumer:
    """Every event that starts a workflow or is told to one."""
    heard = Consumer("workflows")
    _hear_intake(heard, starter)
    _hear_matching(heard, starter)
    _hear_plans(heard, starter)
    _hear_budget(heard, starter)
    return heard


def _hear_intake(heard: Consumer, starter: Starter) -> None:
    @heard.handles(SignalReceived)
    async def on_signal_received(tx: Transaction, event: SignalReceived, now: datetime) -> None:
        programme = starter.programme(event.programme, event.programme_version)
        terms = intake_terms(programme, event)
        await starter.start(IntakeProcess.run, terms, intake_workflow_id(event.signal_id))

    @heard.handles(ContactAttempted)
    async def on_contact_attempted(tx: Transaction, event: ContactAttempted, now: datetime) -> None:
        fact = IntakeFact(
            kind=IntakeFactKind.CONTACT_ATTEMPTED, attempt=event.attempt, outcome=event.outcome, by=event.by
        )
        await starter.tell(intake_workflow_id(event.signal_id), HEAR_UPDATE, event_key(event, now), fact)

    @heard.handles(IntakeCompleted)
    async def on_intake_completed(tx: Transaction, event: IntakeCompleted, now: datetime) -> None:
        fact = IntakeFact(kind=IntakeFactKind.INTAKE_COMPLETED)
        await starter.tell(intake_workflow_id(event.signal_id), HEAR_UPDATE, event_key(event, now), fact)

    @heard.handles(SignalClosed)
    async def on_signal_closed(tx: Transaction, event: SignalClosed, now: datetime) -> None:
        fact = IntakeFact(kind=IntakeFactKind.SIGNAL_CLOSED, reason=event.reason)
        await starter.tell(intake_workflow_id(event.signal_id), HEAR_UPDATE, event_key(event, now), fact)

    @heard.handles(FamilyEnrolled)
    async def on_family_enrolled(tx: Transaction, event: FamilyEnrolled, now: datetime) -> None:
        terms = trajectory_terms(starter.programme(event.programme, event.programme_version), event)
        workflow_id = trajectory_workflow_id(event.trajectory_id)
        await starter.start(FamilyTrajectory.run, TrajectoryRun(terms=terms), workflow_id)

    @heard.handles(ConsentWithdrawn)
    async def on_consent_withdrawn(tx: Transaction, event: ConsentWithdrawn, now: datetime) -> None:
        if event.required and event.trajectory_id is not None:
            fact = Fact(event_id=event_key(event, now), kind=FactKind.CONSENT_WITHDRAWN)
            await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(FamilyMoved)
    async def on_family_moved(tx: Transaction, event: FamilyMoved, now: datetime) -> None:
        if event.trajectory_id is not None:
            kind = FactKind.MOVED if event.within_programme else FactKind.MOVED_AWAY
            fact = Fact(event_id=event_key(event, now), kind=kind, area=event.area)
            await starter.tell_trajectory(event.trajectory_id, fact)


def _hear_matching(heard: Consumer, starter: Starter) -> None:
    @heard.handles(TandemProposed)
    async def on_tandem_proposed(tx: Transaction, event: TandemProposed, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.TANDEM_PROPOSED, subject_id=event.round_id)
        await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(TandemDeclined)
    async def on_tandem_declined(tx: Transaction, event: TandemDeclined, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.TANDEM_DECLINED, subject_id=event.round_id)
        await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(TandemChosen)
    async def on_tandem_chosen(tx: Transaction, event: TandemChosen, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.TANDEM_CHOSEN, subject_id=event.tandem_id)
        await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(TrialEvaluated)
    async def on_trial_evaluated(tx: Transaction, event: TrialEvaluated, now: datetime) -> None:
        # A confirmed trial is told by TandemConfirmed.
        if event.outcome is TrialOutcome.AGAIN:
            fact = Fact(event_id=event_key(event, now), kind=FactKind.TRIAL_FAILED, subject_id=event.tandem_id)
            await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(TandemConfirmed)
    async def on_tandem_confirmed(tx: Transaction, event: TandemConfirmed, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.TANDEM_CONFIRMED, subject_id=event.tandem_id)
        await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(PersonLeft)
    async def on_person_left(tx: Transaction, event: PersonLeft, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.TANDEM_LOST)
        for trajectory_id in event.trajectory_ids:
            await starter.tell_trajectory(trajectory_id, fact)


def _hear_plans(heard: Consumer, starter: Starter) -> None:
    @heard.handles(PlanAgreed)
    async def on_plan_agreed(tx: Transaction, event: PlanAgreed, now: datetime) -> None:
        # Later versions change what the family does, not where its trajectory stands.
        if event.version == 1:
            fact = Fact(event_id=event_key(event, now), kind=FactKind.PLAN_AGREED)
            await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(ReviewHeld)
    async def on_review_held(tx: Transaction, event: ReviewHeld, now: datetime) -> None:
        if event.ready_to_let_go:
            fact = Fact(event_id=event_key(event, now), kind=FactKind.READY_TO_LET_GO)
            await starter.tell_trajectory(event.trajectory_id, fact)

    @heard.handles(AftercareGiven)
    async def on_aftercare_given(tx: Transaction, event: AftercareGiven, now: datetime) -> None:
        fact = Fact(event_id=event_key(event, now), kind=FactKind.AFTERCARE_GIVEN, number=event.number)
        await starter.tell_trajectory(event.trajectory_id, fact)


def _hear_budget(heard: Consumer, starter: Starter) -> None:
    @heard.handles(ProgrammeFunded)
    async def on_programme_funded(tx: Transaction, event: ProgrammeFunded, now: datetime) -> None:
        terms = programme_terms(starter.programme(event.programme, event.programme_version), event)
        for each in all_cycles(terms, today=local_date(now)):
            await starter.start_or_prolong(each.run, each.terms, each.workflow_id)

    @heard.handles(ApprovalAsked)
    async def on_approval_asked(tx: Transaction, event: ApprovalAsked, now: datetime) -> None:
        run = SpendingRequest.run if event.about is ApprovalAbout.REQUEST else PaymentRelease.run
        await starter.start(run, approval_terms(event), approval_id(event.subject_id))

    @heard.handles(SpendingRequestWithdrawn)
    async def on_spending_request_withdrawn(tx: Transaction, event: SpendingRequestWithdrawn, now: datetime) -> None:
        await starter.tell(approval_id(event.request_id), WITHDRAW_UPDATE, event_key(event, now))

    @heard.handles(SpendingRequestDecided)
    async def on_spending_request_decided(tx: Transaction, event: SpendingRequestDecided, now: datetime) -> None:
        # Lapsed without deciders: its envelope was closed, and nobody needs to decide any more.
        if event.verdict is Verdict.LAPSED:
            await starter.tell(approval_id(event.request_id), WITHDRAW_UPDATE, event_key(event, now))
