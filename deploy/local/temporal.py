"""Temporal from its wheels: the dev server with a database file, and the time-skipping test server."""

import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.ports import LOOPBACK, Ports, answers
from deploy.local.process import Child, StartError, plain_environment

START_SECONDS = 60.0
ASK_SECONDS = 10.0


class TemporalDevServer:
    """Temporal's own dev server; what it knows stands in a file and survives a restart."""

    name = "temporal"

    def __init__(self, folder: Path, *, ports: Ports, screens: bool = False) -> None:
        self.folder = folder.absolute()
        self._ports = ports
        self._screens = screens
        self._port = 0
        self._screens_port = 0
        self._child = Child(self.name, record=self.folder / "process.json", log=self.folder / "temporal.log")

    @property
    def address(self) -> str:
        """host:port of its front end."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def screens_url(self) -> str | None:
        """Address of Temporal's own screens, where they were asked for."""
        return f"http://{LOOPBACK}:{self._screens_port}" if self._screens else None

    @property
    def child(self) -> Child:
        """The running server."""
        return self._child

    @property
    def ready(self) -> bool:
        """Whether it answers for the default namespace."""
        if not answers(self._port):
            return False
        asked = subprocess.run(
            [
                *(_binary("temporal"), "operator", "namespace", "describe", "-n", "default"),
                *("--address", self.address, "--command-timeout", f"{ASK_SECONDS:.0f}s"),
            ],
            capture_output=True,
            timeout=ASK_SECONDS * 2,
            env=self._environment(),
        )
        return asked.returncode == 0

    def start(self) -> None:
        """Starts it on its database file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child.end_leftover()
        self._port = self._port or self._ports.choose(self.name)
        if self._screens:
            self._screens_port = self._screens_port or self._ports.choose("temporal-screens")
        screens = ["--ui-port", str(self._screens_port), "--ui-disable-news-fetch"] if self._screens else ["--headless"]
        command = [
            *(_binary("temporal"), "server", "start-dev", "--ip", LOOPBACK, "--port", str(self._port)),
            *("--http-port", str(self._ports.choose("temporal-http"))),
            *("--metrics-port", str(self._ports.choose("temporal-metrics"))),
            *("--db-filename", str(self.folder / "temporal.db"), "--log-level", "warn", *screens),
        ]
        self._child.start(command, environment=self._environment(), folder=self.folder)
        self._child.wait_until(lambda: self.ready, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stops it."""
        self._child.stop()

    def _environment(self) -> dict[str, str]:
        return plain_environment(HOME=str(self.folder))


class TemporalTestServer:
    """The time-skipping server: forgets everything when it stops; time moves only when a test or simulation asks."""

    name = "temporal-test"

    def __init__(self, folder: Path, *, ports: Ports) -> None:
        self.folder = folder.absolute()
        self._ports = ports
        self._port = 0
        self._child = Child(self.name, record=self.folder / "process.json", log=self.folder / "temporal-test.log")

    @property
    def address(self) -> str:
        """host:port of its front end."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def child(self) -> Child:
        """The running server."""
        return self._child

    @property
    def ready(self) -> bool:
        """Whether it takes connections."""
        return answers(self._port)

    def start(self) -> None:
        """Starts it, empty, with time standing still until it is asked to skip."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child.end_leftover()
        self._port = self._port or self._ports.choose(self.name)
        self._child.start(
            [_binary("temporal-test-server"), str(self._port)],
            environment=plain_environment(HOME=str(self.folder)),
            folder=self.folder,
        )
        self._child.wait_until(lambda: self.ready, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stops it and forgets everything."""
        self._child.stop()


def _binary(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise StartError(f"{name} is not installed: run ./kansen, or name a server in KANSEN_TEMPORAL_ADDRESS")
    return found
