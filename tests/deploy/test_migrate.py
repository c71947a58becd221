"""Each service has its own schema and role, and no rights anywhere else."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Column, Integer, MetaData, Table, make_url

from deploy.migrate import Schema, check, migrate, schemas
from deploy.revision import write_revision
from services.shared.database import Database
from services.shared.migrations import missing_versions, pending_migrations
from services.shared.settings import Settings
from services.shared.tables import SharedTables


def _service(folder: Path, name: str, *columns: str) -> Schema:
    metadata = MetaData(schema=name)
    Table("fact", metadata, Column("id", Integer, primary_key=True), *(Column(column, Integer) for column in columns))
    (folder / name / "migrations" / "versions").mkdir(parents=True, exist_ok=True)
    return Schema(name, folder / name, metadata)


@pytest.fixture
def settings(stack_settings: Settings, new_database: Callable[[], str]) -> Settings:
    return stack_settings.model_copy(update={"database_url": SecretStr(new_database())})


@pytest.fixture
def two_services(tmp_path: Path, settings: Settings, new_database: Callable[[], str]) -> list[Schema]:
    both = [_service(tmp_path, "plans"), _service(tmp_path, "budget")]
    for schema in both:
        write_revision(schema, "First tables", new_database())
    migrate(settings, only=both)
    return both


def _as(settings: Settings, service: str) -> psycopg.Connection[tuple[object, ...]]:
    url = make_url(settings.database_url_for(service)).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def test_models_of_every_service_match_their_migrations(settings: Settings) -> None:
    migrate(settings)

    assert check(settings) == []


def test_every_service_with_tables_is_migrated(settings: Settings) -> None:
    migrate(settings)

    owner = settings.owner_database_url().replace("+psycopg", "")
    with psycopg.connect(owner) as connection:
        found = {row[0] for row in connection.execute("select nspname from pg_namespace").fetchall()}
    assert {schema.name for schema in schemas()} <= found


def test_migrating_twice_changes_nothing(settings: Settings, two_services: list[Schema]) -> None:
    with _as(settings, "budget") as connection:
        connection.execute("insert into budget.fact (id) values (1)")

    migrate(settings, only=two_services)

    with _as(settings, "budget") as connection:
        assert connection.execute("select id from budget.fact").fetchall() == [(1,)]


@pytest.mark.usefixtures("two_services")
def test_a_service_may_not_read_the_tables_of_another(settings: Settings) -> None:
    with _as(settings, "budget") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from plans.fact")


@pytest.mark.usefixtures("two_services")
@pytest.mark.parametrize(
    "statement",
    [
        "create table budget.extra (id int)",
        "drop table budget.fact",
        "truncate budget.fact",
        "create schema extra",
        "update budget.alembic_version set version_num = '9999'",
    ],
)
def test_a_service_may_change_rows_but_not_tables(settings: Settings, statement: str) -> None:
    with _as(settings, "budget") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_a_right_that_a_migration_took_away_stays_away(
    settings: Settings, two_services: list[Schema], tmp_path: Path
) -> None:
    versions = tmp_path / "budget" / "migrations" / "versions"
    (versions / "0002_append_only.py").write_text(
        "from alembic import op\nrevision = '0002'\ndown_revision = '0001'\n"
        "def upgrade():\n    op.execute('REVOKE UPDATE, DELETE ON budget.fact FROM kansen_budget')\n"
    )
    migrate(settings, only=two_services)
    migrate(settings, only=two_services)

    with _as(settings, "budget") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("delete from budget.fact")


async def test_a_service_sees_that_its_database_is_behind(
    settings: Settings, two_services: list[Schema], new_database: Callable[[], str]
) -> None:
    budget = two_services[1]
    tables = SharedTables(MetaData(schema="budget"))
    database = Database(settings.database_url_for("budget"), tables=tables, source=settings.source_of("budget"))
    before = await pending_migrations(database, "budget", package=budget.package)
    write_revision(_service(budget.package.parent, "budget", "amount_cents"), "Facts have an amount", new_database())
    after = await pending_migrations(database, "budget", package=budget.package)
    await database.close()

    assert (before, after) == ([], ["0002"])


@pytest.mark.parametrize(
    ("found", "missing"),
    [(None, ["0001", "0002"]), ("0001", ["0002"]), ("0002", []), ("0003", [])],
    ids=["an empty database", "one behind", "up to date", "ahead of this code"],
)
def test_what_a_database_misses_follows_from_where_it_is(found: str | None, missing: list[str]) -> None:
    assert missing_versions(["0001", "0002"], found) == missing


def test_a_model_that_no_migration_knows_is_found(settings: Settings, two_services: list[Schema]) -> None:
    changed = _service(two_services[1].package.parent, "budget", "amount_cents")

    assert "amount_cents" in " ".join(check(settings, only=[changed]))
