"""Whether a family gets a place, waits for one, or hears why not."""

from dataclasses import dataclass
from datetime import date, timedelta

from programmes.rules import Fit
from programmes.schema import Ending, Programme
from services.intake.contracts import Admission
from services.shared.calendar import add_months
from services.shared.types import Code

ALREADY_ENROLLED: Code = "already-enrolled"
CONSENT_WITHDRAWN: Code = "consent-withdrawn"
PROGRAMME_ENDED: Code = "programme-ended"
PROGRAMME_FULL: Code = "programme-full"
PROGRAMME_NEARLY_OVER: Code = "programme-nearly-over"

NEVER_BEGAN: tuple[Code, ...] = ("not-started", "no-funds")
"""Outcomes of trajectories that ended before they began: they do not count toward the programme's target."""


@dataclass(frozen=True, kw_only=True)
class InLine:
    """Where a family stands: places taken now, places given ever, how many fitting families were received earlier
    and have no answer yet, and how many are on the waiting list."""

    taken: int
    given: int
    ahead: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    admission: Admission
    reasons: tuple[Code, ...] = ()


def last_day_to_enrol(programme: Programme) -> date | None:
    """After this day a family could not get a tandem, a plan and time to let go before the programme ends.

    None for a programme that runs on: a horizon is for planning and reporting, and families come in after it too.
    """
    if programme.period.ending is not Ending.FIXED:
        return programme.period.last_admission
    course = programme.trajectory
    start = course.matching_round_days + course.choice_days + programme.tandem.trial_days + course.first_plan_days
    return add_months(programme.period.last_day, -course.letting_go_months) - timedelta(days=start)


def decide(programme: Programme, *, fit: Fit, already_enrolled: bool, funded: bool, on: date, line: InLine) -> Decision:
    """Weigh an intake. First received goes first, also when somebody later in line is decided on earlier."""
    if already_enrolled:
        return _declined(ALREADY_ENROLLED)
    if not fit.fits:
        return _declined(*fit.reasons, *fit.unanswered)
    last_day = last_day_to_enrol(programme)
    if last_day is not None and on > last_day:
        return _declined(PROGRAMME_NEARLY_OVER)
    if line.given >= programme.targets.families:
        return _declined(PROGRAMME_FULL)
    has_place = (
        line.taken + line.ahead < programme.capacity.places_at_once
        and line.given + line.ahead < programme.targets.families
    )
    if funded and has_place:
        return Decision(admission=Admission.ENROLLED)
    if line.waiting < programme.intake.waiting_list_maximum:
        return Decision(admission=Admission.WAITING)
    return _declined(PROGRAMME_FULL)


def _declined(*reasons: Code) -> Decision:
    return Decision(admission=Admission.DECLINED, reasons=reasons)
