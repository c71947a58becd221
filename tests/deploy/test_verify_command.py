"""`verify` as an operator types it, on a stack that is down: its database is started for the audit alone."""

import os
from pathlib import Path

import psycopg
import pytest

from deploy.local.environment import STAND_INS, engine_password, secret_of, settings_from
from deploy.local.ports import Ports, answers
from deploy.local.postgres import Postgres
from deploy.migrate import migrate
from deploy.verify.command import which_ran_last
from tests.deploy.test_commands import is_one_line, kansen

pytestmark = pytest.mark.engines


@pytest.fixture
def finished(tmp_path: Path) -> Postgres:
    """A home in which a stack once ran and nothing happened; its database is stopped."""
    secret = secret_of(tmp_path, {})
    password = engine_password(secret, "postgres")
    engine = Postgres(tmp_path / "postgres", password=password, ports=Ports(tmp_path / "ports.json"))
    engine.start()
    try:
        migrate(settings_from(tmp_path, STAND_INS | {"secret": secret, "database_url": engine.url}))
    finally:
        engine.stop()
    return engine


def test_a_finished_stack_is_audited_and_left_as_it_was(finished: Postgres, tmp_path: Path) -> None:
    answer = kansen(tmp_path, "verify")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[-1] == "nothing wrong was found"
    assert not answers(Ports(tmp_path / "ports.json").remembered()["postgres"])


def test_a_finding_is_told_and_is_the_exit_code(finished: Postgres, tmp_path: Path) -> None:
    finished.start()
    try:
        with psycopg.connect(finished.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO desk.parked (id, consumer, body, reason, place, attempts)"
                " VALUES (gen_random_uuid(), 'desk', '\\x00', 'not-json', '?', 1)"
            )
    finally:
        finished.stop()

    answer = kansen(tmp_path, "verify")

    assert answer.returncode == 1
    assert "desk: messages parked: 1 (unreadable not-json)" in answer.stderr
    assert answer.stdout.splitlines()[-1] == "1 findings"


def test_where_nothing_ever_ran_there_is_nothing_to_audit(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "verify")

    assert answer.returncode == 1
    assert "./kansen up" in answer.stderr
    assert is_one_line(answer.stderr)


def test_a_simulation_that_never_was_cannot_be_audited(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "verify", "--of", "simulation")

    assert answer.returncode == 1
    assert "./kansen simulate" in answer.stderr
    assert is_one_line(answer.stderr)


def test_who_does_not_say_what_to_audit_means_what_ran_last(tmp_path: Path) -> None:
    def started(home: Path, at: float) -> None:
        (home / "postgres" / "data").mkdir(parents=True, exist_ok=True)
        (home / "postgres" / "data" / "postmaster.opts").touch()
        os.utime(home / "postgres" / "data" / "postmaster.opts", (at, at))

    assert which_ran_last(tmp_path) == "stack", "nothing ran: the message tells how to start a stack"
    started(tmp_path / "simulation", 1_000)
    assert which_ran_last(tmp_path) == "simulation"
    started(tmp_path, 2_000)
    assert which_ran_last(tmp_path) == "stack"
    started(tmp_path / "simulation", 3_000)
    assert which_ran_last(tmp_path) == "simulation"
