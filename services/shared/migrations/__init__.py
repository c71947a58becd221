"""How a service's tables change: the one Alembic environment, and what is still to be done in a database."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, String, column, select, table
from sqlalchemy.exc import ProgrammingError

from services.shared.database import Database

VERSION_TABLE = "alembic_version"
ENVIRONMENT = Path(__file__).parent


def configuration(package: Path, metadata: MetaData, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one service: the shared environment, the service's own versions, schema and tables.

    `package` is the service's folder; its versions stand in `migrations/versions/`.
    """
    if metadata.schema is None:
        raise ValueError(f"{package.name}: the metadata in store.py names no schema")
    config = Config()
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(package / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes["metadata"] = metadata
    config.attributes["connection"] = connection
    return config


def context_options(metadata: MetaData) -> dict[str, Any]:
    """What Alembic must look at, and where it keeps its own version: only the service's schema."""
    return {
        "target_metadata": metadata,
        "version_table": VERSION_TABLE,
        "version_table_schema": metadata.schema,
        "include_schemas": True,
        "include_name": lambda name, kind, parents: name == metadata.schema if kind == "schema" else True,
        "compare_type": True,
        "compare_server_default": True,
    }


def wanted_versions(package: Path, metadata: MetaData) -> list[str]:
    """The versions of this code, oldest first."""
    scripts = ScriptDirectory.from_config(configuration(package, metadata))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def missing_versions(wanted: list[str], found: str | None) -> list[str]:
    """What must still be migrated. A database that is ahead (a newer release ran) misses nothing."""
    if found is None:
        return wanted
    return wanted[wanted.index(found) + 1 :] if found in wanted else []


async def pending_migrations(database: Database, service: str, *, package: Path | None = None) -> list[str]:
    """The versions that this code needs and its database does not have yet. A service's own role may ask."""
    wanted = wanted_versions(package or _package_of(service), database.tables.metadata)
    query = select(column("version_num", String)).select_from(table(VERSION_TABLE, schema=database.schema))
    try:
        async with database.connection() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
    except ProgrammingError:
        return wanted
    return missing_versions(wanted, found)


def differences(connection: Connection, metadata: MetaData) -> list[str]:
    """How the database differs from the models; empty when they agree."""
    context = MigrationContext.configure(connection, opts=context_options(metadata))
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _escaped(path: Path) -> str:
    return str(path.absolute()).replace("%", "%%")


def _package_of(service: str) -> Path:
    for name in (f"services.{service}", service):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    raise ValueError(f"no service is called {service}")
