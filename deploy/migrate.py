"""Creates roles, schemas, tables and queues: brings database and broker to the version of this code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aio_pika.exceptions import AMQPError
from alembic import command
from psycopg import sql
from sqlalchemy import Connection, MetaData, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from deploy.services import OWNERS, part_of
from deploy.topology import declare_queues
from services.shared.migrations import VERSION_TABLE, configuration, differences
from services.shared.settings import Settings, SettingsError, load_settings

# One migration at a time in a database; the number only has to be ours.
MIGRATION_LOCK = 0x6B616E73656E
CONNECT_TIMEOUT_SECONDS = 10
LOCK_TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Schema:
    """What one service keeps in the database."""

    service: str
    package: Path
    metadata: MetaData

    @property
    def name(self) -> str:
        """The schema's name."""
        return self.metadata.schema or self.service

    @property
    def role(self) -> str:
        """The role as which the service connects."""
        return f"kansen_{self.service}"


def schemas() -> list[Schema]:
    """The services that have tables."""
    found = []
    for service in OWNERS:
        # Put together, a service has loaded every file that adds tables to its store's.
        part_of(service, "__main__")
        store = part_of(service, "store")
        if store is not None and store.__file__ is not None:
            found.append(Schema(service, Path(store.__file__).parent, store.metadata))
    return found


def migrate(settings: Settings, *, only: list[Schema] | None = None) -> None:
    """Brings roles, schemas, rights and tables up to date, as the owner. Safe to repeat."""
    with _owner(settings) as connection:
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        _close_to_others(connection)
        for schema in schemas() if only is None else only:
            _prepare(connection, schema, password=make_url(settings.database_url_for(schema.service)).password or "")
            command.upgrade(configuration(schema.package, schema.metadata, connection), "head")
            connection.commit()
            _protect_version(connection, schema)


def check(settings: Settings, *, only: list[Schema] | None = None) -> list[str]:
    """Where the models and a migrated database differ, one line each; empty when they match."""
    with _owner(settings) as connection:
        return [
            f"{schema.service}: {difference}"
            for schema in (schemas() if only is None else only)
            for difference in differences(connection, schema.metadata)
        ]


@contextmanager
def _owner(settings: Settings) -> Iterator[Connection]:
    engine = create_engine(
        settings.owner_database_url(),
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS, "prepare_threshold": None},
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _close_to_others(connection: Connection) -> None:
    """Nobody has rights in this database but the owner and whom we give them."""
    database = sql.Identifier(connection.engine.url.database or "kansen")
    _run(connection, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    _run(connection, sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    _run(connection, sql.SQL("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"))


def _prepare(connection: Connection, schema: Schema, *, password: str) -> None:
    """Role, schema and the rights on tables to come: set before migrating, so that a migration may narrow them."""
    role, name = sql.Identifier(schema.role), sql.Identifier(schema.name)
    database = sql.Identifier(connection.engine.url.database or "kansen")
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": schema.role}).scalar()
    verb = sql.SQL("ALTER" if known else "CREATE")
    rights = sql.SQL("LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD {}").format(sql.Literal(password))
    _run(connection, sql.SQL("{} ROLE {} {}").format(verb, role, rights))
    for statement in (
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "CREATE SCHEMA IF NOT EXISTS {name}",
        "GRANT USAGE ON SCHEMA {name} TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT EXECUTE ON FUNCTIONS TO {role}",
    ):
        _run(connection, sql.SQL(statement).format(database=database, role=role, name=name))
    connection.commit()


def _protect_version(connection: Connection, schema: Schema) -> None:
    """A service may read which version its tables have, and no more."""
    table, role = sql.Identifier(schema.name, VERSION_TABLE), sql.Identifier(schema.role)
    _run(connection, sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(table, role))
    connection.commit()


def _run(connection: Connection, statement: sql.Composable) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection was closed")
    connection.exec_driver_sql(statement.as_string(driver))


def main() -> int:
    """`python -m deploy.migrate`."""
    try:
        settings = load_settings()
        migrate(settings)
        queues = declare_queues(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except OperationalError as error:
        print(f"the database cannot be reached (KANSEN_DATABASE_URL): {error.orig}", file=sys.stderr)
        return 1
    except (AMQPError, OSError) as error:
        print(f"the broker cannot be reached (KANSEN_RABBITMQ_URL): {error}", file=sys.stderr)
        return 1
    print(f"{len(schemas())} schemas and {len(queues)} queues are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
