"""Where a family's trajectory stands, and which of its dates follow from that: pure, and carried from run to run."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.plans.events import Phase
from services.shared.calendar import add_months
from services.shared.types import Code
from workflows.bounds import FACTS_REMEMBERED, MONTHS_A_RUN
from workflows.contracts import TrajectoryTerms


class Match(StrEnum):
    """How far a family is with its tandem."""

    NOT_ASKED = "not-asked"
    WAITING = "waiting"
    CHOOSING = "choosing"
    TRIAL = "trial"
    TOGETHER = "together"


@dataclass(frozen=True, kw_only=True)
class State:
    """`requests` counts the tandems asked for; `paused_days` how long this phase stood still; `calls` the aftercare
    calls that are behind us; `cut_short` says that the programme's end came before the family's own.
    """

    phase: Phase
    phase_since: date
    run_since: date
    area: Code
    match: Match = Match.NOT_ASKED
    requests: int = 0
    plan_agreed: bool = False
    ready_to_let_go: bool = False
    paused_on: date | None = None
    paused_days: int = 0
    pause_talks: int = 0
    cut_short: bool = False
    calls: int = 0
    heard: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrajectoryRun:
    """One run of a trajectory: its terms, and where it stood when it went on as new (None for the first run)."""

    terms: TrajectoryTerms
    state: State | None = None


def first_state(terms: TrajectoryTerms, today: date) -> State:
    """A family that has just been enrolled."""
    return State(phase=Phase.MATCHING, phase_since=today, run_since=today, area=terms.area)


def enter(state: State, phase: Phase, today: date) -> State:
    """The next phase, from today."""
    return replace(state, phase=phase, phase_since=today, paused_days=0)


def remember(state: State, event_id: UUID) -> State:
    """Keep that an event was heard; only the latest ones are kept."""
    return replace(state, heard=(*state.heard, event_id)[-FACTS_REMEMBERED:])


def resumed(state: State, today: date) -> State:
    """The pause has ended; it counts for none of the phase's time."""
    stood_still = (today - max(state.paused_on, state.phase_since)).days if state.paused_on else 0
    return replace(state, paused_on=None, paused_days=state.paused_days + stood_still, pause_talks=0)


def renew_on(state: State) -> date:
    """The day on which the workflow goes on as new."""
    return add_months(state.run_since, MONTHS_A_RUN)


def talk_on(terms: TrajectoryTerms, state: State) -> date | None:
    """The day on which a pause has lasted so long that somebody talks about it; None without a pause."""
    if state.paused_on is None:
        return None
    return add_months(state.paused_on, terms.pause_maximum_months * (state.pause_talks + 1))


def no_match_on(terms: TrajectoryTerms, state: State) -> date:
    """The day on which a family without a tandem has waited long enough."""
    return _later(add_months(state.phase_since, terms.no_match_months), state)


def letting_go_on(terms: TrajectoryTerms, state: State) -> date | None:
    """The day on which working together ends; None where only the family and its tandem say when.

    Where the programme's end comes too soon, letting go still gets its months, or half of the time that is left.
    """
    own = _together_until(terms, state)
    if terms.ends_on is None:
        return own
    left = (terms.ends_on - state.phase_since).days
    needed = (terms.ends_on - add_months(terms.ends_on, -terms.letting_go_months)).days
    by_end = terms.ends_on - timedelta(days=min(needed, left // 2))
    return by_end if own is None else min(own, by_end)


def is_cut_short(terms: TrajectoryTerms, state: State, today: date) -> bool:
    """Whether working together ends today for the programme's end alone."""
    own = _together_until(terms, state)
    return own is None or today < own


def let_go_on(terms: TrajectoryTerms, state: State) -> date:
    """The day on which letting go has had its months."""
    return _later(add_months(state.phase_since, terms.letting_go_months), state)


def call_on(terms: TrajectoryTerms, state: State) -> date | None:
    """The day of the next aftercare call; None when there is none before the programme's end."""
    if state.calls >= len(terms.aftercare_months):
        return None
    day = _later(add_months(state.phase_since, terms.aftercare_months[state.calls]), state)
    return None if terms.ends_on is not None and day >= terms.ends_on else day


def earliest(*days: date | None) -> date | None:
    """The first of the days that are there."""
    return min((day for day in days if day is not None), default=None)


def _together_until(terms: TrajectoryTerms, state: State) -> date | None:
    if terms.as_long_as_needed:
        return None
    return _later(add_months(state.phase_since, terms.working_together_months), state)


def _later(day: date, state: State) -> date:
    return day + timedelta(days=state.paused_days)
