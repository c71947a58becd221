"""A funded programme on a real database of the test's own."""

from collections.abc import Callable

import pytest
from sqlalchemy import make_url

from services.shared.database import Database
from tests.budget.town import Town, funded_town


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("budget")


@pytest.fixture
def owner_url(database: Database, postgres: str) -> str:
    """The same database as its owner sees it."""
    own = make_url(postgres).set(drivername="postgresql+psycopg", database=make_url(database.url).database)
    return own.render_as_string(hide_password=False)


@pytest.fixture
async def town(database: Database) -> Town:
    return await funded_town(database)
