"""One family's years in a programme, as they go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from services.budget import contracts as budget
from services.desk.contracts import ACT_UPDATE, TaskKind, TrajectoryAction
from services.matching import contracts as matching
from services.plans import contracts as plans
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.types import Code
from workflows.asking import Command, ask, perform
from workflows.bounds import AFTERCARE_PATIENCE_DAYS
from workflows.clock import Alarm, today
from workflows.contracts import HEAR_UPDATE, Fact, TrajectoryEnded
from workflows.saga import Saga
from workflows.trajectory_events import (
    Reaction,
    asked_for_tandem,
    close_task,
    on_action,
    on_fact,
    open_task,
    refusal,
    request_tandem,
)
from workflows.trajectory_state import (
    Match,
    State,
    TrajectoryRun,
    call_on,
    earliest,
    enter,
    first_state,
    is_cut_short,
    let_go_on,
    letting_go_on,
    no_match_on,
    renew_on,
    talk_on,
)

COMPLETED = TrajectoryEnded(outcome=TrajectoryOutcome.COMPLETED, reason="completed")
NO_MATCH = TrajectoryEnded(outcome=TrajectoryOutcome.NO_MATCH, reason="no-match")
NO_FUNDS = TrajectoryEnded(outcome=TrajectoryOutcome.NO_FUNDS, reason="no-funds")
NOT_STARTED = TrajectoryEnded(outcome=TrajectoryOutcome.NOT_STARTED, reason="step-failed")
PROGRAMME_ENDED = TrajectoryEnded(outcome=TrajectoryOutcome.PROGRAMME_ENDED, reason="programme-ended")
PAUSED_TOO_LONG = TrajectoryEnded(outcome=TrajectoryOutcome.STOPPED, reason="paused-too-long")
TRAJECTORY_CLOSED: Code = "trajectory-closed"


class Leaving(Exception):
    """Not an error: the trajectory ends here, whatever phase it is in."""

    def __init__(self, ended: TrajectoryEnded) -> None:
        super().__init__(ended.reason)
        self.ended = ended


@workflow.defn
class FamilyTrajectory:
    """Facts and people's actions are only noted when they come; `_live` is the one place that acts on them.

    A task that was done is closed by the desk on the event that says so, or that follows from it (a phase, the end);
    the workflow closes what no event closes.
    """

    @workflow.init
    def __init__(self, course: TrajectoryRun) -> None:
        self._terms = course.terms
        self._state = course.state or first_state(course.terms, today())
        self._told: list[Fact | TrajectoryAction] = []
        self._closing = False
        self._alarm = Alarm()

    @workflow.run
    async def run(self, course: TrajectoryRun) -> TrajectoryEnded:
        """Match, plan, work together, let go, aftercare; each phase and each year goes on as new."""
        if course.state is None and (refused := await self._open()):
            return refused
        try:
            match self._state.phase:
                case Phase.MATCHING:
                    await self._find_tandem()
                case Phase.PLAN:
                    await self._make_plan()
                case Phase.WORKING_TOGETHER:
                    await self._work_together()
                case Phase.LETTING_GO:
                    await self._let_go()
                case Phase.AFTERCARE | Phase.CLOSED:
                    await self._give_aftercare()
            await self._go_on_as_new()
        except Leaving as leaving:
            return await self._close(leaving.ended)

    @workflow.update(name=HEAR_UPDATE)
    def hear(self, fact: Fact) -> None:
        """An event about this family, brought by the starter."""
        self._told.append(fact)

    @hear.validator
    def may_hear(self, fact: Fact) -> None:
        self._refuse(TRAJECTORY_CLOSED if self._closing else None)

    @workflow.update(name=ACT_UPDATE)
    def act(self, action: TrajectoryAction) -> None:
        """A person pauses, resumes, stops or asks for another tandem."""
        self._told.append(action)

    @act.validator
    def may_act(self, action: TrajectoryAction) -> None:
        self._refuse(TRAJECTORY_CLOSED if self._closing else refusal(self._expected(), action.act))

    async def _open(self) -> TrajectoryEnded | None:
        """A file, an envelope and a place in the matching round: all of them (None), or none and why."""
        saga, refused = Saga(), NOT_STARTED
        try:
            await saga.step(self._open_file, undo=lambda: self._close_file(refused))
            envelope = await saga.step(self._open_envelope, undo=lambda: self._close_envelope(refused))
            if not envelope.opened:
                refused = NO_FUNDS
            else:
                await saga.step(self._enter_matching, undo=self._leave_matching)
                self._state = asked_for_tandem(self._state)
                return None
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
        self._closing = True
        await saga.undo()
        return refused

    async def _find_tandem(self) -> None:
        """The family waits for the rounds, chooses and tries, until it has its first tandem."""
        found = await self._live(
            lambda: self._state.match is Match.TOGETHER, lambda: no_match_on(self._terms, self._state)
        )
        if not found:
            raise Leaving(NO_MATCH)
        await self._enter(Phase.PLAN)

    async def _make_plan(self) -> None:
        """The tandem and the family make a plan, until the family agrees to it."""
        if not self._state.plan_agreed:
            due_on = self._state.phase_since + timedelta(days=self._terms.first_plan_days)
            await perform((open_task(self._terms, TaskKind.MAKE_PLAN, due_on=due_on),))
            await self._live(lambda: self._state.plan_agreed, _never)
        await self._enter(Phase.WORKING_TOGETHER)

    async def _work_together(self) -> None:
        """Years of it, until a review says that the family can do without, or its time is over."""
        ready = await self._live(lambda: self._state.ready_to_let_go, lambda: letting_go_on(self._terms, self._state))
        cut_short = not ready and is_cut_short(self._terms, self._state, today())
        self._state = replace(self._state, cut_short=cut_short)
        await self._enter(Phase.LETTING_GO)

    async def _let_go(self) -> None:
        """A transition with less and less help."""
        await self._live(_not_by_itself, lambda: let_go_on(self._terms, self._state))
        await self._enter(Phase.AFTERCARE)

    async def _give_aftercare(self) -> None:
        """Somebody calls a few times; a call that is not made in time is passed over."""
        while (day := call_on(self._terms, self._state)) is not None:
            call = self._state.calls + 1
            made = partial(self._was_called, call)
            if not await self._live(made, partial(_on, day)):
                due_on = day + timedelta(days=AFTERCARE_PATIENCE_DAYS)
                before = close_task(self._terms, TaskKind.GIVE_AFTERCARE)
                task = open_task(self._terms, TaskKind.GIVE_AFTERCARE, due_on=due_on, number=call, closes=(before,))
                await perform((task,))
                if not await self._live(made, partial(_on, due_on)):
                    await perform((close_task(self._terms, TaskKind.GIVE_AFTERCARE, "missed"),))
            self._state = replace(self._state, calls=max(self._state.calls, call))
        raise Leaving(PROGRAMME_ENDED if self._state.cut_short else COMPLETED)

    def _was_called(self, call: int) -> bool:
        return self._state.calls >= call

    async def _live(self, until: Callable[[], bool], at_latest: Callable[[], date | None]) -> bool:
        """Act on whatever comes until something holds (True) or its last day is there (False).

        While a family pauses neither counts. The programme's fixed end ends it in any case.
        """
        while True:
            await self._act_on_told()
            now, ends_on, state = today(), self._terms.ends_on, self._state
            if ends_on is not None and now >= ends_on:
                raise Leaving(COMPLETED if state.phase is Phase.AFTERCARE and not state.cut_short else PROGRAMME_ENDED)
            if state.paused_on is None and until():
                return True
            day = at_latest() if state.paused_on is None else talk_on(self._terms, state)
            if day is not None and now >= day:
                if state.paused_on is None:
                    return False
                await self._talk_about_pause()
            elif now >= renew_on(state):
                await self._go_on_as_new()
            else:
                await self._alarm.wait(earliest(day, ends_on, renew_on(state)), lambda: bool(self._told))

    async def _act_on_told(self) -> None:
        while self._told:
            reaction = self._reaction(self._state, self._told.pop(0))
            self._state = reaction.state
            await perform(reaction.asks)
            if reaction.ended is not None:
                raise Leaving(reaction.ended)

    def _reaction(self, state: State, told: Fact | TrajectoryAction) -> Reaction:
        if isinstance(told, Fact):
            return on_fact(self._terms, state, told, today())
        return on_action(self._terms, state, told, today())

    def _expected(self) -> State:
        """Where we stand once everything that was told has been acted on."""
        state = self._state
        for told in self._told:
            state = self._reaction(state, told).state
        return state

    def _refuse(self, code: Code | None) -> None:
        if code is not None:
            raise ApplicationError(code, type=code, non_retryable=True)

    async def _talk_about_pause(self) -> None:
        """A long pause needs a conversation, and ends the trajectory when conversations do not help."""
        if self._state.pause_talks >= self._terms.pause_talks_maximum:
            raise Leaving(PAUSED_TOO_LONG)
        self._state = replace(self._state, pause_talks=self._state.pause_talks + 1)
        task = open_task(
            self._terms,
            TaskKind.TALK_ABOUT_PAUSE,
            due_on=today() + timedelta(days=self._terms.pause_talk_days),
            about=self._state.paused_on,
            number=self._state.pause_talks,
        )
        await perform((task,))

    async def _enter(self, phase: Phase) -> None:
        self._state = enter(self._state, phase, today())
        await perform((plans.EnterPhase(trajectory_id=self._terms.trajectory_id, phase=phase),))

    async def _go_on_as_new(self) -> NoReturn:
        await self._act_on_told()
        workflow.continue_as_new(TrajectoryRun(terms=self._terms, state=replace(self._state, run_since=today())))

    async def _close(self, ended: TrajectoryEnded) -> TrajectoryEnded:
        """Everything of this family is closed; its tasks by the desk, when it hears that the trajectory is."""
        self._closing = True
        terms, commands = self._terms, list[Command]()
        if self._state.match is Match.TOGETHER:
            commands.append(matching.EndTandem(trajectory_id=terms.trajectory_id, reason=ended.reason))
        elif self._state.match is not Match.NOT_ASKED:
            commands.append(matching.WithdrawRequest(trajectory_id=terms.trajectory_id))
        commands.append(budget.CloseEnvelope(trajectory_id=terms.trajectory_id, reason=ended.reason))
        commands.append(
            plans.CloseTrajectory(trajectory_id=terms.trajectory_id, outcome=ended.outcome, reason=ended.reason)
        )
        await perform(commands)
        return ended

    async def _open_file(self) -> plans.Done:
        terms = self._terms
        command = plans.OpenTrajectory(
            trajectory_id=terms.trajectory_id,
            family_id=terms.family_id,
            programme=terms.programme,
            programme_version=terms.programme_version,
            area=terms.area,
            started_on=terms.started_on,
        )
        return await ask(plans.TASK_QUEUE, plans.PlansActivities.open_trajectory, command)

    async def _close_file(self, ended: TrajectoryEnded) -> None:
        command = plans.CloseTrajectory(
            trajectory_id=self._terms.trajectory_id, outcome=ended.outcome, reason=ended.reason
        )
        await perform((command,))

    async def _open_envelope(self) -> budget.EnvelopeResult:
        terms = self._terms
        command = budget.OpenEnvelope(
            trajectory_id=terms.trajectory_id,
            family_id=terms.family_id,
            programme=terms.programme,
            programme_version=terms.programme_version,
        )
        return await ask(budget.TASK_QUEUE, budget.BudgetActivities.open_envelope, command)

    async def _close_envelope(self, ended: TrajectoryEnded) -> None:
        await perform((budget.CloseEnvelope(trajectory_id=self._terms.trajectory_id, reason=ended.reason),))

    async def _enter_matching(self) -> matching.Done:
        command = request_tandem(self._terms, self._state)
        return await ask(matching.TASK_QUEUE, matching.MatchingActivities.request_tandem, command)

    async def _leave_matching(self) -> None:
        await perform((matching.WithdrawRequest(trajectory_id=self._terms.trajectory_id),))


def _on(day: date) -> date:
    return day


def _never() -> None:
    return None


def _not_by_itself() -> bool:
    return False
