"""A private RabbitMQ node in one folder, from the system's package, beside whatever broker the machine already runs."""

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local.ports import LOOPBACK, Ports, answers
from deploy.local.process import Child, StartError, plain_environment

ADMINISTRATOR = "kansen-administrator"
VHOST = "kansen"
NODE = "kansen@localhost"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 120.0
HANDSHAKE_SECONDS = 2.0
SALT_BYTES = 4
# The package's own commands change to the system broker's account and folder; these, one step further, do not.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")

Definitions = Mapping[str, Any]


def password_hash(password: str) -> str:
    """RabbitMQ's salted SHA-256, in base64; the salt follows from the password so that definitions are reproducible."""
    salt = hashlib.sha256(b"kansen broker salt:" + password.encode()).digest()[:SALT_BYTES]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def rabbitmq_url(password: str, port: int) -> str:
    """The administrator's address of a local node."""
    return f"amqp://{ADMINISTRATOR}:{password}@{LOOPBACK}:{port}/{VHOST}"


class RabbitMQ:
    """One node with its own name server, ports, cookie and data; definitions are imported at every start."""

    name = "rabbitmq"

    def __init__(self, folder: Path, *, password: str, ports: Ports, definitions: Definitions | None = None) -> None:
        self.folder = folder.absolute()
        self._password = password
        self._ports = ports
        self._definitions = definitions or {}
        self._port = 0
        self._names_port = 0
        self._names = Child("epmd", record=self.folder / "epmd.json", log=self.folder / "epmd.log")
        self._child = Child(
            self.name,
            record=self.folder / "process.json",
            log=self.folder / "rabbitmq.log",
            stop_seconds=STOP_SECONDS,
        )

    @property
    def url(self) -> str:
        """Administrator's address."""
        return rabbitmq_url(self._password, self._port)

    @property
    def port(self) -> int:
        """AMQP port."""
        return self._port

    @property
    def child(self) -> Child:
        """The running node."""
        return self._child

    @property
    def ready(self) -> bool:
        """Whether it answers an AMQP client (listeners open only after the node has booted)."""
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=HANDSHAKE_SECONDS) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def start(self) -> None:
        """Starts the name server and the node with the data that is there."""
        server = _script("rabbitmq-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child.end_leftover()
        self._names.end_leftover()
        self._port = self._port or self._ports.choose(self.name)
        self._names_port = self._names_port or self._ports.choose("rabbitmq-names")
        self._write_configuration()
        epmd = shutil.which("epmd") or "/usr/bin/epmd"
        environment = self._environment()
        self._names.start(
            [epmd, "-address", LOOPBACK, "-port", str(self._names_port)], environment=environment, folder=self.folder
        )
        self._names.wait_until(lambda: answers(self._names_port), seconds=START_SECONDS)
        self._child.start([server], environment=environment, folder=self.folder)
        self._child.wait_until(lambda: self.ready, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stops the node, then its name server."""
        self._child.stop()
        self._names.stop()

    def restart(self) -> None:
        """Stops and starts it on the same data and the same port."""
        self.stop()
        self.start()

    def add_definitions(self, name: str, definitions: Definitions) -> None:
        """Adds to a node that another process started; the node keeps them in its own data."""
        file = self.folder / f"{name}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(dict(definitions)))
        try:
            self.control("import_definitions", str(file))
        finally:
            file.unlink()

    def control(self, *arguments: str) -> str:
        """Runs rabbitmqctl on this node; its output. Refusals are a StartError."""
        done = subprocess.run(
            [_script("rabbitmqctl"), "--quiet", "-n", NODE, *arguments],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            env=self._environment(),
            cwd=self.folder,
        )
        if done.returncode != 0:
            raise StartError(f"rabbitmqctl {arguments[0]} failed: {' '.join((done.stderr or done.stdout).split())}")
        return done.stdout

    @property
    def _definitions_file(self) -> Path:
        return self.folder / "definitions.json"

    def _write_definitions(self) -> None:
        administrator: dict[str, list[dict[str, Any]]] = {
            "users": [
                {
                    "name": ADMINISTRATOR,
                    "password_hash": password_hash(self._password),
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": ["administrator"],
                }
            ],
            "vhosts": [{"name": VHOST}],
            "permissions": [{"user": ADMINISTRATOR, "vhost": VHOST, "configure": ".*", "write": ".*", "read": ".*"}],
        }
        merged: dict[str, Any] = dict(self._definitions)
        for key, entries in administrator.items():
            others = [entry for entry in merged.get(key, []) if entry not in entries]
            merged[key] = entries + others
        self._definitions_file.touch(mode=0o600)
        self._definitions_file.write_text(json.dumps(merged, indent=1))

    def _write_configuration(self) -> None:
        self._write_definitions()
        for folder in ("data", "log", "schema", "generated"):
            (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {LOOPBACK}:{self._port}\n"
            f"load_definitions = {self._definitions_file}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "environment.conf").write_text("")
        (self.folder / "advanced.config").write_text("[].\n")
        # A bare machine may not know "localhost" or its own name: Erlang reads them here.
        own_name = socket.gethostname().split(".")[0]
        hosts = "".join(f'{{host, {{127,0,0,1}}, ["{name}"]}}.\n' for name in ("localhost", own_name))
        (self.folder / "inetrc").write_text(hosts + "{lookup, [file, native]}.\n")

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        distribution_port = str(self._ports.keep("rabbitmq-nodes"))
        return plain_environment(
            HOME=str(folder),
            ERL_EPMD_ADDRESS=LOOPBACK,
            ERL_EPMD_PORT=str(self._names_port or self._ports.keep("rabbitmq-names")),
            ERL_INETRC=str(folder / "inetrc"),
            ERL_CRASH_DUMP_BYTES="0",
            RABBITMQ_NODENAME=NODE,
            RABBITMQ_DIST_PORT=distribution_port,
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
            RABBITMQ_CONF_ENV_FILE=str(folder / "environment.conf"),
            RABBITMQ_CONFIG_FILE=str(folder / "rabbitmq.conf"),
            RABBITMQ_ADVANCED_CONFIG_FILE=str(folder / "advanced.config"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / "enabled_plugins"),
            RABBITMQ_MNESIA_BASE=str(folder / "data"),
            RABBITMQ_MNESIA_DIR=str(folder / "data" / "node"),
            RABBITMQ_FEATURE_FLAGS_FILE=str(folder / "data" / "feature_flags"),
            RABBITMQ_PID_FILE=str(folder / "data" / "node.pid"),
            RABBITMQ_LOG_BASE=str(folder / "log"),
            RABBITMQ_LOGS="-",
            RABBITMQ_SCHEMA_DIR=str(folder / "schema"),
            RABBITMQ_GENERATED_CONFIG_DIR=str(folder / "generated"),
            # Lets the start script become the node itself, so that our signal reaches the node.
            RUNNING_UNDER_SYSTEMD="true",
        )


def _script(name: str) -> str:
    script = SCRIPTS / name
    found = str(script) if os.access(script, os.X_OK) else shutil.which(name)
    if found is None:
        raise StartError(
            "RabbitMQ is not installed: run ./kansen as root or with sudo, install the package rabbitmq-server, "
            "or name a broker in KANSEN_RABBITMQ_URL"
        )
    return found
