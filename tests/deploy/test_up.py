"""`up` in the foreground stops cleanly when somebody asks, whenever they ask."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import psutil
import pytest

from deploy.local.programs import ROOT
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.state import read_state

pytestmark = pytest.mark.engines

DRIVER = Path(__file__).parent / "small_stack.py"
PATIENCE_SECONDS = 60.0
READY = "Kansen is ready"


@contextmanager
def up(home: Path, broker: RabbitMQ) -> Iterator[subprocess.Popen[str]]:
    """`up` as a person starts it, with its lines to read."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
    process = subprocess.Popen(
        [sys.executable, "-u", str(DRIVER), "--port", "0"],
        cwd=ROOT,
        env=clean
        | {"KANSEN_HOME": str(home), "KANSEN_RABBITMQ_URL": broker.url, "KANSEN_FRONT_PORT": "0", "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    patience = Timer(PATIENCE_SECONDS, process.kill)
    patience.start()
    try:
        yield process
    finally:
        patience.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _read_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.startswith(wanted):
            return lines
    raise AssertionError(f"{wanted!r} never came: {lines}")


def _left_behind(home: Path) -> list[str]:
    running = psutil.process_iter(["cmdline", "environ"])
    return [" ".join(process.info["cmdline"]) for process in running if str(home) in str(process.info)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a polite kill"])
def test_a_running_stack_stops_cleanly_when_asked(tmp_path: Path, rabbitmq: RabbitMQ, how: signal.Signals) -> None:
    with up(tmp_path, rabbitmq) as process:
        shown = _read_until(process, READY)
        process.send_signal(how)
        _read_until(process, "stopped")

        assert process.wait() == 0
    assert "budget is ready\n" in shown
    assert _left_behind(tmp_path) == []
    assert read_state(tmp_path)["ready"] is False


def test_a_stack_that_still_starts_stops_cleanly_too(tmp_path: Path, rabbitmq: RabbitMQ) -> None:
    with up(tmp_path, rabbitmq) as process:
        _read_until(process, "postgres is ready")
        process.send_signal(signal.SIGINT)
        _read_until(process, "stopped while starting")

        assert process.wait() == 130
    assert _left_behind(tmp_path) == []
