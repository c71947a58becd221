"""A desk with its own empty tables."""

from collections.abc import Callable

import pytest

from services.shared.database import Database
from tests.desk.office import Office


@pytest.fixture
def office(service_database: Callable[[str], Database]) -> Office:
    return Office(service_database("desk"))
