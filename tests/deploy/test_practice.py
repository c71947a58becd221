"""What a newcomer finds: a fresh stack on one's own machine to practise with, and nothing of the kind elsewhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.environment import settings_from, with_stand_ins
from deploy.local.practice import DONE, MARKER, TANDEM_OF, wanted_in
from deploy.local.practice_names import made_up_names, write_names
from programmes.load import load
from services.desk.colleagues import colleague_names, colleagues_of, welcome
from services.desk.practice import PRACTICE_PEOPLE
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import stable_id
from simulation.town.chance import Chance


def wanted(home: Path, **named: object) -> bool:
    return wanted_in(home, named, settings_from(home, with_stand_ins(named)))


def test_a_fresh_home_gets_something_to_practise_with_also_when_its_first_start_failed(tmp_path: Path) -> None:
    assert wanted(tmp_path)
    (tmp_path / "secret").write_text("x" * 48)
    assert wanted(tmp_path), "the first start did not come that far"


def test_practice_data_is_put_there_once(tmp_path: Path) -> None:
    assert wanted(tmp_path)
    (tmp_path / MARKER).write_text(DONE)
    assert not wanted(tmp_path)


def test_a_home_that_was_worked_in_before_gets_none(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 48)
    assert not wanted(tmp_path)


@pytest.mark.parametrize(
    "named",
    [
        {"practice": False},
        {"front_host": "192.0.2.7"},
        {"database_url": "postgresql+psycopg://owner:word@127.0.0.1:5544/kansen"},
    ],
    ids=["asked not to", "reachable from elsewhere", "a database of one's own"],
)
def test_a_stack_to_work_with_gets_none(tmp_path: Path, named: dict[str, object]) -> None:
    assert not wanted(tmp_path, **named)
    assert not (tmp_path / MARKER).exists()


def test_whoever_is_matched_in_practice_can_sign_in_and_works_in_a_programme_that_runs_on() -> None:
    people = {person.code: person for person in PRACTICE_PEOPLE}
    for programme, codes in TANDEM_OF.items():
        assert load(programme, 1).period.last_admission is None
        roles = {role for code in codes for role in people[code].roles}
        assert Role.SUPPORTER in roles


async def test_who_can_practise_is_there_from_the_first_day_and_the_others_are_only_a_name(
    service_database: Callable[[str], Database],
) -> None:
    desk, now = service_database("desk"), datetime(2027, 3, 1, 9, tzinfo=UTC)
    bea, karim = PRACTICE_PEOPLE[5], PRACTICE_PEOPLE[2]
    somebody = stable_id("simulation", "buddy", 1)
    names = made_up_names([somebody, bea.id], Chance(1))
    assert names == made_up_names([somebody, bea.id], Chance(1)), "the same name each time"
    async with desk.transaction() as tx:
        await welcome(tx, karim.actor(), now=now)

    for _ in range(2):
        await write_names(desk, names, now=now)
    async with desk.transaction() as tx:
        known = await colleague_names(tx, [somebody, bea.id, karim.id])
        there = await colleagues_of(tx, bea.actor(), now=now)
    assert (known[bea.id], known[karim.id]) == (bea.name, karim.name)
    assert len(known[somebody].split()) > 1
    practising = {each.name for each in PRACTICE_PEOPLE} - {bea.name}
    assert {each.name for each in there} == practising, "a name is no colleague who can take a task"
