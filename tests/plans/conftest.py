"""Plans' own database, and a family in it."""

from collections.abc import Callable

import pytest

from services.shared.database import Database
from tests.plans.household import Household


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("plans")


@pytest.fixture
async def family(database: Database) -> Household:
    """A family that has just been enrolled."""
    household = Household(database)
    await household.opens()
    return household
