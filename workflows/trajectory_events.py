"""What a trajectory makes of what it is told: the next state, what to ask of services, and whether it ends. Pure."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.desk.contracts import (
    CloseTask,
    OpenTask,
    OpenTasks,
    TaskKind,
    TrajectoryAct,
    TrajectoryAction,
    refused_act,
)
from services.matching.contracts import EndTandem, MoveFamily, RequestTandem, WithdrawRequest
from services.plans.contracts import PauseTrajectory, ResumeTrajectory
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from workflows.asking import Command
from workflows.contracts import Fact, FactKind, TrajectoryEnded, TrajectoryTerms
from workflows.trajectory_state import Match, State, remember, resumed

ROLES: dict[TaskKind, tuple[Role, ...]] = {
    TaskKind.CHOOSE_TANDEM: (Role.SUPPORTER, Role.MATCHER),
    TaskKind.EVALUATE_TRIAL: (Role.SUPPORTER, Role.MATCHER),
    TaskKind.MAKE_PLAN: (Role.SUPPORTER,),
    TaskKind.GIVE_AFTERCARE: (Role.SUPPORTER,),
    TaskKind.TALK_ABOUT_PAUSE: (Role.SUPPORTER, Role.TEAM_COORDINATOR),
}


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """The state after it, what is asked of services, and the end where it brings one."""

    state: State
    asks: tuple[Command, ...] = ()
    ended: TrajectoryEnded | None = None


def refusal(state: State, act: TrajectoryAct) -> Code | None:
    """Why somebody's action makes no sense now, None when it does."""
    return refused_act(act, paused=state.paused_on is not None, together=state.match is Match.TOGETHER)


def on_action(terms: TrajectoryTerms, state: State, action: TrajectoryAction, today: date) -> Reaction:
    """What follows from an action that a person took."""
    if refusal(state, action.act) is not None:
        return Reaction(state=state)
    match action.act:
        case TrajectoryAct.STOP:
            return Reaction(state=state, ended=TrajectoryEnded(outcome=TrajectoryOutcome.STOPPED, reason=action.reason))
        case TrajectoryAct.PAUSE:
            return _pause(terms, state, action.reason, today)
        case TrajectoryAct.RESUME:
            return _resume(terms, state, today)
        case TrajectoryAct.CHANGE_TANDEM:
            return _without_tandem(terms, state, action.reason)


def on_fact(terms: TrajectoryTerms, state: State, fact: Fact, today: date) -> Reaction:
    """What follows from an event; the same one again changes nothing."""
    if fact.event_id in state.heard:
        return Reaction(state=state)
    state = remember(state, fact.event_id)
    match fact.kind:
        case FactKind.CONSENT_WITHDRAWN:
            return _ended(state, TrajectoryOutcome.CONSENT_WITHDRAWN)
        case FactKind.MOVED_AWAY:
            return _ended(state, TrajectoryOutcome.MOVED_AWAY)
        case FactKind.MOVED:
            area = fact.area or state.area
            move = MoveFamily(trajectory_id=terms.trajectory_id, area=area)
            return Reaction(state=replace(state, area=area), asks=(move,))
        case FactKind.PLAN_AGREED:
            return Reaction(state=replace(state, plan_agreed=True))
        case FactKind.READY_TO_LET_GO:
            return Reaction(state=replace(state, ready_to_let_go=True))
        case FactKind.AFTERCARE_GIVEN:
            return Reaction(state=replace(state, calls=max(state.calls, fact.number)))
        case FactKind.TANDEM_LOST:
            return _without_tandem(terms, state, "person-left")
        case _:
            return _matched(terms, state, fact, today)


def request_tandem(terms: TrajectoryTerms, state: State) -> RequestTandem:
    """Ask for the next tandem, with what the family speaks, where it lives and what weighs most."""
    return RequestTandem(
        trajectory_id=terms.trajectory_id,
        family_id=terms.family_id,
        number=state.requests + 1,
        programme=terms.programme,
        programme_version=terms.programme_version,
        area=state.area,
        languages=terms.languages,
        themes=terms.themes,
    )


def asked_for_tandem(state: State) -> State:
    """A tandem has been asked for."""
    return replace(state, match=Match.WAITING, requests=state.requests + 1)


def open_task(
    terms: TrajectoryTerms,
    kind: TaskKind,
    *,
    due_on: date,
    about: object = None,
    number: int = 1,
    closes: tuple[CloseTask, ...] = (),
) -> OpenTasks:
    """One task of this trajectory, in the place of others; the same `about` and number is the same task."""
    task = OpenTask(
        task_id=stable_id("trajectory", terms.trajectory_id, kind, str(about), number),
        kind=kind,
        programme=terms.programme,
        subject_id=terms.trajectory_id,
        family_id=terms.family_id,
        roles=ROLES[kind],
        due_on=due_on,
        number=number,
    )
    return OpenTasks(tasks=(task,), closes=closes)


def close_task(terms: TrajectoryTerms, kind: TaskKind | None, result: Code = "done") -> CloseTask:
    """Every open task of this kind, or all, of this trajectory."""
    return CloseTask(subject_id=terms.trajectory_id, kind=kind, outcome=result)


def _matched(terms: TrajectoryTerms, state: State, fact: Fact, today: date) -> Reaction:
    """The way from a proposal to a tandem. What comes after the family stopped asking is passed over."""
    if fact.kind is FactKind.TANDEM_CONFIRMED:
        # The first tandem brings the next phase, and with that the desk closes what asked for it.
        asks = () if state.phase is Phase.MATCHING else (close_task(terms, TaskKind.EVALUATE_TRIAL),)
        return Reaction(state=replace(state, match=Match.TOGETHER), asks=asks)
    if state.match in (Match.NOT_ASKED, Match.TOGETHER):
        return Reaction(state=state)
    match fact.kind:
        case FactKind.TANDEM_PROPOSED if state.match is not Match.TRIAL:
            due_on = today + timedelta(days=terms.choice_days)
            # Proposals of an earlier round have lapsed when there are new ones.
            before = close_task(terms, TaskKind.CHOOSE_TANDEM, "lapsed")
            task = open_task(terms, TaskKind.CHOOSE_TANDEM, due_on=due_on, about=fact.subject_id, closes=(before,))
            return Reaction(state=replace(state, match=Match.CHOOSING), asks=(task,))
        case FactKind.TANDEM_DECLINED if state.match is not Match.TRIAL:
            return Reaction(
                state=replace(state, match=Match.WAITING),
                asks=(close_task(terms, TaskKind.CHOOSE_TANDEM, "declined"),),
            )
        case FactKind.TANDEM_CHOSEN:
            due_on = today + timedelta(days=terms.trial_days)
            before = close_task(terms, TaskKind.CHOOSE_TANDEM)
            task = open_task(terms, TaskKind.EVALUATE_TRIAL, due_on=due_on, about=fact.subject_id, closes=(before,))
            return Reaction(state=replace(state, match=Match.TRIAL), asks=(task,))
        case FactKind.TRIAL_FAILED:
            return Reaction(
                state=replace(state, match=Match.WAITING), asks=(close_task(terms, TaskKind.EVALUATE_TRIAL),)
            )
    return Reaction(state=state)


def _without_tandem(terms: TrajectoryTerms, state: State, reason: Code) -> Reaction:
    """The tandem ends; another is asked for at once, or when the pause is over."""
    if state.match not in (Match.TRIAL, Match.TOGETHER):
        return Reaction(state=state)
    asks = _let_go_of_match(terms, state, reason)
    if state.paused_on is not None:
        return Reaction(state=replace(state, match=Match.NOT_ASKED), asks=asks)
    return Reaction(state=asked_for_tandem(state), asks=(*asks, request_tandem(terms, state)))


def _pause(terms: TrajectoryTerms, state: State, reason: Code, today: date) -> Reaction:
    """Everything waits; a family that is still being matched leaves the round."""
    paused = replace(state, paused_on=today)
    pause = PauseTrajectory(trajectory_id=terms.trajectory_id, reason=reason)
    if state.match in (Match.TOGETHER, Match.NOT_ASKED):
        return Reaction(state=paused, asks=(pause,))
    asks = _let_go_of_match(terms, state, "paused")
    return Reaction(state=replace(paused, match=Match.NOT_ASKED), asks=(pause, *asks))


def _resume(terms: TrajectoryTerms, state: State, today: date) -> Reaction:
    """Everything goes on, also the search for a tandem where there is none."""
    asks: tuple[Command, ...] = (ResumeTrajectory(trajectory_id=terms.trajectory_id),)
    if state.pause_talks:
        asks = (*asks, close_task(terms, TaskKind.TALK_ABOUT_PAUSE))
    if state.match is not Match.NOT_ASKED:
        return Reaction(state=resumed(state, today), asks=asks)
    again = asked_for_tandem(resumed(state, today))
    return Reaction(state=again, asks=(*asks, request_tandem(terms, state)))


def _let_go_of_match(terms: TrajectoryTerms, state: State, reason: Code) -> tuple[Command, ...]:
    match state.match:
        case Match.TOGETHER:
            return (EndTandem(trajectory_id=terms.trajectory_id, reason=reason),)
        case Match.TRIAL:
            kind = TaskKind.EVALUATE_TRIAL
        case Match.CHOOSING:
            kind = TaskKind.CHOOSE_TANDEM
        case _:
            return (WithdrawRequest(trajectory_id=terms.trajectory_id),)
    return (WithdrawRequest(trajectory_id=terms.trajectory_id), close_task(terms, kind, reason))


def _ended(state: State, outcome: TrajectoryOutcome) -> Reaction:
    return Reaction(state=state, ended=TrajectoryEnded(outcome=outcome, reason=outcome.value))
