"""A history that was changed by whoever owns the database shows it; one that was not does not."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from deploy.services import part_of
from services.desk.handlers import answer_decision, offer_decision
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.readings import log_reading
from services.shared.roles import Role
from services.shared.seals import are_over, broken_seals, newest, next_transaction, seal, seal_key
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.architecture.sources import SERVICES
from tests.desk.listening import decision
from tests.desk.office import HOLDER, Office, question

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAMILY = stable_id("family", "sealed")
SOMEBODY = Actor(person=stable_id("person", "reader"), roles=frozenset({Role.SUPPORTER}))
WITH_FAMILIES = tuple(name for name in SERVICES if name != "monitor")
KEY = seal_key("a secret of this installation, and of no other")


class History:
    """What one service keeps, who looked at a family first of all, with its seals."""

    def __init__(self, settings: Settings, name: str = "plans") -> None:
        store = part_of(name, "store")
        assert store is not None
        self.settings = settings
        self.tables = store.tables
        url, source = settings.database_url_for(name), settings.source_of(name)
        self.database = Database(url, tables=self.tables, source=source)

    async def read(self, times: int = 1) -> None:
        for _ in range(times):
            async with self.database.transaction() as tx:
                await log_reading(tx, SOMEBODY, FAMILY, what="plan", now=NOW)

    async def seal(self, key: bytes = KEY) -> int:
        return await seal(self.database, key, await newest(self.database), now=NOW)

    async def found(self) -> list[str]:
        async with self.database.connection() as connection:
            return await broken_seals(connection, self.tables, KEY)

    def by_the_owner(self, statement: str) -> None:
        url = self.settings.owner_database_url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(statement.encode()).rowcount > 0


@pytest.fixture
async def history(migrated_settings: Callable[..., Settings]) -> AsyncIterator[History]:
    made = History(migrated_settings("plans"))
    await made.read(3)
    assert await made.seal() == 3
    # Somebody began a line, and gave it up: its number stays empty.
    async with made.database.connection() as connection:
        await connection.execute(text("SELECT nextval(pg_get_serial_sequence('plans.reading', 'position'))"))
    await made.read(2)
    assert await made.seal() == 2
    yield made
    await made.database.close()


async def test_what_was_only_added_to_is_as_it_was_sealed(history: History) -> None:
    await history.read()

    assert await history.found() == []
    assert await history.seal() == 1
    assert await history.seal() == 0
    assert await history.found() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plans.reading SET what = 'name' WHERE position = 2",
        "UPDATE plans.reading SET person = gen_random_uuid() WHERE position = 5",
        "UPDATE plans.reading SET at = at - interval '1 second' WHERE position = 1",
        "DELETE FROM plans.reading WHERE position = 3",
        "INSERT INTO plans.reading OVERRIDING SYSTEM VALUE"
        " SELECT 4, gen_random_uuid(), at, person, roles, family_id, what FROM plans.reading WHERE position = 1",
    ],
    ids=["another thing", "another person", "another moment", "removed", "put in between"],
)
async def test_a_row_that_was_changed_removed_or_put_in_between_shows(history: History, statement: str) -> None:
    history.by_the_owner(statement)

    assert [line for line in await history.found() if "plans.reading" in line] != []


async def test_a_seal_that_is_gone_or_was_made_by_another_shows(history: History) -> None:
    await history.read()
    await history.seal(seal_key("what somebody who has the database guesses"))
    (foreign,) = await history.found()
    history.by_the_owner("DELETE FROM plans.seal WHERE position = 1")
    gone = await history.found()

    assert foreign.startswith("plans.reading, rows 7 to 7: this seal is not ours")
    assert len(gone) == 2


async def test_what_is_still_being_written_is_waited_for(history: History) -> None:
    """A line takes its number before its transaction ends: a seal over it would be broken when it came."""
    async with history.database.transaction() as tx:
        await log_reading(tx, SOMEBODY, FAMILY, what="plan", now=NOW + timedelta(hours=1))
        await history.read()
        begun = await next_transaction(history.database)
        under_way = await are_over(history.database, begun)

    assert (under_way, await are_over(history.database, begun)) == (False, True)


async def test_a_decision_is_sealed_as_it_was_taken_and_its_answer_is_written_later(
    migrated_settings: Callable[..., Settings],
) -> None:
    desk = History(migrated_settings("desk"), "desk")
    await Office(desk.database).open(question())
    async with desk.database.transaction() as tx:
        taken = await offer_decision(tx, decision(), now=NOW, actor=HOLDER)
    assert not isinstance(taken, Refused)
    await desk.seal()
    async with desk.database.transaction() as tx:
        await answer_decision(tx, taken.id, None, now=NOW)
    answered = await desk.found()
    desk.by_the_owner("UPDATE desk.decision SET choice = 'refuse'")
    changed = await desk.found()
    await desk.database.close()

    assert answered == []
    assert [line for line in changed if "desk.decision" in line] != []


@pytest.mark.parametrize("name", WITH_FAMILIES)
def test_our_own_code_adds_to_a_history_and_changes_nothing_in_it(
    migrated_settings: Callable[..., Settings], name: str
) -> None:
    store = part_of(name, "store")
    assert store is not None
    kept = [*store.tables.histories, store.tables.seal]
    url = migrated_settings(name).database_url_for(name).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        may = {
            f"{what} {history}"
            for history in kept
            for what in ("UPDATE", "DELETE", "TRUNCATE")
            if connection.execute("SELECT has_table_privilege(%s, %s)", (str(history), what)).fetchone() != (False,)
        }

    assert may == set()
    only_added = {each.name for each in store.tables.metadata.tables.values() if "only added" in (each.comment or "")}
    assert only_added - {each.name for each in kept} == set()
