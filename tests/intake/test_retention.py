"""What identified a family is gone when its term has passed, and not a day earlier."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import text

from services.intake import handlers, store
from services.intake.commands import GiveConsent, ReceiveSignal
from services.intake.contracts import CloseSignal, EraseDue
from services.intake.events import FamilyErased
from services.shared.types import stable_id
from tests.intake.talk import save_all, told
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day

pytestmark = pytest.mark.engines


async def erase(town: Town, *, on: datetime, limit: int = 10) -> int:
    async with town.database.transaction() as tx:
        return (await handlers.erase_due(tx, EraseDue(programme=PROGRAMME, limit=limit), now=on)).count


async def personal_values(town: Town) -> list[str]:
    async with town.database.transaction() as tx:
        return await store.personal_values(tx)


async def test_a_family_is_erased_when_its_term_has_passed(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))
    admitted = await town.admit(signal_id, on=day(1))
    await town.close_trajectory(signal_id, on=day(10))

    assert await erase(town, on=day(9, year=2029)) == 0
    assert await personal_values(town)
    assert await erase(town, on=day(10, year=2029)) == 1
    assert await erase(town, on=day(11, year=2029)) == 0

    assert await personal_values(town) == []
    [erased] = await town.told(FamilyErased)
    assert erased.trajectory_ids == (admitted.trajectory_id,)


async def test_a_family_in_a_trajectory_is_never_erased(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    await town.admit(first, on=day(1))
    await town.close_trajectory(first, on=day(10))
    second = await town.intake("Bakker again", on=day(20), family_id=await town.family_of(first))
    await town.admit(second, on=day(20))

    assert await erase(town, on=day(1, year=2040)) == 0


async def test_a_family_that_comes_back_while_it_is_being_erased_is_kept(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    await town.admit(first, on=day(1))
    await town.close_trajectory(first, on=day(10))
    family_id = await town.family_of(first)
    back = await town.meet("Bakker again", on=day(1, year=2035))
    async with town.database.transaction() as tx:
        consent = GiveConsent(signal_id=back, family_id=family_id, purpose="aftercare")
        assert await handlers.give_consent(tx, consent, now=day(1, year=2035), by=SUPPORTER) == family_id
        erasing = asyncio.create_task(erase(town, on=day(1, year=2035)))
        await until_somebody_waits(town)

    assert await erasing == 0
    assert await personal_values(town)


async def until_somebody_waits(town: Town) -> None:
    """Until another transaction waits for a lock that is held here."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(5), town.database.connection() as connection:
        while not (await connection.execute(waits)).scalar_one():
            continue


async def test_a_signal_of_a_family_that_never_came_in_is_erased_too(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    async with town.database.transaction() as tx:
        await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason="unreachable"), now=day(10))

    assert await erase(town, on=day(9, year=2028)) == 0
    assert await erase(town, on=day(10, year=2028)) == 1
    assert await personal_values(town) == []


async def test_no_more_are_erased_at_a_time_than_asked(town: Town) -> None:
    for number in range(3):
        signal_id = await town.meet(f"Family {number}", on=day(1))
        async with town.database.transaction() as tx:
            await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason="refused"), now=day(2))

    counts = [await erase(town, on=day(1, year=2035), limit=2) for _ in range(3)]

    assert counts == [2, 1, 0]


async def test_an_erased_family_can_not_be_taken_up_again(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    await town.admit(first, on=day(1))
    await town.close_trajectory(first, on=day(10))
    await erase(town, on=day(1, year=2035))
    again = ReceiveSignal(signal_id=stable_id("again"), programme=PROGRAMME, area="angelslo", channel="library")
    async with town.database.transaction() as tx:
        await handlers.receive_signal(tx, again, now=day(2, year=2035))
    refused = await town.complete(again.signal_id, on=day(2, year=2035), family_id=await town.family_of(first))

    assert getattr(refused, "code", None) == "unknown-family"


async def test_an_intake_that_was_never_done_goes_with_its_signal(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    await save_all(town, signal_id, told("Bakker"), on=day(2))
    assert {"Samira", "Bakker", "Boslaan"} <= set(await personal_values(town))
    async with town.database.transaction() as tx:
        await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason="refused"), now=day(10))
    await erase(town, on=day(1, year=2040))

    assert await personal_values(town) == []
    async with town.database.transaction() as tx:
        assert await store.draft_of(tx, signal_id) is None
