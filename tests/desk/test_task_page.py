"""The two days of a task: until when, and what happens when it is left lying; never side by side without a word."""

from datetime import date, timedelta

import pytest
from fastapi import FastAPI

from services.desk.__main__ import SERVICE
from services.desk.contracts import OpenTask, TaskKind
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.desk.office import MONDAY, Office, person, question
from tests.desk.test_assignments import some
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines

SANNE = person("Sanne", Role.SUPPORTER, Role.BUDGET_HOLDER)
TODAY = MONDAY.date()
LAST = TODAY + timedelta(days=40)


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("due_on", "last", "told"),
    [
        (TODAY + timedelta(days=2), LAST, False),
        (TODAY - timedelta(days=2), LAST, True),
        (TODAY + timedelta(days=2), date(2027, 3, 5), True),
    ],
    ids=["in time", "late", "nearly over"],
)
async def test_a_list_tells_a_last_day_when_it_is_near_or_the_task_is_late(
    office: Office, app: FastAPI, due_on: date, last: date, told: bool
) -> None:
    await office.open(some(1, due_on=due_on, fatal_on=last))
    async with signed_in(app, SANNE) as client:
        page = (await client.get("/werklijst?wie=team")).text

    assert ("vervalt na" in page) is told


@pytest.mark.parametrize(
    ("task", "told"),
    [
        (
            some(1, TaskKind.CONTACT_FAMILY, family_id=None, fatal_on=LAST),
            "Na 10 april 2027 sluit de aanmelding vanzelf.",
        ),
        (question(fatal_on=LAST), "Na 10 april 2027 vervalt de aanvraag."),
        (some(1, fatal_on=LAST), "Na 10 april 2027 kan het niet meer."),
    ],
    ids=["sign-up", "request", "anything else"],
)
async def test_a_task_tells_what_happens_when_it_is_left_lying(
    office: Office, app: FastAPI, task: OpenTask, told: str
) -> None:
    await office.open(task)
    async with signed_in(app, SANNE) as client:
        page = (await client.get(f"/taken/{task.task_id}")).text

    assert "Als het blijft liggen" in page
    assert told in page
