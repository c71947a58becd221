"""Nothing moves on before every event is published and handled, and what does not come to rest is named."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.desk.events import TaskClosed, TaskOpened
from services.shared.database import Database
from services.shared.events import Event
from services.shared.roles import Role
from simulation import quiet as quiet_module
from simulation.clock import VirtualClock
from simulation.quiet import Listener, NeverQuiet, Quiet

pytestmark = pytest.mark.engines

NOW = datetime(2051, 3, 1, 9, tzinfo=UTC)
HEARS_OPENED = Listener(schema="desk", consumer="desk", types=frozenset({TaskOpened.type}))


class StandingClock(VirtualClock):
    """Time passes at once, and nothing happens in it."""

    def __init__(self) -> None:
        self.slept = timedelta(0)

    async def sleep(self, duration: timedelta) -> None:
        self.slept += duration


@pytest.fixture
def desk(service_database: Callable[[str], Database]) -> Database:
    return service_database("desk")


@pytest.fixture
def quiet(desk: Database, monkeypatch: pytest.MonkeyPatch) -> Quiet:
    monkeypatch.setattr(quiet_module, "QUIET_MAX_SECONDS", 0.3)
    return Quiet(desk.engine, StandingClock(), ["desk"], [HEARS_OPENED])


async def _tell(desk: Database, event: Event) -> None:
    async with desk.transaction() as tx:
        await tx.publish(event, now=NOW)


def _opened() -> TaskOpened:
    return TaskOpened(task_id=uuid4(), kind="make-plan", programme="p", role=Role.SUPPORTER, due_on=date(2051, 3, 9))


async def _publish(desk: Database) -> None:
    async with desk.connection() as connection:
        await connection.execute(text("UPDATE desk.outbox SET published_at = now()"))


async def _handle(desk: Database, state: str = "done") -> None:
    statement = (
        "INSERT INTO desk.inbox (consumer, event_id, type, subject, state, attempts)"
        " SELECT 'desk', event_id, type, subject, :state, 1 FROM desk.outbox ON CONFLICT DO NOTHING"
    )
    async with desk.connection() as connection:
        await connection.execute(text(statement), {"state": state})


async def test_an_empty_stack_is_quiet(quiet: Quiet) -> None:
    await quiet.settle()
    assert quiet.events == 0


async def test_an_event_that_was_not_published_is_waited_for(desk: Database, quiet: Quiet) -> None:
    await _tell(desk, _opened())
    with pytest.raises(NeverQuiet, match="1 events not published"):
        await quiet.settle()


async def test_an_event_that_was_not_handled_is_waited_for_by_name(desk: Database, quiet: Quiet) -> None:
    await _tell(desk, _opened())
    await _publish(desk)
    with pytest.raises(NeverQuiet, match="not handled by desk: 1"):
        await quiet.settle()


async def test_an_event_that_is_tried_again_still_moves(desk: Database, quiet: Quiet) -> None:
    await _tell(desk, _opened())
    await _publish(desk)
    await _handle(desk, "retrying")
    with pytest.raises(NeverQuiet, match="not handled by desk: 1"):
        await quiet.settle()


async def test_what_was_published_and_handled_is_quiet(desk: Database, quiet: Quiet) -> None:
    await _tell(desk, _opened())
    await _publish(desk)
    await _handle(desk)
    await quiet.settle()
    assert quiet.events == 1


async def test_nobody_waits_for_a_listener_that_does_not_hear_this(desk: Database, quiet: Quiet) -> None:
    await _tell(desk, TaskClosed(task_id=uuid4(), kind="make-plan", programme="p", outcome="done", late=False))
    await _publish(desk)
    await quiet.settle()
    assert quiet.events == 1


async def test_an_event_that_was_committed_after_a_later_one_is_not_passed_over(desk: Database, quiet: Quiet) -> None:
    async with desk.transaction() as slow:
        await slow.publish(_opened(), now=NOW)
        await _tell(desk, _opened())
        await _publish(desk)
        with pytest.raises(NeverQuiet, match="not handled by desk: 1"):
            await quiet.settle()
    await _publish(desk)
    with pytest.raises(NeverQuiet, match="not handled by desk: 2"):
        await quiet.settle()
    await _handle(desk)
    await quiet.settle()
    assert quiet.events == 2
