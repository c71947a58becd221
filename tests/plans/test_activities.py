"""The activities of plans, attempted as Temporal attempts them: perhaps more than once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from temporalio.testing import ActivityEnvironment

from services.plans import store
from services.plans.activities import Activities
from services.plans.contracts import (
    CloseTrajectory,
    Done,
    DueFound,
    EnterPhase,
    FindDue,
    OpenTrajectory,
    PauseTrajectory,
    ResumeTrajectory,
)
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.types import stable_id
from tests.plans.household import PROGRAMME, STARTED, trajectory_of

pytestmark = pytest.mark.engines

ME = trajectory_of("Van der Veen")
OPEN = OpenTrajectory(
    trajectory_id=ME,
    family_id=stable_id("family", "Van der Veen"),
    programme=PROGRAMME,
    programme_version=1,
    area="beijum",
    started_on=STARTED,
)


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("plans")


@pytest.fixture
def activities(database: Database) -> Activities:
    return Activities(database)


def _scheduled(activity_id: str, on: date = STARTED) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, activity_id=activity_id, scheduled_time=morning_of(on))
    return environment


async def test_what_was_found_due_is_not_lost_when_the_answer_was(activities: Activities) -> None:
    await _scheduled("1").run(activities.open_trajectory, OPEN)
    await _scheduled("2").run(activities.enter_phase, EnterPhase(trajectory_id=ME, phase=Phase.PLAN))
    look = FindDue(programme=PROGRAMME, limit=10)

    first = await _scheduled("3").run(activities.find_due, look)
    again = await _scheduled("3").run(activities.find_due, look)

    assert len(first.items) == 1
    assert again == first
    assert await _scheduled("4").run(activities.find_due, look) == DueFound(items=())


async def test_every_activity_does_its_own_work_at_its_scheduled_time(
    activities: Activities, database: Database
) -> None:
    closing_day = date(2024, 2, 29)
    pause, resume = PauseTrajectory(trajectory_id=ME, reason="illness"), ResumeTrajectory(trajectory_id=ME)
    close = CloseTrajectory(trajectory_id=ME, outcome=TrajectoryOutcome.STOPPED, reason="family-stops")

    done = [
        await _scheduled("1").run(activities.open_trajectory, OPEN),
        await _scheduled("2").run(activities.pause_trajectory, pause),
        await _scheduled("3").run(activities.resume_trajectory, resume),
        await _scheduled("4", closing_day).run(activities.close_trajectory, close),
        await _scheduled("4", closing_day).run(activities.close_trajectory, close),
    ]

    assert done == [Done(changed=True)] * 5
    async with database.transaction() as tx:
        trajectory = await store.trajectory(tx, ME)
    assert trajectory is not None
    assert trajectory.closed_on == closing_day
