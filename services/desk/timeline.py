"""Where everything stands on the picture of a family's years; a template draws it and says the words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.desk.dossier_store import Course, Moment, MomentKind
from services.plans.events import Phase

WIDTH = 960
MARGIN = 16
BAR_TOP, BAR_HEIGHT = 34, 26
LANES = {
    MomentKind.MET: 84,
    MomentKind.INTAKE: 108,
    MomentKind.CONTACT: 84,
    MomentKind.REVIEW: 108,
    MomentKind.MEASUREMENT: 132,
    MomentKind.PLAN_AGREED: 156,
    MomentKind.GOAL_REACHED: 156,
    MomentKind.DECISION: 180,
    MomentKind.AFTERCARE: 108,
}
HEIGHT = 200
LABEL_WIDTH_MIN = 90
"""A phase narrower than this has no room for its name; the table beside the picture names it."""
DAYS_MIN = 90
TICKS_MAX = 13
MONTHS_BETWEEN_TICKS = (1, 3, 6, 12, 24)

type _Place = Callable[[date], float]


@dataclass(frozen=True)
class Stretch:
    """One phase, from left to right; `paused` lies over it."""

    phase: Phase
    left: float
    width: float
    has_room: bool


@dataclass(frozen=True)
class Dot:
    kind: MomentKind
    code: str | None
    on: date
    left: float
    top: int


@dataclass(frozen=True)
class Tick:
    on: date
    left: float


@dataclass(frozen=True)
class Picture:
    """Everything on the picture in its own measure: WIDTH by HEIGHT."""

    stretches: tuple[Stretch, ...]
    pauses: tuple[tuple[float, float], ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    width: int = WIDTH
    height: int = HEIGHT
    bar_top: int = BAR_TOP
    bar_height: int = BAR_HEIGHT


def draw(course: Course, moments: Sequence[Moment], *, today: date) -> Picture:
    """The picture of one trajectory, until it closed or until today."""
    begins = min([course.started_on, *(each.on for each in moments)])
    ends = course.closed_on or max(today, begins)
    ends = max(ends, begins + timedelta(days=DAYS_MIN))
    days = (ends - begins).days

    def left(on: date) -> float:
        share = min(max((on - begins).days, 0), days) / days
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    until = course.closed_on or today
    return Picture(
        stretches=tuple(_stretches(course, moments, until, left)),
        pauses=tuple(_pauses(moments, until, left)),
        dots=tuple(
            Dot(each.kind, each.code, each.on, left(each.on), LANES[each.kind])
            for each in moments
            if each.kind in LANES
        ),
        ticks=tuple(Tick(on, left(on)) for on in _ticks(begins, ends)),
        today=None if course.closed_on else left(today),
    )


def _stretches(course: Course, moments: Sequence[Moment], until: date, left: _Place) -> list[Stretch]:
    entered = [(course.started_on, Phase.MATCHING)]
    entered += [(each.on, Phase(each.code)) for each in moments if each.kind is MomentKind.PHASE and each.code]
    found = []
    for number, (since, phase) in enumerate(entered):
        end = entered[number + 1][0] if number + 1 < len(entered) else until
        start, stop = left(since), left(end)
        width = round(max(stop - start, 1), 1)
        found.append(Stretch(phase, start, width, has_room=width >= LABEL_WIDTH_MIN))
    return found


def _pauses(moments: Sequence[Moment], until: date, left: _Place) -> list[tuple[float, float]]:
    found, since = [], None
    for each in moments:
        if each.kind is MomentKind.PAUSED:
            since = each.on
        elif each.kind in (MomentKind.RESUMED, MomentKind.CLOSED) and since is not None:
            found.append((since, each.on))
            since = None
    if since is not None:
        found.append((since, until))
    return [(left(start), round(max(left(stop) - left(start), 2), 1)) for start, stop in found]


def _ticks(begins: date, ends: date) -> list[date]:
    """The first of a month, as often as there is room for."""
    months = (ends.year - begins.year) * 12 + ends.month - begins.month
    step = next((each for each in MONTHS_BETWEEN_TICKS if months / each <= TICKS_MAX - 1), MONTHS_BETWEEN_TICKS[-1])
    first = begins.year * 12 + begins.month - 1
    found = [date(month // 12, month % 12 + 1, 1) for month in range(first, first + months + 1) if month % step == 0]
    return [on for on in found if begins <= on <= ends]
