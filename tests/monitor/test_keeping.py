"""Everything that is heard is kept once, what is missing is noticed, and the figures follow from the log."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.monitor import handlers, readings
from services.monitor.bus import consumer
from services.monitor.contracts import MakeReport
from services.monitor.domain.figures import Cell, Figures, MoneyCell, RequestCell, Waiting
from services.monitor.store import FACTS, event_log, gap
from services.shared.database import Database
from services.shared.inbox import Inbox
from tests.monitor.heard import ANNA, MET_ON, PROGRAMME, Teller, a_half_year, met, tandem

UNTIL = date(2024, 6, 30)


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("monitor")


async def _hear(database: Database, bodies: Sequence[bytes]) -> None:
    inbox = Inbox(database, consumer)
    for body in bodies:
        await inbox.receive(body)


async def _figures(database: Database, until: date = UNTIL) -> Figures:
    async with database.transaction() as tx:
        return await readings.figures(tx, PROGRAMME, until)


async def _facts(database: Database) -> list[list[object]]:
    async with database.transaction() as tx:
        return [[tuple(row) for row in await tx.execute(select(table).order_by(*table.primary_key))] for table in FACTS]


async def _open_gaps(database: Database) -> list[int]:
    async with database.transaction() as tx:
        return [row.sequence for row in await readings.open_gaps(tx, limit=10)]


async def test_half_a_year_gives_its_figures(database: Database) -> None:
    await _hear(database, a_half_year())

    figures = await _figures(database)

    assert figures.signals_by_channel == {"library": Cell(count=2), "thrift-shop": Cell(count=1)}
    assert figures.signals_by_area == {"elsewhere": Cell(count=1), "selwerd": Cell(count=2)}
    assert (figures.enrolled.count, figures.declined.count) == (2, 1)
    assert figures.declined_by_reason == {"outside-area": Cell(count=1)}
    assert figures.waiting == Waiting(families=1, median_days=30, p90_days=30)
    assert [month.active.count for month in figures.trajectories_by_month] == [2, 2, 1, 1, 1, 1]
    assert figures.trajectories_by_month[2].closed == {"stopped": Cell(count=1)}
    assert figures.goals_reached == {"geld": Cell(count=1, amount=0)}
    assert figures.hours == {"buddy": Cell(count=2, amount=180), "professional": Cell(count=1, amount=60)}
    assert figures.requests == (
        RequestCell(category="fiets", verdict="approved", cell=Cell(count=1, amount=30_000)),
        RequestCell(category="fiets", verdict="refused", cell=Cell(count=1, amount=400_000)),
    )


async def test_money_that_bounced_is_not_counted_as_spent(database: Database) -> None:
    await _hear(database, a_half_year())

    assert (await _figures(database)).money == (
        MoneyCell(source="gemeente-groningen", category="fiets", cell=Cell(count=1, amount=11_515)),
        MoneyCell(source="npg", category="fiets", cell=Cell(count=1, amount=18_485)),
    )


async def test_figures_until_a_day_know_nothing_of_later(database: Database) -> None:
    await _hear(database, a_half_year())

    figures = await _figures(database, MET_ON.date() + timedelta(days=20))

    assert figures.enrolled.count == 2
    assert figures.waiting.families == 0
    assert figures.closed_by_outcome == {}
    assert figures.money == ()


@pytest.mark.parametrize("step", [-1, 5, 7])
async def test_the_order_in_which_events_arrive_makes_no_difference(
    database: Database, service_database: Callable[[str], Database], step: int
) -> None:
    other = service_database("monitor")
    bodies = a_half_year()

    await _hear(database, bodies)
    await _hear(other, [bodies[place * step % len(bodies)] for place in range(len(bodies))])

    assert await _facts(database) == await _facts(other)
    assert await _open_gaps(other) == []


async def test_facts_made_again_from_the_log_are_the_same(database: Database) -> None:
    bodies = a_half_year()
    await _hear(database, bodies)
    before = await _facts(database)
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM monitor.tally"))
        await tx.execute(text("UPDATE monitor.signal SET channel = 'nowhere'"))

    async with database.transaction() as tx:
        assert await handlers.rebuild(tx) == len(bodies)

    assert await _facts(database) == before


async def test_an_event_that_comes_twice_is_kept_once(database: Database) -> None:
    bodies = a_half_year()

    await _hear(database, bodies + bodies)

    async with database.transaction() as tx:
        kept = list((await tx.execute(select(event_log.c.body).order_by(event_log.c.position))).scalars())
    assert kept == bodies


async def test_an_event_heard_again_after_its_inbox_row_was_tidied_away_changes_nothing(database: Database) -> None:
    await _hear(database, a_half_year())
    before = await _facts(database)
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM monitor.inbox"))

    await _hear(database, a_half_year())

    assert await _facts(database) == before


async def test_a_missing_number_is_noticed_and_closed_when_it_comes(database: Database) -> None:
    teller = Teller()
    first, second, third = (teller.body(met(ANNA), MET_ON) for _ in range(3))

    await _hear(database, [first, third])
    assert await _open_gaps(database) == [2]

    await _hear(database, [second])
    assert await _open_gaps(database) == []
    async with database.transaction() as tx:
        assert [row.sequence for row in await tx.execute(select(gap))] == [2]


async def test_the_first_event_of_a_subject_must_be_number_one(database: Database) -> None:
    teller = Teller()
    teller.body(tandem(ANNA), MET_ON)

    await _hear(database, [teller.body(tandem(ANNA, replaces=True), MET_ON)])

    assert await _open_gaps(database) == [1]


async def test_positions_become_visible_in_their_order(database: Database) -> None:
    """Many at once, with a reader that never looks back: it misses none."""
    inbox = Inbox(database, consumer)
    bodies = a_half_year()
    done = asyncio.Event()
    seen: list[int] = []

    async def read_on() -> None:
        while True:
            last_look = done.is_set()
            after = seen[-1] if seen else 0
            async with database.transaction() as tx:
                query = select(event_log.c.position).where(event_log.c.position > after)
                seen.extend((await tx.execute(query.order_by(event_log.c.position))).scalars())
            if last_look:
                return

    reader = asyncio.create_task(read_on())
    await asyncio.gather(*(inbox.receive(body) for body in bodies))
    done.set()
    await reader

    assert len(seen) == len(bodies)


async def test_what_was_heard_cannot_be_changed_by_the_monitor_itself(database: Database) -> None:
    await _hear(database, a_half_year()[:1])

    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE monitor.event_log SET type = 'nl.families.enrolled.v1'"))


async def test_a_report_keeps_the_figures_as_they_stood(database: Database) -> None:
    bodies = a_half_year()
    await _hear(database, bodies[:4])
    command = MakeReport(programme=PROGRAMME, programme_version=1, number=1, until=UNTIL)

    async with database.transaction() as tx:
        kept = await handlers.make_report(tx, command, now=MET_ON)
    await _hear(database, bodies[4:])
    async with database.transaction() as tx:
        assert await handlers.make_report(tx, command, now=MET_ON) == kept
        assert tx.published == 0
        row = await readings.report(tx, kept.report_id)

    assert row is not None
    assert Figures.model_validate(row.figures).enrolled.count == 1
