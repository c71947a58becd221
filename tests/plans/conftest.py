"""Plans' own database, and a family in it."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

from services.plans.__main__ import SERVICE
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.settings import Settings
from tests.plans.household import FATIMA, HENK, STARTED, Household
from tests.screens.people import signed_in


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("plans")


@pytest.fixture
async def family(database: Database) -> Household:
    """A family that has just been enrolled."""
    household = Household(database)
    await household.opens()
    return household


@pytest.fixture
async def app(database: Database, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=database, clock=lambda: morning_of(STARTED))
    assert made is not None
    return made


@pytest.fixture
async def henk(app: FastAPI, family: Household) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, HENK) as client:
        yield client


@pytest.fixture
async def fatima(app: FastAPI, family: Household) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, FATIMA) as client:
        yield client
