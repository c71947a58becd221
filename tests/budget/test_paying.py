"""From an approved request to the bank's answer, each payment once and each euro at its source."""

import asyncio

import pytest
from sqlalchemy import text

from services.budget import handlers, payments_store
from services.budget.balances import envelope_balance, programme_balance
from services.budget.contracts import CancelBatch, MakeBatch, ReleaseBatch
from services.budget.events import ApprovalAbout, ApprovalAsked
from services.budget.payment_file import totals
from services.shared.database import Database
from services.shared.money import split_cents
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.budget.town import (
    ANNE,
    BEFORE_ANY_LINE,
    BICYCLE_SHOP,
    GRONINGEN,
    IBANS,
    JOHN,
    MARY,
    NOON,
    RELEASERS,
    Town,
    trajectory,
)

pytestmark = pytest.mark.engines
SHARES = {"npg": 337, "gemeente-groningen": 210}


async def _charged(database: Database) -> dict[str, int]:
    async with database.transaction() as tx:
        found = await programme_balance(tx, GRONINGEN)
    assert found is not None
    assert sum(each.charged_cents for each in found.sources) == found.spent_cents
    return {each.code: each.charged_cents for each in found.sources}


async def _free(database: Database) -> int:
    async with database.transaction() as tx:
        found = await envelope_balance(tx, trajectory(1))
    assert found is not None
    return found.balance.free_cents


async def _pool(database: Database) -> int:
    async with database.transaction() as tx:
        found = await programme_balance(tx, GRONINGEN)
    assert found is not None
    return found.families.free_cents


async def _last_event(database: Database) -> dict[str, object]:
    async with database.transaction() as tx:
        newest = text("SELECT convert_from(body, 'UTF8')::jsonb FROM budget.outbox ORDER BY position DESC LIMIT 1")
        found: dict[str, object] = (await tx.execute(newest)).scalar_one()["data"]
        return found


async def test_an_approved_request_is_paid_booked_and_split_to_the_cent(town: Town, database: Database) -> None:
    await town.approve("bicycle", 40_001)
    (sent,) = await town.pay()
    assert await _charged(database) == {"npg": 0, "gemeente-groningen": 0}
    assert await town.confirm(sent.end_to_end_id, 40_001) == handlers.Booked(payment_id=sent.payment_id, changed=True)
    assert await _charged(database) == split_cents(40_001, SHARES)
    assert (await _last_event(database))["split"] == split_cents(40_001, SHARES)
    assert await town.at_bank() == []


async def test_a_confirmation_twice_books_once(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    (sent,) = await town.pay()
    answers = await asyncio.gather(*(town.confirm(sent.end_to_end_id, 40_000) for _ in range(5)))
    assert sorted(isinstance(each, handlers.Booked) and each.changed for each in answers) == [False] * 4 + [True]
    assert sum((await _charged(database)).values()) == 40_000


async def test_the_bank_cannot_book_what_it_was_not_given(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    unreleased = stable_id("payment", stable_id("request", "bicycle")).hex
    assert await town.confirm(unreleased, 40_000) == Refused("payment-not-released")
    assert await town.bounce(unreleased, 40_000) == Refused("payment-not-released")
    assert await town.confirm("0" * 32, 40_000) == Refused("payment-unknown")
    (sent,) = await town.pay()
    assert await town.confirm(sent.end_to_end_id, 39_999) == Refused("amount-differs")
    assert await town.bounce(sent.end_to_end_id, 40_001) == Refused("amount-differs")
    assert sum((await _charged(database)).values()) == 0


async def test_a_payment_that_bounces_before_it_is_booked_is_free_money_again(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    (sent,) = await town.pay()
    await town.bounce(sent.end_to_end_id, 40_000)
    assert await _free(database) == 250_000
    assert await town.confirm(sent.end_to_end_id, 40_000) == Refused("payment-bounced")
    assert await town.bounce(sent.end_to_end_id, 40_000) == handlers.Booked(payment_id=sent.payment_id, changed=False)


async def test_a_payment_that_bounces_after_it_was_booked_gives_every_source_its_part_back(
    town: Town, database: Database
) -> None:
    for name, amount_cents in (("bicycle", 101), ("laptop", 10_001), ("shoes", 1)):
        await town.approve(name, amount_cents)
    sent = await town.pay()
    for each in sent:
        await town.confirm(each.end_to_end_id, each.amount_cents)
    first = next(each for each in sent if each.amount_cents == 101)
    await town.bounce(first.end_to_end_id, 101)
    assert await _charged(database) == split_cents(10_002, SHARES)
    assert await _free(database) == 250_000 - 10_002
    assert sum((await _last_event(database))["split"].values()) == 101  # type: ignore[attr-defined]  # read from JSON


@pytest.mark.parametrize("booked_first", [False, True])
async def test_what_bounces_after_the_envelope_closed_goes_to_the_programme(
    town: Town, database: Database, booked_first: bool
) -> None:
    pool_before = await _pool(database)
    await town.approve("bicycle")
    (sent,) = await town.pay()
    await town.close_envelope()
    if booked_first:
        await town.confirm(sent.end_to_end_id, 40_000)
    await town.bounce(sent.end_to_end_id, 40_000)
    assert await _free(database) == 0
    assert await _pool(database) == pool_before + 250_000


async def test_a_payment_under_way_is_booked_after_its_envelope_closed(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    await town.close_envelope()
    (sent,) = await town.pay()
    await town.confirm(sent.end_to_end_id, 40_000)
    assert sum((await _charged(database)).values()) == 40_000


async def test_a_batch_is_released_by_two_who_asked_and_decided_nothing_in_it(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    made = await town.make_batch()
    told = (await town.told(ApprovalAsked))[-1]
    assert (told.about, told.subject_id) == (ApprovalAbout.BATCH, made.batch_id)
    assert set(told.mandate.excluded) == {MARY, JOHN, ANNE}
    assert told.mandate.deciders == 2
    assert await town.release(made)
    async with database.transaction() as tx:
        content = await payments_store.file_of(tx, made.batch_id) if made.batch_id else None
    assert content is not None
    assert totals(content) == (1, 40_000)
    assert IBANS[0].encode() in content


@pytest.mark.parametrize(
    "releasers",
    [(), RELEASERS[:1], (RELEASERS[0], RELEASERS[0]), (RELEASERS[0], MARY), (RELEASERS[0], JOHN)],
    ids=["nobody", "one", "one twice", "the asker", "a decider"],
)
async def test_a_release_that_does_not_hold_pays_nothing_and_its_payments_wait(
    town: Town, releasers: tuple[object, ...]
) -> None:
    await town.approve("bicycle")
    assert not await town.release(await town.make_batch(1), releasers=releasers)  # type: ignore[arg-type]  # ids
    assert await town.at_bank() == []
    assert (await town.make_batch(2)).payments == 1


async def test_a_release_of_something_else_than_was_seen_pays_nothing(town: Town) -> None:
    await town.approve("bicycle")
    assert not await town.release(await town.make_batch(), digest="0" * 64)
    assert await town.at_bank() == []


async def test_two_batches_at_once_never_hold_the_same_payment(town: Town) -> None:
    for number in range(10):
        await town.approve(f"wish {number}", 10_000)
    made = await asyncio.gather(*(town.make_batch(number, limit=6) for number in range(1, 5)))
    assert sorted(each.payments for each in made) == [0, 0, 4, 6]


async def test_a_batch_made_or_released_twice_is_once(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    first, again = await asyncio.gather(town.make_batch(), town.make_batch())
    assert first == again
    assert sorted(await asyncio.gather(*(town.release(first) for _ in range(4)))) == [False, False, False, True]
    assert len(await town.at_bank()) == 1
    assert (await town.make_batch()).batch_id is None


async def test_a_cancelled_batch_gives_its_payments_to_the_next(town: Town) -> None:
    await town.approve("bicycle")
    made = await town.make_batch(1)
    assert made.batch_id is not None
    for changed in (True, False):
        async with town.database.transaction() as tx:
            assert (await handlers.cancel_batch(tx, CancelBatch(batch_id=made.batch_id))).changed is changed
    assert not await town.release(made)
    assert len(await town.pay(2)) == 1


async def test_a_release_killed_between_file_and_commit_leaves_nothing(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    made = await town.make_batch()
    assert made.batch_id is not None
    told = (await town.told(ApprovalAsked))[-1]
    command = ReleaseBatch(batch_id=made.batch_id, releasers=RELEASERS, digest=told.mandate.digest)

    async def killed() -> None:
        async with database.transaction() as tx:
            assert (await handlers.release_batch(tx, command, now=NOON)).changed
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await killed()
    async with database.transaction() as tx:
        assert await payments_store.file_of(tx, made.batch_id) is None
    assert await town.at_bank() == []
    assert await town.release(made)


async def test_another_account_number_undoes_what_was_approved_and_has_not_left(town: Town, database: Database) -> None:
    await town.approve("bicycle")
    made = await town.make_batch(1)
    await town.register_payee(BICYCLE_SHOP, IBANS[1])
    assert not await town.release(made)
    assert await town.at_bank() == []
    assert await _free(database) == 250_000
    assert (await town.make_batch(2)).batch_id is None


async def test_a_batch_is_never_larger_than_asked(town: Town) -> None:
    for number in range(4):
        await town.approve(f"wish {number}", 1_000)
    assert (await town.make_batch(1, limit=3)).payments == 3
    assert (await town.make_batch(2, limit=3)).payments == 1
    assert (await town.make_batch(3, limit=3)).batch_id is None


async def test_a_programme_without_money_makes_no_batch(town: Town) -> None:
    async with town.database.transaction() as tx:
        command = MakeBatch(programme="nowhere", programme_version=1, number=1, limit=10)
        assert (await handlers.make_batch(tx, command, now=BEFORE_ANY_LINE)).batch_id is None
