"""One run: the stack, the town, the years, the report, the audit."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client

from deploy.local.environment import OF_A_TEMPORAL, named_settings
from deploy.local.process import end_leftovers
from deploy.local.programs import OUR_PROGRAMS
from deploy.local.stack import Stack
from deploy.local.state import HomeLock, home_folder
from deploy.services import OWNERS, package_of
from programmes.load import DIRECTORY_VARIABLE
from programmes.schema import Programme
from services.shared.service import Part, Service
from services.shared.settings import Settings
from services.shared.temporal import connect
from simulation.clock import VirtualClock
from simulation.kills import Kill, Killer
from simulation.lived_programme import write_lived
from simulation.people.world import World
from simulation.quiet import Listener, Quiet
from simulation.town.chance import Chance
from simulation.town.town import build_town
from simulation.years import live_through

FOLDER = "simulation"
PROGRAMMES = "programmes"
KEPT_OUTSIDE = ("database_url", "rabbitmq_url", *OF_A_TEMPORAL, "secret", "home", "front_port", "programmes_dir")
"""A simulation never runs on somebody's own engines, whatever the settings name: it brings all of its own."""


@dataclass(frozen=True)
class Asked:
    """What to simulate; `home` is emptied first."""

    programme: str
    families: int
    seed: int
    home: Path
    kills: tuple[Kill, ...] = ()
    programmes_dir: Path | None = None


@dataclass(frozen=True)
class Lived:
    """What a run leaves to report on, while its stack still stands."""

    world: World
    settings: Settings
    days: int
    wall_seconds: float
    restarts: dict[str, int]


def default_home() -> Path:
    """The folder of simulations, inside the home of the stack."""
    return home_folder() / FOLDER


@asynccontextmanager
async def lived(asked: Asked, *, tell: Callable[[str], None] = lambda line: None) -> AsyncIterator[Lived]:
    """Live through it; the stack runs until the block ends, and its data stay in the home.

    Raises ProgrammeError, UnlivableProgramme, StartError, NeverQuiet, NeverEnded or TimeStuck.
    """
    began = monotonic()
    with TemporaryDirectory() as tried:
        # What cannot be lived is refused while the run before it is still there to look at.
        write_lived(asked.programme, source=asked.programmes_dir, folder=Path(tried))
    begin_anew(asked.home)
    folder = asked.home / PROGRAMMES
    programme = write_lived(asked.programme, source=asked.programmes_dir, folder=folder)
    kept = {key: value for key, value in named_settings(home_folder()).items() if key not in KEPT_OUTSIDE}
    stack = Stack(
        asked.home,
        temporal="test",
        named=kept | _named(folder),
        programs=[program for program in OUR_PROGRAMS if not program.is_front],
        tell=tell,
    )
    with _programmes_in(folder):
        async with stack:
            client = await connect(stack.settings)
            async with _world(programme, asked, stack.settings, client) as (world, clock, killer_of):
                days = await live_through(world, clock, killer_of(stack), tell=tell)
                yield Lived(world, stack.settings, days, monotonic() - began, dict(stack.restarts))


def _named(folder: Path) -> dict[str, object]:
    """Settings of this run.

    The time-skipping server waits for ever for a worker that dies with workflows in its memory, so ours keeps none: it
    may be killed at any moment, by us or by anybody.
    """
    return {"programmes_dir": str(folder), "log_level": "warning", "temporal_cached_workflows": 0}


@contextmanager
def _programmes_in(folder: Path) -> Iterator[None]:
    """Handlers that people call in this process find the programme where the processes of the stack do."""
    before = os.environ.get(DIRECTORY_VARIABLE)
    os.environ[DIRECTORY_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[DIRECTORY_VARIABLE]
        else:
            os.environ[DIRECTORY_VARIABLE] = before


@asynccontextmanager
async def _world(
    programme: Programme, asked: Asked, settings: Settings, client: Client
) -> AsyncIterator[tuple[World, VirtualClock, Callable[[Stack], Killer]]]:
    services = _services()
    databases = {service.name: service.database(settings) for service in services}
    engine = create_async_engine(settings.owner_database_url(), pool_size=2, pool_pre_ping=True)
    clock = await VirtualClock.connect(settings.temporal_address)
    listeners = [
        Listener(
            schema=service.name,
            consumer=consumer.name,
            types=None if consumer.on_everything is not None else frozenset(consumer.handlers),
        )
        for service in services
        for consumer in service.consumers_for(
            Part(settings=settings, database=databases[service.name], temporal=client)
        )
    ]
    chance = Chance(asked.seed)
    world = World(
        programme=programme,
        town=build_town(programme, chance, asked.families),
        chance=chance,
        databases=databases,
        client=client,
        quiet=Quiet(engine, clock, databases, listeners),
        day=programme.period.start,
    )
    try:
        yield world, clock, lambda stack: Killer(stack, engine, asked.kills)
    finally:
        await asyncio.gather(*(database.close() for database in databases.values()))
        await engine.dispose()


def _services() -> list[Service]:
    """Every process with a schema, as it is put together."""
    return [import_module(f"{package_of(name)}.__main__").SERVICE for name in OWNERS]


def begin_anew(home: Path) -> None:
    """Empty a folder that no stack uses, and end what a killed run left there. Raises StartError when one uses it."""
    if not home.exists():
        return
    lock = HomeLock(home)
    lock.take()
    try:
        end_leftovers(home)
        shutil.rmtree(home)
    finally:
        lock.release()
