"""What a home says of its stack: who runs, where, how often it was started again; and a lock for one stack a home."""

import fcntl
import http.client
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from deploy.local.ports import LOOPBACK
from deploy.local.process import StartError, recorded_process

HEALTH_TIMEOUT_SECONDS = 5.0


def home_folder() -> Path:
    """The folder with all state: KANSEN_HOME, or .kansen."""
    return Path(os.environ.get("KANSEN_HOME", ".kansen")).absolute()


@contextmanager
def writing_in(home: Path) -> Iterator[None]:
    """What is made in a home; raises StartError where nothing can be."""
    try:
        yield
    except OSError as error:
        raise StartError(f"{home} cannot be written ({error.strerror}): choose another folder in KANSEN_HOME") from None


class HomeLock:
    """Held by the one process that runs the stack of a home; the kernel lets go when that process ends."""

    def __init__(self, home: Path) -> None:
        self._file = home / "lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """StartError when the stack of this home runs already."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            state = read_state(self._file.parent)
            raise StartError(
                f"already running at {state.get('address') or 'an address it is still choosing'} with its state in "
                f"{self._file.parent}: stop it with ./kansen down, or choose another folder in KANSEN_HOME"
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Lets the next one in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def write_state(home: Path, state: dict[str, Any]) -> None:
    """Replaces the state file in one step, so that a reader never sees half of it."""
    temporary = home / "state.json.new"
    temporary.write_text(json.dumps(state, indent=1))
    temporary.replace(home / "state.json")


def read_state(home: Path) -> dict[str, Any]:
    """The last state; empty when the stack never ran."""
    try:
        state: dict[str, Any] = json.loads((home / "state.json").read_text())
    except (OSError, ValueError):
        return {}
    return state


def record_supervisor(home: Path) -> None:
    """Notes that this process runs the stack of this home."""
    me = psutil.Process(os.getpid())
    (home / "supervisor.json").write_text(json.dumps({"pid": me.pid, "created": me.create_time()}))


def supervisor_of(home: Path) -> psutil.Process | None:
    """The process that runs the stack of this home, if one does."""
    return recorded_process(home / "supervisor.json")


def health(port: int) -> tuple[bool, dict[str, Any]]:
    """Asks a process of ours whether it is ready: whether it says 200, and its named checks."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=HEALTH_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        return response.status == http.client.OK, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return False, {"status": "no-answer"}
    finally:
        connection.close()
