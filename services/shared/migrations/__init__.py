"""How a service's tables change: the one Alembic environment, and what is still to be done in a database."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

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


def wanted_version(package: Path, metadata: MetaData) -> str | None:
    """The version that this code needs; None for a service without migrations."""
    return ScriptDirectory.from_config(configuration(package, metadata)).get_current_head()


async def pending(connection: AsyncConnection, package: Path, metadata: MetaData) -> bool:
    """Whether the database is not at the version that this code needs. A service's own role may ask."""
    query = text(f'SELECT version_num FROM "{metadata.schema}"."{VERSION_TABLE}"')  # noqa: S608 - a name from our code
    try:
        found = (await connection.execute(query)).scalar_one_or_none()
    except ProgrammingError:
        return True
    return found != wanted_version(package, metadata)


def differences(connection: Connection, metadata: MetaData) -> list[str]:
    """How the database differs from the models; empty when they agree."""
    context = MigrationContext.configure(connection, opts=context_options(metadata))
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _escaped(path: Path) -> str:
    return str(path.absolute()).replace("%", "%%")
