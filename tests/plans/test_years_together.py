"""What comes back over the years: reviews, measurements, hours and aftercare, each due once and done once."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.plans import handlers, store
from services.plans.commands import (
    GiveAftercare,
    HoldReview,
    LogHours,
    ReachGoal,
    TakeMeasurement,
)
from services.plans.contracts import Done, Due, PauseTrajectory, ResumeTrajectory
from services.plans.events import Contributor, Phase, TrajectoryOutcome
from services.shared.database import Database
from services.shared.outcomes import Refused
from tests.plans.asking import ask, events_told, named_due
from tests.plans.household import CALM, FATIMA, HENK, STARTED, TENSE, Household, goal

pytestmark = pytest.mark.engines

CHANGED, UNCHANGED = Done(changed=True), Done(changed=False)
LETTERS, DINNER = goal("Alle brieven open en beantwoord"), goal("Elke avond samen eten", "parenting")


async def test_what_falls_due_over_the_years_is_named_once_each(family: Household) -> None:
    me = str(family.trajectory_id)
    await family.enters(Phase.PLAN)
    assert await named_due(family) == [(me, Due.MEASUREMENT, 1, STARTED)]
    assert await named_due(family) == []
    measure = TakeMeasurement(
        trajectory_id=family.trajectory_id, number=1, instrument="kansen-check", scores=dict(TENSE)
    )
    assert await family.does(handlers.take_measurement, measure) == CHANGED

    family.today = date(2023, 3, 15)
    await family.enters(Phase.WORKING_TOGETHER)
    family.today = date(2023, 9, 14)
    assert await named_due(family) == []
    family.today = date(2023, 9, 18)
    half_a_year = date(2023, 9, 15)
    assert await named_due(family) == [(me, Due.MEASUREMENT, 2, half_a_year), (me, Due.REVIEW, 1, half_a_year)]
    family.today = date(2024, 6, 1)
    assert await named_due(family) == []

    held = HoldReview(trajectory_id=family.trajectory_id, number=1, ready_to_let_go=False, notes="Het gaat beter.")
    assert await family.does(handlers.hold_review, held) == CHANGED
    assert await family.does(handlers.hold_review, held) == Refused("held-already")
    family.today = date(2024, 12, 1)
    assert await named_due(family) == [(me, Due.REVIEW, 2, date(2024, 12, 1))]


async def test_two_who_look_for_what_is_due_at_once_name_it_once(family: Household) -> None:
    await family.enters(Phase.PLAN)

    found = await asyncio.gather(*(named_due(family) for _ in range(4)))

    assert sorted(len(each) for each in found) == [0, 0, 0, 1]


async def test_the_longest_due_come_first_and_no_more_than_asked(database: Database) -> None:
    for number, name in enumerate(("Bakker", "Visser", "Smit")):
        household = Household(database, name, date(2023, 2, 3 - number))
        await household.opens()
        await household.enters(Phase.PLAN)
    looking = Household(database, "Bakker", date(2023, 2, 10))

    first, rest = await named_due(looking, 2), await named_due(looking, 2)

    assert [due_on for *_, due_on in first] == [date(2023, 2, 1), date(2023, 2, 2)]
    assert [due_on for *_, due_on in rest] == [date(2023, 2, 3)]


async def test_nothing_falls_due_in_a_pause_and_all_of_it_after(family: Household) -> None:
    await family.enters(Phase.PLAN)
    pause = PauseTrajectory(trajectory_id=family.trajectory_id, reason="illness")
    assert await family.happens(handlers.pause_trajectory, pause) == CHANGED
    assert await family.happens(handlers.pause_trajectory, pause) == UNCHANGED
    assert await named_due(family) == []

    resume = ResumeTrajectory(trajectory_id=family.trajectory_id)
    assert await family.happens(handlers.resume_trajectory, resume) == CHANGED
    assert await family.happens(handlers.resume_trajectory, resume) == UNCHANGED
    assert len(await named_due(family)) == 1


async def test_a_measurement_says_where_the_family_is_and_how_it_went(family: Household) -> None:
    def measure(number: int, **changes: Any) -> TakeMeasurement:
        values = {"instrument": "kansen-check", "scores": dict(CALM)} | changes
        return TakeMeasurement(trajectory_id=family.trajectory_id, number=number, **values)

    wrong = await family.does(handlers.take_measurement, measure(1, scores=CALM | {"stress": 11}))
    unknown = await family.does(handlers.take_measurement, measure(1, instrument="sdq"))
    assert (wrong, unknown) == (Refused("wrong-scores", ("stress",)), Refused("unknown-instrument"))

    for number, phase in enumerate((Phase.PLAN, Phase.WORKING_TOGETHER, Phase.LETTING_GO), start=1):
        await family.enters(phase)
        assert await family.does(handlers.take_measurement, measure(number + 1)) == Refused("not-this-number")
        assert await family.does(handlers.take_measurement, measure(number)) == CHANGED
        assert await family.does(handlers.take_measurement, measure(number)) == Refused("taken-already")
    family.today = date(2023, 7, 10)
    assert [(due, number) for _, due, number, _ in await named_due(family)] == [(Due.MEASUREMENT, 4)]
    assert await family.does(handlers.take_measurement, measure(4)) == CHANGED
    await family.enters(Phase.AFTERCARE)
    assert await named_due(family) == []
    assert await family.does(handlers.take_measurement, measure(5)) == Refused("not-in-this-phase")

    told = await events_told(family.database, "measurement.taken")
    assert [each["moment"] for each in told] == ["baseline", "interim", "interim", "end"]
    assert told[0]["scores"] == CALM


async def test_a_review_counts_the_goals_and_belongs_to_the_years_together(family: Household) -> None:
    await family.drafts(LETTERS, DINNER)
    await family.does(handlers.reach_goal, ReachGoal(trajectory_id=family.trajectory_id, goal_id=DINNER.goal_id))
    early = HoldReview(trajectory_id=family.trajectory_id, number=1, ready_to_let_go=True)
    assert await family.does(handlers.hold_review, early) == Refused("not-in-this-phase")

    await family.enters(Phase.WORKING_TOGETHER)
    twice = await asyncio.gather(*(family.does(handlers.hold_review, early) for _ in range(2)))

    assert sorted(twice, key=str) == [CHANGED, Refused("held-already")]
    (held,) = await events_told(family.database, "review.held")
    assert (held["goals_open"], held["goals_reached"], held["ready_to_let_go"]) == (1, 1, True)


async def test_hours_count_once_and_may_be_written_down_after_closing(family: Household) -> None:
    def hours(entry: int, on: date, contributor: Contributor, minutes: int) -> LogHours:
        return LogHours(
            entry_id=UUID(int=entry),
            trajectory_id=family.trajectory_id,
            contributor=contributor,
            minutes=minutes,
            on=on,
        )

    family.today = date(2023, 5, 1)
    await family.closes(TrajectoryOutcome.STOPPED)
    late = hours(1, date(2023, 4, 28), Contributor.BUDDY, 180)
    family.today = date(2023, 5, 20)

    assert await family.does(handlers.log_hours, late, FATIMA) == CHANGED
    assert await family.does(handlers.log_hours, late, FATIMA) == UNCHANGED
    assert await family.does(handlers.log_hours, hours(2, STARTED, Contributor.PROFESSIONAL, 60), HENK) == CHANGED
    after = hours(3, date(2023, 5, 2), Contributor.BUDDY, 60)
    assert await family.does(handlers.log_hours, after, FATIMA) == Refused("not-during-the-trajectory")

    assert await ask(family.database, store.hours_of, family.trajectory_id) == [
        store.Hours(contributor=Contributor.BUDDY, minutes=180),
        store.Hours(contributor=Contributor.PROFESSIONAL, minutes=60),
    ]


async def test_aftercare_is_two_calls_each_made_once(family: Household) -> None:
    call = GiveAftercare(trajectory_id=family.trajectory_id, number=1, reached=False)
    assert await family.does(handlers.give_aftercare, call) == Refused("no-such-call")
    family.today = date(2025, 2, 28)
    await family.enters(Phase.AFTERCARE)

    assert await family.does(handlers.give_aftercare, call) == CHANGED
    assert await family.does(handlers.give_aftercare, call) == Refused("given-already")

    calls = await ask(family.database, store.aftercare_of, family.trajectory_id)
    assert [each.due_on for each in calls] == [date(2025, 5, 28), date(2025, 8, 28)]
    assert [told["number"] for told in await events_told(family.database, "aftercare.given")] == [1]
