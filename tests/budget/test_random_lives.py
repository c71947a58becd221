"""Whatever happens in whatever order, the book is right at every moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.budget.audit import findings
from services.budget.events import Verdict
from services.shared.database import Database, Transaction
from tests.budget.town import BICYCLE_SHOP, IBANS, NOON, Town

pytestmark = pytest.mark.engines
FAMILIES = 2


class OneTransaction:
    """Runs everything of one life in one transaction, which is thrown away after it."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self.tx.connection.begin_nested():
            yield self.tx


NUMBERS = st.integers(0, 6)
AMOUNTS = st.one_of(st.integers(1, 300), st.integers(1, 260_000))
ACTS = st.one_of(
    st.tuples(st.just("ask"), NUMBERS, AMOUNTS),
    st.tuples(st.just("approve"), NUMBERS, AMOUNTS),
    st.tuples(st.just("refuse"), NUMBERS, AMOUNTS),
    st.tuples(st.just("pay"), NUMBERS, AMOUNTS),
    st.tuples(st.just("confirm"), NUMBERS, AMOUNTS),
    st.tuples(st.just("bounce"), NUMBERS, AMOUNTS),
    st.tuples(st.just("close"), NUMBERS, AMOUNTS),
    st.tuples(st.just("change-payee"), NUMBERS, AMOUNTS),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=5, max_size=20))
async def test_the_book_is_right_after_every_act(town: Town, acts: list[tuple[str, int, int]]) -> None:
    database = town.database
    async with database.engine.connect() as connection:
        whole = await connection.begin()
        tx = Transaction(database, connection)
        life = replace(town, database=cast(Database, OneTransaction(tx)))
        for family in range(1, FAMILIES + 1):
            await life.open_envelope(family)
        seen: dict[str, int] = {}
        for turn, act in enumerate(acts):
            await _live(life, turn, act, seen)
            assert await findings(connection) == [], act
        await whole.rollback()


async def _live(life: Town, turn: int, act: tuple[str, int, int], seen: dict[str, int]) -> None:
    """One act of somebody in the town; `seen` are the payments that the bank ever had."""
    what, number, amount_cents = act
    name, family = f"wish {number}", number % FAMILIES + 1
    match what:
        case "ask":
            await life.submit(name, amount_cents, family=family)
        case "approve" | "refuse":
            await life.submit(name, amount_cents, family=family)
            if await life.knows(name):
                await life.decide(name, Verdict.APPROVED if what == "approve" else Verdict.REFUSED)
        case "pay":
            made = await life.make_batch(turn + 1, limit=3, now=NOON)
            if made.batch_id is not None:
                await life.release(made)
            seen.update({each.end_to_end_id: each.amount_cents for each in await life.at_bank()})
        case "confirm" | "bounce":
            for end_to_end_id, cents in sorted(seen.items())[number : number + 2]:
                await (life.confirm if what == "confirm" else life.bounce)(end_to_end_id, cents)
        case "close":
            await life.close_envelope(family)
        case "change-payee":
            await life.register_payee(BICYCLE_SHOP, IBANS[turn % 2])
