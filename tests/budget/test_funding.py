"""A programme's money: granted once, its own costs set aside, envelopes filled while the pool lasts."""

import asyncio
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from programmes.load import PACKAGED, load
from programmes.rules import instalments
from services.budget import handlers, payments_store
from services.budget.answers import ProgrammeBalance
from services.budget.audit import findings
from services.budget.balances import programme_balance, trial_balance
from services.budget.handlers.batches import LINE_ATTEMPTS_MAX
from services.budget.payments_store import AwaitingBank
from services.shared.database import Database
from services.shared.outcomes import Refused
from tests.budget.town import BEFORE_ANY_LINE, EXECUTOR, GRONINGEN, NOON, Town, funded_town

pytestmark = pytest.mark.engines
LINES = instalments(load(GRONINGEN, 1))
FAMILIES_CENTS = 12_500_000
COSTS_CENTS = 42_200_000


async def _balance(database: Database) -> ProgrammeBalance:
    async with database.transaction() as tx:
        found = await programme_balance(tx, GRONINGEN)
    assert found is not None
    return found


async def _pay_lines(town: Town, until: datetime, number: int) -> list[AwaitingBank]:
    sent = await town.pay(number, now=until)
    for each in sent:
        assert isinstance(await town.confirm(each.end_to_end_id, each.amount_cents), handlers.Booked)
    return sent


async def test_funding_sets_the_programme_s_own_costs_beside_what_families_may_spend(database: Database) -> None:
    await funded_town(database, families=0)
    found = await _balance(database)
    assert (found.families.free_cents, found.costs.free_cents) == (FAMILIES_CENTS, COSTS_CENTS)
    assert {each.code: each.granted_cents for each in found.sources} == {
        "npg": 33_700_000,
        "gemeente-groningen": 21_000_000,
    }


async def test_a_programme_gets_its_money_once_however_often_and_at_once(database: Database) -> None:
    town = Town(database)
    await town.register_payee(EXECUTOR)
    answers = await asyncio.gather(*(town.fund() for _ in range(4)))
    changed = [isinstance(each, handlers.Funded) and each.changed for each in answers]
    assert sorted(changed) == [False, False, False, True]
    assert (await _balance(database)).families.free_cents == FAMILIES_CENTS


async def test_a_programme_without_a_payee_for_its_costs_or_a_file_gets_nothing(database: Database) -> None:
    assert await Town(database).fund() == Refused("payee-unknown")
    assert await Town(database, programme="nowhere").fund() == Refused("programme-unknown")


async def test_an_envelope_is_filled_once(town: Town, database: Database) -> None:
    again = await town.open_envelope(1)
    assert (again.opened, again.amount_cents) == (True, 250_000)
    assert (await _balance(database)).families.free_cents == FAMILIES_CENTS - 250_000


async def test_a_closed_envelope_is_not_opened_again(town: Town) -> None:
    await town.close_envelope()
    assert not (await town.open_envelope(1)).opened


async def test_the_last_envelope_goes_to_one_family_however_many_ask_at_once(database: Database) -> None:
    town = await funded_town(database, families=48)
    answers = await asyncio.gather(*(town.open_envelope(number) for number in range(49, 59)))
    assert sum(each.opened for each in answers) == 2
    assert (await _balance(database)).families.free_cents == 0
    assert not (await town.open_envelope(60)).opened


async def test_what_a_family_leaves_is_there_for_another(database: Database) -> None:
    town = await funded_town(database, families=50)
    assert not (await town.open_envelope(51)).opened
    await town.close_envelope(7)
    assert (await town.open_envelope(51)).opened


async def test_lines_are_paid_when_due_from_their_own_money(town: Town, database: Database) -> None:
    sent = await _pay_lines(town, NOON, 1)
    due = [part for part in LINES if part.due <= NOON.date()]
    assert sorted(each.amount_cents for each in sent) == sorted(part.amount_cents for part in due)
    found = await _balance(database)
    assert found.costs.spent_cents == sum(part.amount_cents for part in due)
    assert found.families.free_cents == FAMILIES_CENTS - 250_000
    assert (await town.make_batch(2, now=NOON)).batch_id is None


async def test_an_instalment_that_bounces_is_tried_again_and_not_for_ever(town: Town) -> None:
    tried = []
    for number in range(1, LINE_ATTEMPTS_MAX + 2):
        (sent,) = await town.pay(number, now=NOON, limit=1)
        await town.bounce(sent.end_to_end_id, sent.amount_cents)
        tried.append(sent)
    async with town.database.transaction() as tx:
        attempts = await payments_store.line_attempts(tx, GRONINGEN)
    assert len({each.end_to_end_id for each in tried}) == LINE_ATTEMPTS_MAX + 1
    assert sorted(count for count, _ in attempts.values()) == [1, LINE_ATTEMPTS_MAX]


async def test_a_whole_programme_spends_what_its_definition_says_at_its_shares(database: Database) -> None:
    town = await funded_town(database, families=50)
    for family in range(1, 51):
        await town.approve(f"everything of {family}", 250_000, family=family)
    end = datetime(2025, 12, 31, 12, tzinfo=NOON.tzinfo)
    for number in range(1, 20):
        if (await town.make_batch(number, now=end)).batch_id is None:
            break
        await _pay_lines(town, end, number)
    found = await _balance(database)
    assert found.spent_cents == 54_700_000
    assert {each.code: each.charged_cents for each in found.sources} == {
        "npg": 33_700_000,
        "gemeente-groningen": 21_000_000,
    }
    assert (found.families.free_cents, found.costs.free_cents) == (0, 0)
    async with database.connection() as connection:
        assert await findings(connection) == []
    async with database.transaction() as tx:
        assert (await trial_balance(tx, GRONINGEN)).balanced
        assert await payments_store.awaiting_bank(tx, GRONINGEN) == []


@pytest.fixture
def another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Writes a second version of the programme with some of its text replaced."""

    def write(replaced: dict[str, str]) -> None:
        text = (PACKAGED / GRONINGEN / "1.toml").read_text()
        folder = tmp_path / GRONINGEN
        folder.mkdir()
        (folder / "1.toml").write_text(text)
        for old, new in {"version = 1\n": "version = 2\n", **replaced}.items():
            assert old in text
            text = text.replace(old, new, 1)
        assert tomllib.loads(text)["version"] == 2
        (folder / "2.toml").write_text(text)
        monkeypatch.setenv("KANSEN_PROGRAMMES_DIR", str(tmp_path))

    return write


async def test_a_later_version_adds_what_it_grants_more(
    town: Town, database: Database, another_version: Callable[[dict[str, str]], None]
) -> None:
    another_version(
        {
            "total-cents = 54_700_000": "total-cents = 109_400_000",
            "amount-cents = 33_700_000": "amount-cents = 67_400_000",
            "amount-cents = 21_000_000": "amount-cents = 42_000_000",
        }
    )
    assert isinstance(await town.fund(version=2), handlers.Funded)
    found = await _balance(database)
    assert found.families.free_cents == FAMILIES_CENTS - 250_000 + 54_700_000
    assert found.costs.total_cents == COSTS_CENTS
    async with database.connection() as connection:
        assert await findings(connection) == []


async def test_a_later_version_that_takes_money_away_or_shares_differently_is_refused(
    town: Town, another_version: Callable[[dict[str, str]], None]
) -> None:
    another_version(
        {
            "amount-cents = 33_700_000": "amount-cents = 27_350_000",
            "amount-cents = 21_000_000": "amount-cents = 27_350_000",
            "share-weight = 337": "share-weight = 1",
            "share-weight = 210": "share-weight = 1",
        }
    )
    assert await town.fund(version=2) == Refused("shares-changed")


async def test_a_batch_date_before_the_programme_pays_no_line(town: Town) -> None:
    assert (await town.make_batch(1, now=BEFORE_ANY_LINE)).batch_id is None
