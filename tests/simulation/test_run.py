"""A simulation begins in an empty folder, whatever the run before it left there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deploy.__main__ import INTERRUPTED
from deploy.local.process import Child, StartError, plain_environment
from deploy.local.programs import ROOT
from deploy.local.state import HomeLock
from programmes.problems import ProgrammeError
from simulation.run import Asked, begin_anew, lived

STOPPED_SECONDS_MAX = 60


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Child]:
    """A process as an engine of a run in `tmp_path / "home"` would be, recorded there."""
    folder = tmp_path / "home" / "temporal-test"
    child = Child("temporal-test", record=folder / "process.json", log=folder / "temporal-test.log")
    folder.mkdir(parents=True)
    child.start(["sleep", "120"], environment=plain_environment(), folder=folder)
    yield child
    child.stop()


def test_what_a_killed_run_left_running_is_ended_before_its_folder_goes(tmp_path: Path, engine: Child) -> None:
    begin_anew(tmp_path / "home")

    assert not engine.alive
    assert not (tmp_path / "home").exists()


def test_a_process_that_was_given_the_number_of_an_ended_one_is_left_alone(tmp_path: Path, engine: Child) -> None:
    recorded = json.loads(engine.record.read_text())
    engine.record.write_text(json.dumps(recorded | {"created": recorded["created"] - 60}))

    begin_anew(tmp_path / "home")

    assert engine.alive


def test_a_run_that_is_going_on_keeps_its_folder_and_its_processes(tmp_path: Path, engine: Child) -> None:
    going_on = HomeLock(tmp_path / "home")
    going_on.take()

    with pytest.raises(StartError, match="already running"):
        begin_anew(tmp_path / "home")

    going_on.release()
    assert engine.alive
    assert engine.record.exists()


async def test_a_programme_that_does_not_exist_leaves_the_run_before_it_to_look_at(tmp_path: Path) -> None:
    report = tmp_path / "home" / "report.json"
    report.parent.mkdir()
    report.touch()

    with pytest.raises(ProgrammeError):
        async with lived(Asked("kansen-voor-niemand", families=1, seed=1, home=tmp_path / "home")):
            pass

    assert report.exists()


@pytest.mark.engines
def test_a_run_that_is_told_to_stop_ends_all_that_it_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy", "simulate", "kansrijk-groningen", "--families", "1"]
    environment = os.environ | {"KANSEN_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as simulating:
        assert simulating.stdout is not None
        assert any("is ready" in line for line in simulating.stdout)
        assert started_in(tmp_path)

        simulating.terminate()

        assert simulating.wait(STOPPED_SECONDS_MAX) == INTERRUPTED
    assert started_in(tmp_path) == []


def started_in(folder: Path) -> list[str]:
    """The processes with an engine's data, or a home, in a folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(folder) in " ".join([*process.cmdline(), process.environ().get("KANSEN_HOME", "")]):
                found.append(f"{process.pid} {process.name()}")
    return found
