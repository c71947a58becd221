"""A funded programme on a real database of the test's own."""

from collections.abc import Callable

import pytest

from services.shared.database import Database
from tests.budget.town import Town, funded_town


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("budget")


@pytest.fixture
async def town(database: Database) -> Town:
    return await funded_town(database)
