"""Six services in memory: they keep what is open, so that a test can ask what was left behind.

Where the desk closes a task on an event of another service, the fake of that service closes it.
"""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from services.budget import contracts as budget
from services.budget.events import Mandate, Verdict
from services.desk import contracts as desk
from services.desk.bus import BEHIND_US
from services.intake import contracts as intake
from services.matching import contracts as matching
from services.monitor import contracts as monitor
from services.plans import contracts as plans
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.roles import Role
from services.shared.types import stable_id

ASKER = stable_id("asker")
DIGEST = "a" * 64


@dataclass
class Memory:
    """What the services know, and how they are made to misbehave.

    `refuses` fail for good before their effect; `forgets` lose their answer once, after it; `breaks` fail for good
    after it.
    """

    refuses: set[str] = field(default_factory=set)
    forgets: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    funds: bool = True
    accepts_releases: bool = True
    batches: list[budget.BatchMade] = field(default_factory=list)
    due: list[plans.DueItem] = field(default_factory=list)
    admission: intake.Admission = intake.Admission.ENROLLED
    erasable: int = 0

    files: dict[UUID, Phase] = field(default_factory=dict)
    outcomes: dict[UUID, TrajectoryOutcome] = field(default_factory=dict)
    paused: set[UUID] = field(default_factory=set)
    envelopes: set[UUID] = field(default_factory=set)
    requests: dict[UUID, int] = field(default_factory=dict)
    tandems: set[UUID] = field(default_factory=set)
    areas: dict[UUID, str] = field(default_factory=dict)
    tasks: dict[UUID, desk.OpenTask] = field(default_factory=dict)
    all_tasks: dict[UUID, desk.OpenTask] = field(default_factory=dict)
    escalations: list[desk.EscalateTask] = field(default_factory=list)
    decisions: dict[UUID, budget.RecordDecision] = field(default_factory=dict)
    reserved: set[UUID] = field(default_factory=set)
    made_batches: list[int] = field(default_factory=list)
    released: dict[UUID, budget.ReleaseBatch] = field(default_factory=dict)
    cancelled: set[UUID] = field(default_factory=set)
    closed_signals: dict[UUID, str] = field(default_factory=dict)
    rounds: list[int] = field(default_factory=list)
    reports: list[monitor.MakeReport] = field(default_factory=list)
    waiting_list_closed: bool = False
    erase_pages: int = 0

    def enter(self, name: str) -> None:
        """At the start of every effect."""
        if name in self.refuses:
            raise ApplicationError("refused", type="refused", non_retryable=True)

    def leave(self, name: str) -> None:
        """After every effect."""
        self.done[name] += 1
        if name in self.breaks:
            raise ApplicationError("broken", type="broken", non_retryable=True)
        if name in self.forgets and activity.info().attempt == 1:
            raise ApplicationError("answer lost", type="answer-lost")

    def open_kinds(self) -> list[desk.TaskKind]:
        """The kinds of the open tasks, in the order in which they were opened."""
        return [task.kind for task in self.tasks.values()]

    def left_open(self) -> list[str]:
        """Everything that somebody still waits for."""
        return [
            *(f"file {name}" for name, phase in self.files.items() if phase is not Phase.CLOSED),
            *(f"envelope {name}" for name in self.envelopes),
            *(f"request {name}" for name in self.requests),
            *(f"tandem {name}" for name in self.tandems),
            *(f"reservation {name}" for name in self.reserved),
            *(f"task {task.kind}" for task in self.tasks.values()),
        ]


def mandate(*, deciders: int = 1, excluded: tuple[UUID, ...] = (ASKER,)) -> Mandate:
    """A budget holder decides; reminded of after 3, escalated after 5 working days; the law gives 8 weeks."""
    return Mandate(
        roles=(Role.BUDGET_HOLDER,),
        deciders=deciders,
        excluded=excluded,
        digest=DIGEST,
        remind_after_working_days=3,
        escalate_after_working_days=5,
        escalate_to=Role.PROGRAMME_MANAGER,
        lapse_after_weeks=8,
    )


class FakePlans(plans.PlansActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="plans.open_trajectory")
    async def open_trajectory(self, command: plans.OpenTrajectory) -> plans.Done:
        self._memory.enter("plans.open_trajectory")
        self._memory.files.setdefault(command.trajectory_id, Phase.MATCHING)
        self._memory.leave("plans.open_trajectory")
        return plans.Done(changed=True)

    @activity.defn(name="plans.enter_phase")
    async def enter_phase(self, command: plans.EnterPhase) -> plans.Done:
        self._memory.files[command.trajectory_id] = command.phase
        for kind in BEHIND_US.get(command.phase, ()):
            _close(self._memory, command.trajectory_id, kind)
        self._memory.leave("plans.enter_phase")
        return plans.Done(changed=True)

    @activity.defn(name="plans.pause_trajectory")
    async def pause_trajectory(self, command: plans.PauseTrajectory) -> plans.Done:
        self._memory.paused.add(command.trajectory_id)
        self._memory.leave("plans.pause_trajectory")
        return plans.Done(changed=True)

    @activity.defn(name="plans.resume_trajectory")
    async def resume_trajectory(self, command: plans.ResumeTrajectory) -> plans.Done:
        self._memory.paused.discard(command.trajectory_id)
        self._memory.leave("plans.resume_trajectory")
        return plans.Done(changed=True)

    @activity.defn(name="plans.close_trajectory")
    async def close_trajectory(self, command: plans.CloseTrajectory) -> plans.Done:
        if command.trajectory_id in self._memory.files:
            self._memory.files[command.trajectory_id] = Phase.CLOSED
            self._memory.outcomes.setdefault(command.trajectory_id, command.outcome)
            _close(self._memory, command.trajectory_id, None)
        self._memory.leave("plans.close_trajectory")
        return plans.Done(changed=True)

    @activity.defn(name="plans.find_due")
    async def find_due(self, command: plans.FindDue) -> plans.DueFound:
        page, self._memory.due = self._memory.due[: command.limit], self._memory.due[command.limit :]
        self._memory.leave("plans.find_due")
        return plans.DueFound(items=tuple(page))


class FakeBudget(budget.BudgetActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="budget.open_envelope")
    async def open_envelope(self, command: budget.OpenEnvelope) -> budget.EnvelopeResult:
        self._memory.enter("budget.open_envelope")
        if self._memory.funds:
            self._memory.envelopes.add(command.trajectory_id)
        self._memory.leave("budget.open_envelope")
        return budget.EnvelopeResult(opened=self._memory.funds)

    @activity.defn(name="budget.close_envelope")
    async def close_envelope(self, command: budget.CloseEnvelope) -> budget.EnvelopeReturned:
        self._memory.envelopes.discard(command.trajectory_id)
        self._memory.leave("budget.close_envelope")
        return budget.EnvelopeReturned(returned_cents=0)

    @activity.defn(name="budget.record_decision")
    async def record_decision(self, command: budget.RecordDecision) -> budget.DecisionRecorded:
        stands = self._memory.decisions.setdefault(command.request_id, command)
        self._memory.reserved.discard(command.request_id)
        # The desk closes the task when it hears of the decision.
        _close(self._memory, command.request_id, desk.TaskKind.DECIDE_REQUEST)
        self._memory.leave("budget.record_decision")
        return budget.DecisionRecorded(verdict=stands.verdict, changed=stands is command)

    @activity.defn(name="budget.make_batch")
    async def make_batch(self, command: budget.MakeBatch) -> budget.BatchMade:
        self._memory.made_batches.append(command.number)
        self._memory.leave("budget.make_batch")
        return self._memory.batches.pop(0) if self._memory.batches else budget.BatchMade()

    @activity.defn(name="budget.release_batch")
    async def release_batch(self, command: budget.ReleaseBatch) -> budget.Done:
        if self._memory.accepts_releases:
            self._memory.released[command.batch_id] = command
            _close(self._memory, command.batch_id, desk.TaskKind.RELEASE_BATCH)
        self._memory.leave("budget.release_batch")
        return budget.Done(changed=self._memory.accepts_releases)

    @activity.defn(name="budget.cancel_batch")
    async def cancel_batch(self, command: budget.CancelBatch) -> budget.Done:
        self._memory.cancelled.add(command.batch_id)
        self._memory.leave("budget.cancel_batch")
        return budget.Done(changed=True)


class FakeMatching(matching.MatchingActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="matching.request_tandem")
    async def request_tandem(self, command: matching.RequestTandem) -> matching.Done:
        self._memory.enter("matching.request_tandem")
        self._memory.requests[command.trajectory_id] = command.number
        self._memory.areas[command.trajectory_id] = command.area
        self._memory.leave("matching.request_tandem")
        return matching.Done(changed=True)

    @activity.defn(name="matching.withdraw_request")
    async def withdraw_request(self, command: matching.WithdrawRequest) -> matching.Done:
        self._memory.requests.pop(command.trajectory_id, None)
        self._memory.leave("matching.withdraw_request")
        return matching.Done(changed=True)

    @activity.defn(name="matching.end_tandem")
    async def end_tandem(self, command: matching.EndTandem) -> matching.Done:
        self._memory.tandems.discard(command.trajectory_id)
        self._memory.leave("matching.end_tandem")
        return matching.Done(changed=True)

    @activity.defn(name="matching.move_family")
    async def move_family(self, command: matching.MoveFamily) -> matching.Done:
        self._memory.areas[command.trajectory_id] = command.area
        self._memory.leave("matching.move_family")
        return matching.Done(changed=True)

    @activity.defn(name="matching.hold_round")
    async def hold_round(self, command: matching.HoldRound) -> matching.RoundHeld:
        self._memory.rounds.append(command.round_number)
        self._memory.leave("matching.hold_round")
        return matching.RoundHeld(waiting=0, proposed=0, unmatched=0)


class FakeDesk(desk.DeskActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="desk.open_tasks")
    async def open_tasks(self, command: desk.OpenTasks) -> desk.Counted:
        for closing in command.closes:
            _close(self._memory, closing.subject_id, closing.kind)
        for task in command.tasks:
            if task.task_id not in self._memory.all_tasks:
                self._memory.all_tasks[task.task_id] = task
                self._memory.tasks[task.task_id] = task
        self._memory.leave("desk.open_tasks")
        return desk.Counted(count=len(command.tasks))

    @activity.defn(name="desk.close_task")
    async def close_task(self, command: desk.CloseTask) -> desk.Counted:
        count = _close(self._memory, command.subject_id, command.kind)
        self._memory.leave("desk.close_task")
        return desk.Counted(count=count)

    @activity.defn(name="desk.escalate_task")
    async def escalate_task(self, command: desk.EscalateTask) -> desk.Counted:
        self._memory.escalations.append(command)
        self._memory.leave("desk.escalate_task")
        return desk.Counted(count=1)


class FakeIntake(intake.IntakeActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="intake.admit")
    async def admit(self, command: intake.Admit) -> intake.Admitted:
        _close(self._memory, command.signal_id, None)
        self._memory.leave("intake.admit")
        return intake.Admitted(admission=self._memory.admission)

    @activity.defn(name="intake.close_signal")
    async def close_signal(self, command: intake.CloseSignal) -> intake.Counted:
        self._memory.closed_signals[command.signal_id] = command.reason
        _close(self._memory, command.signal_id, None)
        self._memory.leave("intake.close_signal")
        return intake.Counted(count=1)

    @activity.defn(name="intake.close_waiting_list")
    async def close_waiting_list(self, command: intake.CloseWaitingList) -> intake.Counted:
        self._memory.waiting_list_closed = True
        self._memory.leave("intake.close_waiting_list")
        return intake.Counted(count=0)

    @activity.defn(name="intake.erase_due")
    async def erase_due(self, command: intake.EraseDue) -> intake.Counted:
        count = min(command.limit, self._memory.erasable)
        self._memory.erasable -= count
        self._memory.erase_pages += 1
        self._memory.leave("intake.erase_due")
        return intake.Counted(count=count)


class FakeMonitor(monitor.MonitorActivities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @activity.defn(name="monitor.make_report")
    async def make_report(self, command: monitor.MakeReport) -> monitor.ReportKept:
        self._memory.reports.append(command)
        self._memory.leave("monitor.make_report")
        return monitor.ReportKept(report_id=stable_id(command.programme, command.number))


def fake_services(memory: Memory) -> dict[str, object]:
    """Every service by its task queue."""
    return {
        plans.TASK_QUEUE: FakePlans(memory),
        budget.TASK_QUEUE: FakeBudget(memory),
        matching.TASK_QUEUE: FakeMatching(memory),
        desk.TASK_QUEUE: FakeDesk(memory),
        intake.TASK_QUEUE: FakeIntake(memory),
        monitor.TASK_QUEUE: FakeMonitor(memory),
    }


def lapsed(memory: Memory, request_id: UUID) -> bool:
    return memory.decisions[request_id].verdict is Verdict.LAPSED


def _close(memory: Memory, subject_id: UUID, kind: desk.TaskKind | None) -> int:
    closed = [
        task.task_id for task in memory.tasks.values() if task.subject_id == subject_id and kind in (None, task.kind)
    ]
    for task_id in closed:
        del memory.tasks[task_id]
    return len(closed)
