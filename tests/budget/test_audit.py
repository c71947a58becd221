"""The audit finds what is wrong, also what the database would never let happen."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.budget.audit import STATEMENTS, findings
from tests.budget.town import Town

pytestmark = pytest.mark.engines

# What an intruder with the owner's rights would have to do, and what is said of it.
TAMPERED = {
    "a ledger's debits and credits differ": "UPDATE budget.account SET debits_posted = debits_posted + 1"
    " WHERE code = 'pool'",
    "an account's balance is not the sum of its transfers": "UPDATE budget.transfer SET amount_cents = amount_cents + 1"
    " WHERE code = 'fill'",
    "an account is below zero": "UPDATE budget.account SET debits_posted = credits_posted + 1 WHERE code = 'envelope'",
    "a family's payments and reservations exceed its envelope": "UPDATE budget.envelope SET amount_cents = 1",
    "a closed envelope holds free money or an open request": "UPDATE budget.envelope SET closed_at = now(),"
    " close_reason = 'completed', returned_cents = 0",
    "money is set apart for what is not open, or open without money set apart": "UPDATE budget.request"
    " SET state = 'refused', reason = 'x', decided_at = now() WHERE state = 'reserved'",
    "an approved request has no payment": "UPDATE budget.request SET state = 'approved', reason = 'x', digest = 'x',"
    " decided_at = now() WHERE state = 'reserved'",
    "a payment is not that of an approved request": "UPDATE budget.request SET state = 'refused'"
    " WHERE state = 'approved'",
    "the asker decided": "UPDATE budget.decider SET person = asked_by WHERE person = (SELECT person FROM budget.decider"
    " LIMIT 1)",
    "a payment is in two live batches": "INSERT INTO budget.batch_payment SELECT gen_random_uuid(), payment_id, true"
    " FROM budget.batch_payment LIMIT 1",
    "a payment that left is in no released batch": "UPDATE budget.batch_payment SET live = false",
    "somebody released what they asked or decided": "INSERT INTO budget.releaser"
    " SELECT DISTINCT batch.id, decider.person FROM budget.batch, budget.decider",
    "a batch was released by too few people or without a file": "DELETE FROM budget.releaser",
    "what was booked is not what was spent": "UPDATE budget.payment SET amount_cents = amount_cents + 1"
    " WHERE state = 'booked'",
    "a source does not bear its share": "UPDATE budget.source SET share_weight = share_weight + 100 WHERE code = 'npg'",
    "an approval is outside its mandate": "DELETE FROM budget.decider",
    "a payment file differs from its batch": "UPDATE budget.payment_file SET content ="
    " convert_to(replace(convert_from(content, 'UTF8'), '>2500.00<', '>2500.01<'), 'UTF8')",
}


@pytest.fixture
async def as_owner(town: Town, owner_url: str) -> AsyncIterator[AsyncConnection]:
    """A town with a request in every state, and a connection that no trigger, key or index stops."""
    await town.open_envelope(2)
    await town.approve("booked", 250_000, family=1)
    (sent,) = await town.pay(1)
    await town.confirm(sent.end_to_end_id, sent.amount_cents)
    await town.approve("waiting", 20_000, family=2)
    await town.ask("reserved", 10_000, family=2)
    engine = create_async_engine(owner_url)
    async with engine.connect() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        constraints = await connection.execute(
            text(
                "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)"
                " FROM pg_constraint WHERE connamespace = 'budget'::regnamespace AND contype IN ('c', 'f')"
            )
        )
        for statement in constraints.scalars().all():
            await connection.execute(text(statement))
        await connection.execute(text("DROP INDEX budget.batch_payment_once"))
        yield connection
        await connection.rollback()
    await engine.dispose()


async def test_a_book_that_is_right_has_no_findings(as_owner: AsyncConnection) -> None:
    assert await findings(as_owner) == []


@pytest.mark.parametrize("sentence", TAMPERED)
async def test_what_was_tampered_with_is_found(as_owner: AsyncConnection, sentence: str) -> None:
    await as_owner.execute(text(TAMPERED[sentence]))
    assert [line for line in await findings(as_owner) if line.startswith(f"{sentence}: ")]


def test_every_sentence_of_the_audit_is_tried_here() -> None:
    assert set(STATEMENTS) <= set(TAMPERED)
