"""The whole software on one machine: engines, migrations, our processes, and a supervisor over them."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, RLock
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self

from deploy.local.engines import Engine, address_of, engines_for
from deploy.local.environment import Named, as_environment, secret_of, settings_from
from deploy.local.ports import LOOPBACK, Ports, is_free, listener
from deploy.local.process import Child, StartError
from deploy.local.programs import OUR_PROGRAMS, ROOT, Program
from deploy.local.state import HomeLock, health, record_supervisor, write_state, writing_in
from deploy.local.supervisor import Keeper
from deploy.migrate import migrate
from deploy.topology import declare_queues
from services.shared.settings import Settings

READY_SECONDS = 180.0
READY_POLL_SECONDS = 0.2
# A process of ours that fails this often before it was ever ready will not come up by itself.
START_TRIES = 4
PROCESS_STOP_SECONDS = 25.0


class Stack:
    """One running copy. `with Stack(home) as stack:` or `async with`; everything it keeps stands in `home`.

    `named` are settings by key; an engine that they name is not started. `front_port` 0 takes any free port.
    `before_ready` is called when all processes are there and nobody has been told yet.
    """

    def __init__(
        self,
        home: Path,
        *,
        temporal: Literal["dev", "test"] = "dev",
        named: Named | None = None,
        programs: Sequence[Program] = OUR_PROGRAMS,
        front_port: int = 0,
        screens: bool = False,
        tell: Callable[[str], None] = lambda line: None,
        before_ready: Callable[["Stack"], None] = lambda stack: None,
    ) -> None:
        self.home = home.absolute()
        self.ports = Ports(self.home / "ports.json")
        self.engines: dict[str, Engine] = {}
        self._kind = temporal
        self._values: dict[str, object] = dict(named or {})
        self._programs = programs
        self._front_port = front_port
        self._screens = screens
        self._tell = tell
        self._before_ready = before_ready
        self._keepers: dict[str, Keeper] = {}
        self._health_ports: dict[str, int] = {}
        self._ready = False
        self._given_up = Event()
        self._lock = HomeLock(self.home)
        self._state_lock = RLock()
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this stack, once its engines run."""
        if self._settings is None:
            raise RuntimeError("the stack has not been started")
        return self._settings

    @property
    def environment(self) -> dict[str, str]:
        """The environment with which its processes run."""
        return as_environment(self.home, self._values) | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    @property
    def address(self) -> str:
        """Where the web front door is."""
        return f"http://{self._front_host}:{self._front_port}"

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again since the stack started."""
        return {name: keeper.restarts for name, keeper in self._keepers.items()}

    def start(self) -> None:
        """Starts everything and waits until all is ready. StartError with one clear line, and nothing left running."""
        self._make_home()
        self._lock.take()
        record_supervisor(self.home)
        try:
            self._check_front_port()
            self._start_engines()
            self._settings = settings_from(self.home, self._values)
            self._tell("bringing the tables up to date")
            migrate(self._settings)
            declare_queues(self._settings)
            self.start_programs()
            self._before_ready(self)
        except BaseException:
            self.stop()
            raise
        self._ready = True
        self._write_state()

    def start_programs(self) -> None:
        """Starts our own processes and waits until each says that it is ready."""
        for program in self._programs:
            self._keep(program)
        self._wait_until_ready()

    def stop(self) -> None:
        """Stops everything: our own processes side by side, then the engines, last started first. Safe to repeat."""
        self._ready = False
        ours = {name: keeper for name, keeper in self._keepers.items() if name not in self.engines}
        if ours:
            self._tell(f"stopping {', '.join(ours)}")
            with ThreadPoolExecutor(len(ours)) as threads:
                list(threads.map(Keeper.stop, ours.values()))
        for name in reversed([name for name in self._keepers if name in self.engines]):
            self._tell(f"stopping {name}")
            self._keepers[name].stop()
            self.engines[name].stop()
        self._keepers.clear()
        if self.home.exists():
            self._write_state()
        (self.home / "supervisor.json").unlink(missing_ok=True)
        self._lock.release()

    def kill(self, name: str) -> None:
        """Ends a process or an engine at once, as a crash would; it is started again."""
        self._keepers[name].kill()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """A process or an engine is away inside this block, and back (and ready) after it."""
        keeper = self._keepers[name]
        keeper.stop()
        try:
            yield
        finally:
            keeper.start()
            self._wait_until_ready()

    def wait_until_ready(self) -> None:
        """Waits until all processes are ready again, after a kill for example."""
        self._wait_until_ready()

    def is_ready(self, name: str) -> bool:
        """Whether a process says that it is ready, or an engine answers."""
        if name in self.engines:
            return self.engines[name].ready
        return self._keepers[name].child.alive and health(self._health_ports[name])[0]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        starting = asyncio.create_task(asyncio.to_thread(self.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # A thread cannot be cancelled: it is told, and what it started ends before this does.
            self._given_up.set()
            await asyncio.gather(starting, return_exceptions=True)
            await asyncio.to_thread(self.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    @property
    def _front_host(self) -> str:
        return str(self._values.get("front_host", LOOPBACK))

    def _make_home(self) -> None:
        with writing_in(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / "logs").mkdir(exist_ok=True)
            (self.home / "lock").touch()

    def _check_front_port(self) -> None:
        if not any(program.is_front for program in self._programs):
            return
        if self._front_port == 0:
            self._front_port = self.ports.choose("front")
        if not is_free(self._front_port, self._front_host):
            raise StartError(
                f"port {self._front_port} is taken by {listener(self._front_port)}: "
                "choose another with ./kansen up --port NUMBER or in KANSEN_FRONT_PORT"
            )
        self._values["front_port"] = self._front_port

    def _start_engines(self) -> None:
        self._values["secret"] = secret_of(self.home, self._values)
        for engine, key in engines_for(self.home, self._values, temporal=self._kind, screens=self._screens):
            self._start_engine(engine)
            self._values[key] = address_of(engine)

    def _start_engine(self, engine: Engine) -> None:
        self._go_on()
        began = monotonic()
        keeper = Keeper(engine.child, engine.start, on_change=self._write_state)
        self.engines[engine.name] = engine
        self._keepers[engine.name] = keeper
        keeper.start()
        self._tell(f"{engine.name} is ready ({monotonic() - began:.1f} s)")

    def _keep(self, program: Program) -> None:
        port = self._front_port if program.is_front else self.ports.choose(f"health-{program.name}")
        self._health_ports[program.name] = port
        child = Child(
            program.name,
            record=self.home / "processes" / f"{program.name}.json",
            log=self.home / "logs" / f"{program.name}.log",
            stop_seconds=PROCESS_STOP_SECONDS,
        )
        environment = self.environment | ({} if program.is_front else {"KANSEN_HEALTH_PORT": str(port)})
        command = [sys.executable, *program.arguments]

        def start() -> None:
            child.start(command, environment=environment, folder=ROOT)

        keeper = Keeper(child, start, on_change=self._write_state)
        self._keepers[program.name] = keeper
        keeper.start()

    def _wait_until_ready(self) -> None:
        waiting = list(self._health_ports)
        already = {name: keeper.restarts for name, keeper in self._keepers.items()}
        until = monotonic() + READY_SECONDS
        while waiting:
            self._go_on()
            for name in [name for name in waiting if self.is_ready(name)]:
                waiting.remove(name)
                self._tell(f"{name} is ready")
            for name in waiting:
                keeper = self._keepers[name]
                if keeper.restarts - already[name] >= START_TRIES:
                    raise StartError(f"{name} does not start: {keeper.problem} (log: {keeper.child.log})")
            if waiting and monotonic() > until:
                checks = {name: health(self._health_ports[name])[1] for name in waiting}
                raise StartError(f"not ready after {READY_SECONDS:.0f} s: {checks} (logs: {self.home / 'logs'})")
            if waiting:
                self._given_up.wait(READY_POLL_SECONDS)

    def _go_on(self) -> None:
        if self._given_up.is_set():
            raise StartError("stopped while starting")

    def _write_state(self) -> None:
        with self._state_lock:
            state: dict[str, Any] = {
                "address": self.address if self._front_port else None,
                "ready": self._ready,
                "temporal": str(self._values.get("temporal_address", "")),
                "temporal_screens": getattr(self.engines.get("temporal"), "screens_url", None),
                "processes": {
                    name: {
                        "pid": keeper.child.pid,
                        "engine": name in self.engines,
                        "restarts": keeper.restarts,
                        "health_port": self._health_ports.get(name),
                        "problem": keeper.problem,
                    }
                    for name, keeper in list(self._keepers.items())
                },
            }
            write_state(self.home, state)
