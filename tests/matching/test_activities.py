"""Matching's activities, attempted as Temporal attempts them: perhaps more than once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment

from services.matching import store
from services.matching.activities import Activities
from services.matching.contracts import Done, EndTandem, HoldRound, MoveFamily, RoundHeld, WithdrawRequest
from services.shared.database import Database
from tests.matching.town import PROGRAMME, TODAY, asks, at, request, trajectory_of

pytestmark = pytest.mark.engines


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("matching")


def _scheduled(activity_id: str) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, activity_id=activity_id, scheduled_time=at(TODAY))
    return environment


async def test_a_second_attempt_gets_the_first_ones_answer(database: Database) -> None:
    activities = Activities(database)
    command = asks(request("El Amrani"))

    first = await _scheduled("1").run(activities.request_tandem, command)
    again = await _scheduled("1").run(activities.request_tandem, command)
    another = await _scheduled("2").run(activities.request_tandem, command)

    assert (first, again, another) == (Done(changed=True), Done(changed=True), Done(changed=False))
    async with database.transaction() as tx:
        waiting = await store.open_request(tx, trajectory_of("El Amrani"))
    assert waiting is not None
    assert waiting.requested_on == TODAY


async def test_every_activity_does_its_own_work(database: Database) -> None:
    activities = Activities(database)
    me = trajectory_of("El Amrani")
    await _scheduled("1").run(activities.request_tandem, asks(request("El Amrani")))

    moved = await _scheduled("2").run(activities.move_family, MoveFamily(trajectory_id=me, area="selwerd"))
    held = await _scheduled("3").run(
        activities.hold_round, HoldRound(programme=PROGRAMME, programme_version=1, round_number=1)
    )
    ended = await _scheduled("4").run(activities.end_tandem, EndTandem(trajectory_id=me, reason="stopped"))
    withdrawn = await _scheduled("5").run(activities.withdraw_request, WithdrawRequest(trajectory_id=me))

    assert (moved, ended, withdrawn) == (Done(changed=True), Done(changed=False), Done(changed=True))
    assert held == RoundHeld(waiting=1, proposed=0, unmatched=1)
