"""Chooses free TCP ports on the loopback address and keeps them for the next start."""

import json
import socket
from pathlib import Path
from secrets import randbelow

import psutil

LOOPBACK = "127.0.0.1"
# Below the range from which Linux hands out ports for outgoing connections, so that no client takes one in between.
FIRST_PORT, LAST_PORT = 20_000, 32_000
TRIES = 200
ANSWER_SECONDS = 1.0


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether a server of this machine accepts connections on this port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False


def listener(port: int) -> str:
    """Who listens on a port, as far as this account may know."""
    for connection in psutil.net_connections(kind="tcp"):
        listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if listens and connection.pid is not None:
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"


class Ports:
    """The ports of one home, by name: the same ones at every start as long as nobody else took them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def choose(self, name: str) -> int:
        """The port remembered under this name, or a free one."""
        remembered = self.remembered()
        port = remembered.get(name)
        if port is None or not is_free(port):
            port = self._find(taken=set(remembered.values()))
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(remembered | {name: port}, indent=1))
        return port

    def keep(self, name: str) -> int:
        """The port remembered under this name, also while its server holds it."""
        return self.remembered().get(name) or self.choose(name)

    def remembered(self) -> dict[str, int]:
        """All ports by name, as they were last chosen."""
        if not self._file.exists():
            return {}
        ports: dict[str, int] = json.loads(self._file.read_text())
        return ports

    @staticmethod
    def _find(*, taken: set[int]) -> int:
        for _ in range(TRIES):
            port = FIRST_PORT + randbelow(LAST_PORT - FIRST_PORT)
            if port not in taken and is_free(port):
                return port
        raise OSError(f"no free port between {FIRST_PORT} and {LAST_PORT} in {TRIES} tries")
