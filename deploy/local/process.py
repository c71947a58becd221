"""Starts and stops one child process: its log, its record on disk, and a stop that always ends."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

import psutil

STOP_SECONDS = 30.0
KILL_SECONDS = 10.0
POLL_SECONDS = 0.05
LOG_MAX_BYTES = 20_000_000
LOG_TAIL_LINES = 6


class StartError(RuntimeError):
    """Something could not be started; the text is one line that says what to do."""


@dataclass
class Child:
    """One process of a home. It runs in its own session, so that Ctrl-C reaches only whoever supervises it."""

    name: str
    record: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = STOP_SECONDS
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> None:
        """Starts it, after ending what an earlier, killed supervisor left behind."""
        self.end_leftover()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.record.parent.mkdir(parents=True, exist_ok=True)
        _keep_log_small(self.log)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        identity = {"pid": self._process.pid, "created": psutil.Process(self._process.pid).create_time()}
        self.record.write_text(json.dumps(identity))

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.pid is not None

    def wait(self) -> int:
        """Waits until it ends; its exit code."""
        if self._process is None:
            return 0
        return self._process.wait()

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(KILL_SECONDS)

    def stop(self) -> None:
        """Asks it to end, and after `stop_seconds` makes it."""
        if self._process is not None and self._process.poll() is None:
            _end(psutil.Process(self._process.pid), self.stop_signal, self.stop_seconds)
            self._process.wait(KILL_SECONDS)
        self._process = None
        self.record.unlink(missing_ok=True)

    def end_leftover(self) -> None:
        """Ends the process that the record names, if it is still the same one and not our child."""
        leftover = recorded_process(self.record)
        if leftover is not None:
            _end(leftover, self.stop_signal, self.stop_seconds)
        self.record.unlink(missing_ok=True)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Waits until `ready` says so; StartError with the log's last lines when it dies or takes too long."""
        until = monotonic() + seconds
        pause = Event()
        while not ready():
            if not self.alive:
                raise StartError(f"{self.name} stopped while starting: {self.last_lines()} (log: {self.log})")
            if monotonic() > until:
                raise StartError(f"{self.name} was not ready in {seconds:.0f} s: {self.last_lines()} (log: {self.log})")
            pause.wait(POLL_SECONDS)

    def last_lines(self) -> str:
        """The end of its log, on one line."""
        if not self.log.exists():
            return "no log"
        lines = self.log.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
        return " | ".join(dict.fromkeys(line.strip() for line in lines if line.strip())) or "empty log"


def recorded_process(record: Path) -> psutil.Process | None:
    """The running process that a record names; None when it ended or its number was given to another."""
    try:
        identity = json.loads(record.read_text())
        process = psutil.Process(int(identity["pid"]))
        same = abs(process.create_time() - float(identity["created"])) < 0.1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None


def end_leftovers(home: Path) -> list[str]:
    """Ends what a killed supervisor left running in a home; the names of what was ended."""
    ours = [*home.glob("processes/*.json"), *home.glob("*/process.json"), *home.glob("*/epmd.json")]
    ended = []
    for record in ours:
        leftover = recorded_process(record)
        if leftover is not None:
            ended.append(record.stem if record.parent.name == "processes" else record.parent.name)
            _end(leftover, signal.SIGTERM, STOP_SECONDS)
        record.unlink(missing_ok=True)
    return ended


def _end(process: psutil.Process, stop_signal: signal.Signals, seconds: float) -> None:
    descendants = process.children(recursive=True)
    try:
        process.send_signal(stop_signal)
        process.wait(seconds)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired:
        process.kill()
    _, stubborn = psutil.wait_procs(descendants, timeout=POLL_SECONDS * 20)
    for descendant in stubborn:
        try:
            descendant.kill()
        except psutil.NoSuchProcess:
            continue


def _keep_log_small(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))


def plain_environment(**additions: str) -> dict[str, str]:
    """What an engine gets from our environment: paths and locale, nothing that steers it."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ", "LANG") if name in os.environ}
    return kept | additions
