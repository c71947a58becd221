"""The ledger refuses in the database itself, whoever asks."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from services.budget.audit import findings
from services.budget.ledger import (
    Account,
    AccountCode,
    Kind,
    Transfer,
    balance,
    envelope_account,
    open_accounts,
    own,
    post,
)
from services.shared.database import Database
from services.shared.types import stable_id
from tests.budget.town import GRONINGEN, NOON, Town, trajectory

pytestmark = pytest.mark.engines

ENVELOPE = envelope_account(GRONINGEN, trajectory(1))
SPENT = own(GRONINGEN, AccountCode.SPENT)
POOL = own(GRONINGEN, AccountCode.POOL)
RESERVE = Transfer(
    id=stable_id("a reservation"),
    debit=ENVELOPE,
    credit=SPENT,
    amount_cents=100_000,
    code="reserve",
    kind=Kind.PENDING,
)
FILL = 250_000


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


async def _post(database: Database, *transfers: Transfer) -> str:
    """Post in a transaction of its own; the SQLSTATE of a refusal, or nothing."""
    try:
        async with database.transaction() as tx:
            await post(tx, transfers, now=NOON)
    except DBAPIError as error:
        return _sqlstate(error)
    return ""


async def _free(database: Database, account: Account) -> int:
    async with database.transaction() as tx:
        return (await balance(tx, account)).free_cents


async def test_money_set_apart_is_not_free_and_comes_back_when_it_is_void(town: Town, database: Database) -> None:
    assert await _post(database, RESERVE) == ""
    assert await _free(database, ENVELOPE) == FILL - 100_000

    void = replace(RESERVE, id=stable_id("void"), kind=Kind.VOID_PENDING, pending_id=RESERVE.id)
    assert await _post(database, void) == ""
    assert await _free(database, ENVELOPE) == FILL


async def test_the_same_transfer_twice_is_once(town: Town, database: Database) -> None:
    assert [await _post(database, RESERVE), await _post(database, RESERVE)] == ["", ""]
    assert await _free(database, ENVELOPE) == FILL - 100_000


async def test_the_same_id_with_another_amount_is_refused(town: Town, database: Database) -> None:
    await _post(database, RESERVE)
    assert await _post(database, replace(RESERVE, amount_cents=1)) == "KL002"


async def test_a_pending_transfer_is_resolved_once(town: Town, database: Database) -> None:
    booked = replace(RESERVE, id=stable_id("book"), kind=Kind.POST_PENDING, pending_id=RESERVE.id)
    assert await _post(database, booked) == "KL003"
    assert await _post(database, RESERVE) == ""
    assert await _post(database, replace(booked, amount_cents=99_999)) == "KL003"
    assert await _post(database, booked) == ""
    assert await _post(database, replace(booked, id=stable_id("again"))) == "KL003"
    assert await _post(database, replace(booked, id=stable_id("void"), kind=Kind.VOID_PENDING)) == "KL003"
    assert await _free(database, ENVELOPE) == FILL - 100_000


async def test_linked_transfers_are_posted_together_or_not_at_all(town: Town, database: Database) -> None:
    too_much = replace(RESERVE, id=stable_id("too much"), amount_cents=FILL)
    assert await _post(database, RESERVE, too_much) == "KL001"
    assert await _free(database, ENVELOPE) == FILL


async def test_nothing_is_taken_from_the_outside_world_s_grant_but_what_it_gave(town: Town, database: Database) -> None:
    back = replace(
        RESERVE,
        debit=POOL,
        credit=own(GRONINGEN, AccountCode.GRANT),
        kind=Kind.POSTED,
        amount_cents=await _free(database, POOL) + 1,
    )
    assert await _post(database, back) == "KL001"


async def test_money_does_not_cross_from_one_ledger_to_another(town: Town, database: Database) -> None:
    source = Account(programme=GRONINGEN, code=AccountCode.SOURCE, owner=stable_id("source", GRONINGEN, "npg"))
    assert await _post(database, replace(RESERVE, credit=source)) == "23503"


async def test_twenty_at_once_on_the_last_euros_succeed_exactly_as_far_as_they_fit(
    town: Town, database: Database
) -> None:
    """Without the programme's lock that handlers take: straight at the ledger."""
    each = 30_000
    wanted = [replace(RESERVE, id=stable_id("at once", number), amount_cents=each) for number in range(20)]
    refused = await asyncio.gather(*(_post(database, transfer) for transfer in wanted))
    assert sorted(refused) == [""] * (FILL // each) + ["KL001"] * (20 - FILL // each)
    assert await _free(database, ENVELOPE) == FILL % each


async def test_opposite_transfers_at_once_do_not_wait_for_each_other_for_ever(town: Town, database: Database) -> None:
    there = [
        replace(RESERVE, id=stable_id("there", number), kind=Kind.POSTED, amount_cents=1_000) for number in range(10)
    ]
    await asyncio.gather(*(_post(database, transfer) for transfer in there))
    back = [
        replace(transfer, id=stable_id("back", number), debit=SPENT, credit=ENVELOPE)
        for number, transfer in enumerate(there)
    ]
    more = [replace(transfer, id=stable_id("more", number)) for number, transfer in enumerate(there)]
    assert set(await asyncio.gather(*(_post(database, transfer) for transfer in (*back, *more)))) == {""}
    assert await _free(database, ENVELOPE) == FILL - 10_000


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE budget.account SET credits_posted = credits_posted + 100",
        "INSERT INTO budget.account SELECT * FROM budget.account",
        "DELETE FROM budget.account",
        "INSERT INTO budget.transfer (id) VALUES (gen_random_uuid())",
        "UPDATE budget.transfer SET amount_cents = 1",
        "DELETE FROM budget.transfer",
        "TRUNCATE budget.transfer",
        "DELETE FROM budget.request",
        "DELETE FROM budget.payment",
        "UPDATE budget.payment_file SET content = ''",
        "DELETE FROM budget.decider",
        "ALTER TABLE budget.transfer DISABLE TRIGGER ALL",
        "DROP FUNCTION budget.post_transfers(jsonb)",
    ],
)
async def test_the_service_itself_cannot_write_the_book_by_hand(town: Town, database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError) as refusal:
        async with database.transaction() as tx:
            await tx.execute(text(statement))
    assert _sqlstate(refusal.value) == "42501"


async def test_the_service_cannot_open_an_account_without_a_bound(town: Town, database: Database) -> None:
    second = Account(programme=GRONINGEN, code=AccountCode.GRANT, owner=stable_id("another"))
    async with database.transaction() as tx:
        await open_accounts(tx, [Account(programme=GRONINGEN, code=AccountCode.ENVELOPE, owner=second.owner)])
        found = await tx.execute(
            text("SELECT debits_must_not_exceed_credits FROM budget.account WHERE owner = :owner"),
            {"owner": second.owner},
        )
        assert found.scalars().all() == [True]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE budget.transfer SET amount_cents = 1", "DELETE FROM budget.transfer", "TRUNCATE budget.transfer CASCADE"],
)
async def test_not_even_the_owner_rewrites_a_transfer(town: Town, owner_url: str, statement: str) -> None:
    engine = create_engine(owner_url)
    with pytest.raises(DBAPIError) as refusal, engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert _sqlstate(refusal.value) == "KL004"


async def test_a_balance_that_somebody_changed_by_hand_is_found(town: Town, owner_url: str) -> None:
    engine = create_async_engine(owner_url)
    async with engine.begin() as connection:
        assert await findings(connection) == []
        await connection.execute(text("UPDATE budget.account SET credits_posted = credits_posted + 1"))
        told = " ".join(await findings(connection))
        await connection.rollback()
    await engine.dispose()
    assert "an account's balance is not the sum of its transfers" in told
