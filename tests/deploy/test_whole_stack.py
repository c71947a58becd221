"""The commands of the README on the real services: up, status, a crash, and down."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import httpx
import psutil
import pytest

from deploy.local.ports import Ports
from deploy.local.programs import ROOT
from deploy.services import PROCESSES, SERVICES

# Eight processes and three engines start inside one test.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]

COMMAND_SECONDS = 300
WAIT_SECONDS = 90.0


class Machine:
    """One home, and ./kansen on it as a person types it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = Ports(home / "trial-ports.json").choose("front")

    def kansen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
        return subprocess.run(
            [str(ROOT / "kansen"), *arguments],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            env=clean | {"KANSEN_HOME": str(self.home)},
        )

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.kansen("status", "--json").stdout)
        return answer

    def process(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.status()["processes"] if each["name"] == name)
        return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    up = machine.kansen("up", "--detach", "--port", str(machine.port))
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield machine
    finally:
        down = machine.kansen("down")
    assert down.returncode == 0, down.stderr
    assert [each for each in psutil.process_iter(["cmdline", "environ"]) if str(machine.home) in str(each.info)] == []


def test_up_gives_the_terminal_back_when_everything_is_ready(machine: Machine) -> None:
    status = machine.status()

    assert status["ready"], status
    assert {each["name"] for each in status["processes"]} >= set(PROCESSES)


def test_every_service_describes_its_api_behind_the_one_front_door(machine: Machine) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{machine.port}") as front:
        titles = {name: front.get(f"/{name}/v1/openapi.json").json()["info"]["title"] for name in SERVICES}
        page = front.get("/over")

    assert titles == {name: f"Kansen {name}" for name in SERVICES}
    assert (page.status_code, "werkt nu niet" in page.text) == (200, False)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_crashes_is_started_again_and_becomes_ready(machine: Machine, name: str) -> None:
    os.kill(machine.process(name)["pid"], signal.SIGKILL)

    until, pause = monotonic() + WAIT_SECONDS, Event()
    while (now := machine.process(name))["restarts"] == 0 or now["state"] != "ready":
        assert monotonic() < until, now
        pause.wait(0.2)


def test_a_second_up_says_that_it_runs_already(machine: Machine) -> None:
    again = machine.kansen("up", "--detach", "--port", str(machine.port))

    assert again.returncode == 1
    assert "already running" in again.stdout + again.stderr


def test_the_log_of_each_process_is_json_without_a_stack_trace(machine: Machine) -> None:
    for name in PROCESSES:
        for line in machine.kansen("logs", name).stdout.splitlines():
            assert json.loads(line)["process"] == name
