"""Writes a service's next migration: what its models say now and its migrations do not say yet."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from alembic import command
from pydantic import SecretStr
from sqlalchemy import create_engine

from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.migrate import Schema, migrate, schemas
from services.shared.migrations import configuration, wanted_versions
from services.shared.settings import Settings


def write_revision(schema: Schema, message: str, database: str) -> None:
    """Migrates an empty database and writes the difference as `migrations/versions/<number>_<message>.py`."""
    (schema.package / "migrations" / "versions").mkdir(parents=True, exist_ok=True)
    migrate(_settings(database), only=[schema])
    number = len(wanted_versions(schema.package, schema.metadata)) + 1
    engine = create_engine(database)
    with engine.connect() as connection:
        config = configuration(schema.package, schema.metadata, connection)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04}")
    engine.dispose()


def _settings(database: str) -> Settings:
    return Settings(
        secret=SecretStr(secrets.token_urlsafe(48)),
        database_url=SecretStr(database),
        rabbitmq_url=SecretStr("amqp://nobody@127.0.0.1:1/kansen"),
        temporal_address="127.0.0.1:1",
    )


def main() -> int:
    """`python -m deploy.revision budget "Payments keep the bank's answer"`."""
    parser = argparse.ArgumentParser(prog="python -m deploy.revision", description=__doc__)
    known = {schema.service: schema for schema in schemas()}
    parser.add_argument("service", choices=sorted(known))
    parser.add_argument("message", help="what changes, as a short sentence")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = Postgres(
            Path(folder) / "postgres", password=secrets.token_urlsafe(), ports=Ports(Path(folder) / "ports.json")
        )
        engine.start()
        try:
            write_revision(known[arguments.service], arguments.message, engine.url)
        finally:
            engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
