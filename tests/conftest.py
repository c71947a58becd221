"""Real engines for tests that need them: started once a session, in a temporary folder, on free ports."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from deploy.broker import definitions
from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.temporal import TemporalDevServer, TemporalTestServer
from deploy.migrate import migrate, schemas
from deploy.services import part_of
from services.shared.database import Database
from services.shared.settings import Settings

# The time-skipping server lacks a capability of which the SDK warns at every worker that starts.
Runtime.set_default(
    Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter(core_level="ERROR", other_level="ERROR"))))
)

ENGINE_FIXTURES = {"postgres", "rabbitmq", "temporal_dev", "temporal_skipping", "stack_settings", "new_database"}
SECRET = "a secret that only these tests use, and nowhere else"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for an engine belongs to the slower part, without anyone having to say so."""
    for item in items:
        if ENGINE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engines)
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    """Seconds that a test may take: the longest begin first, so that no worker is left with one at the end."""
    allowed = item.get_closest_marker("timeout")
    return float(allowed.args[0]) if allowed else 0.0


@pytest.fixture(scope="session")
def engines_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this session's engines keep their data."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="session")
def engine_ports(engines_home: Path) -> Ports:
    """The ports of this session's engines."""
    return Ports(engines_home / "ports.json")


@pytest.fixture(scope="session")
def postgres_engine(engines_home: Path, engine_ports: Ports) -> Iterator[Postgres]:
    """PostgreSQL itself, for tests that stop and start it."""
    engine = Postgres(engines_home / "postgres", password=secrets.token_urlsafe(), ports=engine_ports)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def postgres(postgres_engine: Postgres) -> str:
    """The owner's URL of an empty database, shared by the session."""
    return postgres_engine.url


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases of a test's own; dropped after it."""
    made: list[str] = []
    owner = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)

    def make() -> str:
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(f'create database "{name}"')
        made.append(name)
        return make_url(postgres).set(database=name).render_as_string(hide_password=False)

    yield make
    with psycopg.connect(owner, autocommit=True) as connection:
        for name in made:
            connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="session")
def rabbitmq(engines_home: Path, engine_ports: Ports, placeholder_settings: Settings) -> Iterator[RabbitMQ]:
    """A private node with the project's own users, rights and policies; `url` is its administrator's."""
    engine = RabbitMQ(
        engines_home / "rabbitmq",
        password=secrets.token_urlsafe(),
        ports=engine_ports,
        definitions=definitions(placeholder_settings),
    )
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def temporal_dev(engines_home: Path, engine_ports: Ports) -> Iterator[str]:
    """Address of a Temporal dev server."""
    engine = TemporalDevServer(engines_home / "temporal", ports=engine_ports)
    engine.start()
    yield engine.address
    engine.stop()


@pytest.fixture(scope="session")
def temporal_skipping(engines_home: Path, engine_ports: Ports) -> Iterator[str]:
    """Address of a time-skipping Temporal server; its time stands still until a test asks it to move."""
    engine = TemporalTestServer(engines_home / "temporal-test", ports=engine_ports)
    engine.start()
    yield engine.address
    engine.stop()


@pytest.fixture(scope="session")
def placeholder_settings(engines_home: Path) -> Settings:
    """Settings of this session with addresses where nothing listens: enough to derive names and credentials."""
    return Settings(
        home=engines_home,
        secret=SecretStr(SECRET),
        database_url=SecretStr("postgresql+psycopg://kansen@127.0.0.1:1/kansen"),
        rabbitmq_url=SecretStr("amqp://kansen@127.0.0.1:1/kansen"),
        temporal_address="127.0.0.1:1",
    )


@pytest.fixture(scope="session")
def stack_settings(placeholder_settings: Settings, postgres: str, rabbitmq: RabbitMQ, temporal_dev: str) -> Settings:
    """Settings that point at this session's PostgreSQL, RabbitMQ and Temporal dev server."""
    return placeholder_settings.model_copy(
        update={
            "database_url": SecretStr(postgres),
            "rabbitmq_url": SecretStr(rabbitmq.url),
            "temporal_address": temporal_dev,
        }
    )


@pytest.fixture(scope="session")
def migrated_templates(postgres: str, placeholder_settings: Settings) -> Callable[[tuple[str, ...]], str]:
    """Names of databases with the tables of some services, each migrated once a session and copied from then on."""
    made: dict[tuple[str, ...], str] = {}
    owner = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)

    def template(services: tuple[str, ...]) -> str:
        if services not in made:
            name = f"template_{'_'.join(services)}"
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute(f'create database "{name}"')
            url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
            settings = placeholder_settings.model_copy(update={"database_url": SecretStr(url)})
            migrate(settings, only=[schema for schema in schemas() if schema.service in services])
            made[services] = name
        return made[services]

    return template


@pytest.fixture
def migrated_settings(
    postgres: str, placeholder_settings: Settings, migrated_templates: Callable[[tuple[str, ...]], str]
) -> Iterator[Callable[..., Settings]]:
    """`migrated_settings("budget", "plans")`: settings with an empty database of a test's own with those tables."""
    made: list[str] = []
    owner = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)

    def make(*services: str) -> Settings:
        name = f"test_{secrets.token_hex(6)}"
        template = migrated_templates(services)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{template}"')
        made.append(name)
        url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
        return placeholder_settings.model_copy(update={"database_url": SecretStr(url)})

    yield make
    with psycopg.connect(owner, autocommit=True) as connection:
        for name in made:
            connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
async def service_database(
    migrated_settings: Callable[..., Settings],
) -> AsyncIterator[Callable[[str], Database]]:
    """`service_database("budget")`: that service's own empty tables, as its own role."""
    opened: list[Database] = []

    def open_database(service: str) -> Database:
        settings = migrated_settings(service)
        store = part_of(service, "store")
        assert store is not None, f"{service} has no store.py"
        url = settings.database_url_for(service)
        database = Database(url, tables=store.tables, source=settings.source_of(service))
        opened.append(database)
        return database

    yield open_database
    for database in opened:
        await database.close()
