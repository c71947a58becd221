"""What comes in by workflow or by bus has its effect once."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.testing import ActivityEnvironment

from services.budget import bus
from services.budget.activities import Activities
from services.budget.balances import envelope_balance
from services.budget.contracts import CloseEnvelope, MakeBatch, OpenEnvelope
from services.plans.events import TrajectoryClosed, TrajectoryOutcome
from services.shared.database import Database
from services.shared.events import Envelope
from services.shared.inbox import Inbox
from services.shared.types import stable_id
from tests.budget.town import GRONINGEN, NOON, Town, trajectory

pytestmark = pytest.mark.engines


def _closed(number: int) -> bytes:
    event = TrajectoryClosed(
        trajectory_id=trajectory(number),
        family_id=stable_id("family", number),
        programme=GRONINGEN,
        outcome=TrajectoryOutcome.STOPPED,
        reason="family-stops",
        closed_on=date(2023, 2, 1),
    )
    source = "urn:nld:oin:00000000000000000000:systeem:plans"
    return Envelope.around(event, source=source, sequence=1, time=NOON, traceparent=None).body()


async def test_a_trajectory_that_closed_closes_its_envelope_once(town: Town, database: Database) -> None:
    inbox = Inbox(database, bus.consumer)
    for _ in range(2):
        await inbox.receive(_closed(1))
    async with database.transaction() as tx:
        found = await envelope_balance(tx, trajectory(1))
    assert found is not None
    assert found.closed_at == NOON
    assert found.balance.total_cents == 0
    assert await town.close_envelope() == 250_000


async def test_a_trajectory_without_an_envelope_closes_too(town: Town, database: Database) -> None:
    await Inbox(database, bus.consumer).receive(_closed(9))
    async with database.transaction() as tx:
        assert await envelope_balance(tx, trajectory(9)) is None


async def test_every_step_of_a_workflow_may_be_attempted_again(town: Town, database: Database) -> None:
    activities = Activities(database)
    opened = OpenEnvelope(
        trajectory_id=trajectory(2), family_id=stable_id("family", 2), programme=GRONINGEN, programme_version=1
    )
    await town.submit("bicycle")
    batch = MakeBatch(programme=GRONINGEN, programme_version=1, number=1, limit=10)
    close = CloseEnvelope(trajectory_id=trajectory(1), reason="completed")
    await _attempt_twice("1", activities.open_envelope, opened)
    await _attempt_twice("2", activities.make_batch, batch)
    await _attempt_twice("3", activities.close_envelope, close)
    assert await town.close_envelope() == 250_000
    async with database.transaction() as tx:
        steps = await tx.execute(select(func.count()).select_from(database.tables.step))
        assert steps.scalar_one() == 3


async def _attempt_twice(activity_id: str, activity: Callable[[Any], Awaitable[Any]], command: object) -> None:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        ActivityEnvironment.default_info(), activity_id=activity_id, scheduled_time=NOON
    )
    first = await environment.run(activity, command)
    assert await environment.run(activity, command) == first
