"""What an operator meets on the command line: clear lines, exit codes, and a stack that comes up, stays and goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.programs import ROOT
from deploy.local.state import HomeLock

# Each command is a process of its own with seconds of imports: no part of what runs at every change.
pytestmark = pytest.mark.engines

COMMAND_SECONDS = 60


def kansen(home: Path, *arguments: str, script: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as a person would, on a home of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
    command = [str(ROOT / "kansen")] if script else [sys.executable, "-m", "deploy"]
    return subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        env=clean | {"KANSEN_HOME": str(home)} | environment,
    )


def is_one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1


def test_status_of_a_stack_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "status")

    assert (answer.returncode, answer.stdout.strip()) == (3, "not running: ./kansen up starts it")


def test_status_as_json_can_be_read_by_a_program(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "status", "--json")

    assert json.loads(answer.stdout) == {"running": False, "ready": False, "address": None, "processes": []}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("front_port = ", "settings.toml"),
        ("frontport = 8081", "frontport"),
        ('front_port = "many"', "front_port"),
        ('secret = "short"', "secret"),
        ('database_url = "mysql://somewhere"', "database_url"),
        (
            'temporal_address = "temporal.example:7233"\ntemporal_api_key = "key"',
            "temporal_api_key: needs temporal_tls",
        ),
        ("temporal_tls = true", "temporal_tls: name the server too, in temporal_address"),
        ('temporal_namespace = "town"', "temporal_namespace: name the server too, in temporal_address"),
    ],
    ids=[
        "not TOML",
        "an unknown key",
        "not a number",
        "a secret too short",
        "not PostgreSQL",
        "a key in plain text",
        "TLS to the stack's own Temporal",
        "a namespace of the stack's own Temporal",
    ],
)
def test_a_broken_settings_file_is_one_line_that_names_the_key(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "settings.toml").write_text(content)

    answer = kansen(tmp_path, "up")

    assert answer.returncode == 2
    assert told in answer.stderr
    assert is_one_line(answer.stderr)
    assert not (tmp_path / "postgres").exists()


def test_an_unknown_setting_in_the_environment_is_named(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "up", KANSEN_FRONTPORT="8081")

    assert answer.returncode == 2
    assert "KANSEN_FRONTPORT" in answer.stderr


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    answer = kansen(tmp_path / "file" / "home", "up", "--port", "0")

    assert answer.returncode == 1
    assert "cannot be written" in answer.stderr
    assert "KANSEN_HOME" in answer.stderr
    assert is_one_line(answer.stderr)


def test_up_in_a_home_whose_stack_runs_says_so(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path)
    lock.take()

    answer = kansen(tmp_path, "up", "--port", "0")
    lock.release()

    assert answer.returncode == 1
    assert "already running" in answer.stderr
    assert "./kansen down" in answer.stderr


def test_down_when_nothing_runs_is_fine(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "down")

    assert (answer.returncode, answer.stdout.strip()) == (0, "nothing is running")


def test_the_log_of_something_unknown_names_what_there_is(tmp_path: Path) -> None:
    answer = kansen(tmp_path, "logs", "treasury")

    assert answer.returncode == 1
    assert "postgres" in answer.stderr


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "budget.log").write_text("".join(f"line {number}\n" for number in range(1000)))

    shown = kansen(tmp_path, "logs", "budget").stdout.splitlines()

    assert (len(shown), shown[-1]) == (200, "line 999")


def test_an_old_python_brings_or_finds_a_newer_one(tmp_path: Path) -> None:
    old = Path("/usr/bin/python3")
    if not old.exists():
        old = Path(sys.executable)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}

    answer = subprocess.run(
        [str(old), str(ROOT / "kansen"), "status"],
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        cwd=tmp_path,
        env=clean | {"KANSEN_HOME": str(tmp_path / "home")},
    )

    assert answer.stdout.strip() == "not running: ./kansen up starts it"


def test_definitions_for_a_broker_elsewhere_need_no_engine(tmp_path: Path) -> None:
    first, second = kansen(tmp_path, "definitions"), kansen(tmp_path, "definitions")

    assert {user["name"] for user in json.loads(first.stdout)["users"]} >= {"kansen-budget", "kansen-intake"}
    assert first.stdout == second.stdout
