"""What the desk hears of a family's years, and the picture that it makes of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from services.budget.events import SpendingRequestDecided, Verdict
from services.desk import dossier_store as store
from services.desk import timeline_bus
from services.desk.dossier_store import Course, CourseState, Moment, MomentKind
from services.desk.timeline import MARGIN, WIDTH, draw
from services.intake.events import FamilyEnrolled
from services.plans.events import (
    Contributor,
    HoursLogged,
    Phase,
    TrajectoryClosed,
    TrajectoryOutcome,
    TrajectoryPaused,
    TrajectoryPhaseEntered,
    TrajectoryResumed,
)
from services.shared.types import stable_id
from tests.desk.office import TRAJECTORY, Office

FAMILY = stable_id("family")
STARTED = date(2027, 3, 1)
ENROLLED = FamilyEnrolled(
    family_id=FAMILY,
    trajectory_id=TRAJECTORY,
    signal_id=stable_id("signal"),
    programme="kansrijk-emmen",
    programme_version=1,
    area="angelslo",
    enrolled_on=STARTED,
    children=2,
    languages=("nl",),
    themes=("money",),
    from_waiting_list=False,
    met_on=date(2027, 2, 1),
    intake_on=date(2027, 2, 20),
)


def at(month: int, day: int = 1) -> datetime:
    return datetime(2027, month, day, 9, tzinfo=UTC)


async def hears(office: Office, handler: Callable[..., Any], event: object, now: datetime) -> None:
    async with office.database.transaction() as tx:
        await handler(tx, event, now)


def entered(phase: Phase) -> TrajectoryPhaseEntered:
    return TrajectoryPhaseEntered(trajectory_id=TRAJECTORY, family_id=FAMILY, programme="kansrijk-emmen", phase=phase)


async def test_the_desk_knows_how_far_a_family_is_and_what_happened_when(office: Office) -> None:
    await hears(office, timeline_bus.on_family_enrolled, ENROLLED, at(3))
    await hears(office, timeline_bus.on_trajectory_phase_entered, entered(Phase.PLAN), at(4))
    hours = HoursLogged(trajectory_id=TRAJECTORY, contributor=Contributor.BUDDY, minutes=90, on=date(2027, 4, 3))
    await hears(office, timeline_bus.on_hours_logged, hours, at(4, 20))
    decided = SpendingRequestDecided(
        request_id=stable_id("request"),
        trajectory_id=TRAJECTORY,
        programme="kansrijk-emmen",
        category="household",
        amount_cents=10_000,
        urgent=False,
        verdict=Verdict.APPROVED,
        reason="agreed",
        deciders=(),
    )
    await hears(office, timeline_bus.on_spending_request_decided, decided, at(5))

    async with office.database.transaction() as tx:
        course = await store.course_of(tx, TRAJECTORY)
        moments = await store.moments(tx, TRAJECTORY)
    assert course is not None
    assert (course.phase, course.phase_since, course.state) == (Phase.PLAN, date(2027, 4, 1), CourseState.ACTIVE)
    assert [(each.kind, each.on, each.code, each.number) for each in moments] == [
        (MomentKind.MET, date(2027, 2, 1), None, None),
        (MomentKind.INTAKE, date(2027, 2, 20), None, None),
        (MomentKind.ENROLLED, STARTED, None, None),
        (MomentKind.PHASE, date(2027, 4, 1), "plan", None),
        (MomentKind.CONTACT, date(2027, 4, 3), "buddy", 90),
        (MomentKind.DECISION, date(2027, 5, 1), "approved", None),
    ]


async def test_a_pause_and_an_end_are_the_state_of_the_dossier(office: Office) -> None:
    await hears(office, timeline_bus.on_family_enrolled, ENROLLED, at(3))
    paused = TrajectoryPaused(trajectory_id=TRAJECTORY, reason="family-asked")
    await hears(office, timeline_bus.on_trajectory_paused, paused, at(4))
    async with office.database.transaction() as tx:
        course = await store.course_of(tx, TRAJECTORY)
    assert course is not None
    assert course.state is CourseState.PAUSED

    await hears(office, timeline_bus.on_trajectory_resumed, TrajectoryResumed(trajectory_id=TRAJECTORY), at(5))
    closed = TrajectoryClosed(
        trajectory_id=TRAJECTORY,
        family_id=FAMILY,
        programme="kansrijk-emmen",
        outcome=TrajectoryOutcome.STOPPED,
        reason="family-asked",
        closed_on=date(2027, 6, 1),
    )
    await hears(office, timeline_bus.on_trajectory_closed, closed, at(6))
    async with office.database.transaction() as tx:
        course = await store.course_of(tx, TRAJECTORY)
    assert course is not None
    assert (course.state, course.outcome, course.closed_on) == (CourseState.CLOSED, "stopped", date(2027, 6, 1))


def a_course(**changes: Any) -> Course:
    values: dict[str, Any] = {
        "trajectory_id": TRAJECTORY,
        "family_id": FAMILY,
        "programme": "kansrijk-emmen",
        "programme_version": 1,
        "phase": Phase.WORKING_TOGETHER,
        "phase_since": date(2027, 6, 1),
        "state": CourseState.ACTIVE,
        "started_on": STARTED,
        "closed_on": None,
        "outcome": None,
    }
    return Course(**(values | changes))


def a_moment(kind: MomentKind, on: date, code: str | None = None) -> Moment:
    return Moment(on=on, kind=kind, code=code, number=None)


def test_phases_follow_one_another_from_left_to_right_without_a_gap() -> None:
    moments = [
        a_moment(MomentKind.PHASE, date(2027, 4, 1), "plan"),
        a_moment(MomentKind.PHASE, date(2027, 6, 1), "working-together"),
    ]
    picture = draw(a_course(), moments, today=date(2029, 3, 1))

    assert [each.phase for each in picture.stretches] == [Phase.MATCHING, Phase.PLAN, Phase.WORKING_TOGETHER]
    assert picture.stretches[0].left == MARGIN
    for one, next_one in zip(picture.stretches, picture.stretches[1:], strict=False):
        assert abs(one.left + one.width - next_one.left) < 0.2
    last = picture.stretches[-1]
    assert abs(last.left + last.width - (WIDTH - MARGIN)) < 0.2
    assert last.has_room
    assert not picture.stretches[0].has_room


def test_a_family_that_came_in_today_has_a_picture_too() -> None:
    picture = draw(a_course(phase=Phase.MATCHING), [], today=STARTED)

    assert len(picture.stretches) == 1
    assert picture.today == MARGIN


def test_the_picture_begins_when_the_family_was_met() -> None:
    met, intake = a_moment(MomentKind.MET, date(2026, 3, 1)), a_moment(MomentKind.INTAKE, date(2026, 9, 1))
    picture = draw(a_course(), [met, intake], today=date(2029, 3, 1))

    assert [each.kind for each in picture.dots] == [MomentKind.MET, MomentKind.INTAKE]
    assert MARGIN == picture.dots[0].left < picture.dots[1].left < picture.stretches[0].left


def test_a_pause_that_lasts_reaches_until_today() -> None:
    picture = draw(a_course(), [a_moment(MomentKind.PAUSED, date(2028, 3, 1))], today=date(2029, 3, 1))

    [(left, width)] = picture.pauses
    assert abs(left + width - (WIDTH - MARGIN)) < 0.2


def test_ten_years_have_no_more_marks_than_fit() -> None:
    picture = draw(a_course(), [], today=date(2037, 3, 1))

    assert 4 <= len(picture.ticks) <= 13
    assert all(MARGIN <= tick.left <= WIDTH - MARGIN for tick in picture.ticks)
