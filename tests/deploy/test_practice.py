"""What a newcomer finds: a fresh stack on one's own machine to practise with, and nothing of the kind elsewhere."""

from pathlib import Path

import pytest

from deploy.local.environment import settings_from, with_stand_ins
from deploy.local.practice import DONE, MARKER, TANDEM_OF, wanted_in
from programmes.load import load
from services.desk.practice import PRACTICE_PEOPLE
from services.shared.roles import Role


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
