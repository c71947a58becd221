"""Puts a service together: its tables, consumers, activities and API, run in one process or apart."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount
from temporalio.client import Client
from temporalio.worker import Worker

from services.shared.bus import Bus
from services.shared.consumer import Consumer
from services.shared.database import Database
from services.shared.health import OK, Health, server
from services.shared.logs import configure_logs, logger
from services.shared.migrations import pending_migrations
from services.shared.parking import count_parked
from services.shared.relay import Relay, outbox_age_seconds
from services.shared.screens.renewing import add_renewal
from services.shared.seals import keep_sealed, seal_key
from services.shared.sessions import Renewal
from services.shared.settings import Settings, SettingsError, load_settings
from services.shared.tables import SharedTables
from services.shared.temporal import activity_worker, connect
from services.shared.temporal_reach import reach
from services.shared.upkeep import keep_tidy
from services.shared.web import web_app

CONNECT_WAIT_SECONDS = 0.5
CONNECT_WAIT_SECONDS_MAX = 5.0
STOP_SECONDS = 15
OUTBOX_AGE_DEGRADED_SECONDS = 30
EXIT_BAD_SETTINGS = 2

_log = logger(__name__)


class ServiceRole(StrEnum):
    """What a process of a service does; a process may have several."""

    WEB = "web"
    BUS = "bus"
    RELAY = "relay"
    ACTIVITIES = "activities"


DEFAULT_ROLES = (ServiceRole.BUS, ServiceRole.RELAY, ServiceRole.ACTIVITIES)

type Start = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs a part of a process until it is told to stop; when one ends by itself, the process does."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a running part is given to be built with."""

    settings: Settings
    database: Database
    temporal: Client


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service, as it is put together in its `__main__.py`.

    `consumers` hear events; `activities` and `workers` are built when the process starts, with its database and its
    Temporal client; `loops` run beside the relay until they are cancelled, and `checks` say how that goes; `router` is
    its API, `pages` are its screens, made of the templates of `room`; `sessions` renews them (the desk's alone). What
    it lacks is left out.
    """

    name: str
    summary: str
    tables: SharedTables
    consumers: Sequence[Callable[[Part], Consumer] | Consumer] = ()
    activities: Callable[[Part], object] | None = None
    task_queue: str | None = None
    workers: Callable[[Part], Sequence[Worker]] | None = None
    loops: Sequence[Callable[[Part], Coroutine[Any, Any, None]]] = ()
    checks: Mapping[str, Callable[[Part], Awaitable[str]]] = field(default_factory=dict)
    router: APIRouter | None = None
    pages: APIRouter | None = None
    room: Path | None = None
    sessions: Callable[[Settings, Database], Renewal] | None = None
    needs_temporal_on_web: bool = False

    def database(self, settings: Settings) -> Database:
        """This service's own schema, as its own role."""
        return Database(settings.database_url_for(self.name), tables=self.tables, source=settings.source_of(self.name))

    def consumers_for(self, part: Part) -> list[Consumer]:
        return [each if isinstance(each, Consumer) else each(part) for each in self.consumers]

    async def web(
        self, settings: Settings, *, database: Database | None = None, clock: Callable[[], datetime] | None = None
    ) -> FastAPI | None:
        """Its web application, None for a service without one; call it inside a running loop."""
        if self.router is None:
            return None
        temporal = await connect(settings, lazy=True) if self.needs_temporal_on_web else None
        database = database or self.database(settings)
        app = web_app(
            self.name,
            self.summary,
            self.router,
            pages=self.pages,
            room=self.room,
            settings=settings,
            database=database,
            temporal=temporal,
            clock=clock or (lambda: datetime.now(UTC)),
        )
        if self.sessions is not None:
            app.state.renew = self.sessions(settings, database)
            add_renewal(app)
        return app

    def main(self) -> None:
        """Run the process until SIGTERM or SIGINT; exits non-zero when a part fails, so that it is started again."""
        parser = argparse.ArgumentParser(prog=f"python -m services.{self.name}", description=self.summary)
        parser.add_argument("--roles", default=",".join(DEFAULT_ROLES), help="web,bus,relay,activities")
        parser.add_argument("--port", type=int, default=0, help="port of the web role")
        arguments = parser.parse_args()
        try:
            roles = {ServiceRole(role) for role in arguments.roles.split(",")}
            settings = load_settings()
        except (SettingsError, ValueError) as error:
            print(error, file=sys.stderr)  # noqa: T201  # logs are configured by the settings that failed
            sys.exit(EXIT_BAD_SETTINGS)
        configure_logs(self.name, settings.log_level)
        sys.exit(asyncio.run(self.run(settings, roles, web_port=arguments.port)))

    async def run(self, settings: Settings, roles: set[ServiceRole], *, web_port: int = 0) -> int:
        """Run the given roles until a signal (0) or until one of them fails (1)."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        health = Health()
        database = self.database(settings)
        tasks: list[asyncio.Task[None]] = []

        def start(what: Coroutine[Any, Any, None], name: str) -> None:
            tasks.append(asyncio.create_task(what, name=name))

        stopping = asyncio.create_task(stop.wait())
        if settings.health_port:
            start(server(health.app(), "127.0.0.1", settings.health_port).serve(), "health")
        starting = asyncio.create_task(self._start(settings, roles, health, database, start, web_port))
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                health.started = True
                _log.info("started", roles=sorted(roles))
                done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    _log.error("part ended", part=task.get_name(), exc_info=task.exception())
                    return 1
            return 0
        finally:
            health.started = False
            for task in (starting, stopping, *tasks):
                task.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await asyncio.gather(starting, stopping, *tasks, return_exceptions=True)
            await database.close()
            _log.info("stopped")

    async def _start(
        self,
        settings: Settings,
        roles: set[ServiceRole],
        health: Health,
        database: Database,
        start: Start,
        web_port: int,
    ) -> None:
        """Wait for the engines, then start every part with its health check."""
        await _until_reached("database", lambda: _reach_database(database))
        health.add("database", lambda: _check_database(database))
        health.add("migrations", lambda: _check_migrations(database, self.name))
        start(keep_tidy(database), "upkeep")
        if ServiceRole.WEB in roles:
            await self._start_web(settings, database, start, web_port)
        if roles == {ServiceRole.WEB}:
            return
        part = Part(settings=settings, database=database, temporal=await connect(settings, lazy=True))
        if ServiceRole.RELAY in roles:
            # Before whatever waits for the broker or Temporal: what a service does by its own clock needs neither.
            self._start_relay(part, health, start)
        if ServiceRole.BUS in roles:
            await self._start_bus(part, health, start)
        if ServiceRole.ACTIVITIES in roles:
            await self._start_workers(part, health, start)

    async def _start_web(self, settings: Settings, database: Database, start: Start, port: int) -> None:
        app = await self.web(settings, database=database)
        if app is not None:
            # Under its own name, as at the front door: its pages and their addresses are the same in both.
            alone = Starlette(routes=[Mount(f"/{self.name}", app)])
            alone.router.redirect_slashes = False
            start(server(alone, "127.0.0.1", port).serve(), "web")

    def _start_relay(self, part: Part, health: Health, start: Start) -> None:
        relay = Relay(part.database, part.settings.rabbitmq_url_for(self.name))
        part.database.on_publish = relay.wake
        start(relay.run(), "relay")
        if part.database.tables.histories:
            start(keep_sealed(part.database, seal_key(part.settings.secret.get_secret_value())), "seals")
        health.add("outbox", lambda: _check_outbox(part.database))
        for loop in self.loops:
            start(loop(part), f"loop {loop.__name__}")
        for name, check in self.checks.items():
            health.add(name, partial(check, part))

    async def _start_bus(self, part: Part, health: Health, start: Start) -> None:
        if not all(isinstance(each, Consumer) for each in self.consumers):
            # A consumer that is built with the client needs Temporal for every event: do not even begin without.
            await _until_reached("temporal", lambda: reach(part.temporal))
        for consumer in self.consumers_for(part):
            bus = Bus(part.database, consumer, part.settings.rabbitmq_url_for(self.name))
            await _until_reached("broker", bus.start)
            start(bus.run(), f"bus {consumer.name}")
            health.add(f"consumer {consumer.name}", bus.check)
        health.add("parked", lambda: _check_parked(part.database))

    async def _start_workers(self, part: Part, health: Health, start: Start) -> None:
        await _until_reached("temporal", lambda: reach(part.temporal))
        # A worker refuses a lazy client, also one that has connected by now.
        part = replace(part, temporal=await connect(part.settings))
        workers = list(self.workers(part)) if self.workers else []
        if self.activities is not None and self.task_queue is not None:
            workers.append(activity_worker(part.temporal, self.task_queue, self.activities(part)))
        for worker in workers:
            start(worker.run(), f"worker {worker.task_queue}")
            health.add(f"worker {worker.task_queue}", partial(_check_worker, worker))


async def _until_reached(what: str, reach: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Try until it works; a supervisor or an operator decides when it took too long."""
    wait = CONNECT_WAIT_SECONDS
    while True:
        try:
            await reach()
            return
        except Exception as error:
            _log.warning("waiting", what=what, exc_info=error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, CONNECT_WAIT_SECONDS_MAX)


async def _reach_database(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(text("SELECT 1"))


async def _check_database(database: Database) -> str:
    await _reach_database(database)
    return OK


async def _check_migrations(database: Database, name: str) -> str:
    missing = await pending_migrations(database, name)
    return OK if not missing else f"pending: {', '.join(missing)}"


async def _check_parked(database: Database) -> str:
    count = await count_parked(database)
    return OK if not count else f"degraded: {count} parked"


async def _check_outbox(database: Database) -> str:
    age = await outbox_age_seconds(database)
    return OK if age < OUTBOX_AGE_DEGRADED_SECONDS else f"degraded: oldest event waits {age:.0f} s"


async def _check_worker(worker: Worker) -> str:
    return OK if worker.is_running and not worker.is_shutdown else "stopped"
