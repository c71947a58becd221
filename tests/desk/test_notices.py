"""What somebody chooses to be mailed, and the calendar file of a talk: for whoever may do the task."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from icalendar import Calendar

from services.desk import mail_store
from services.desk.__main__ import SERVICE
from services.desk.contracts import TaskKind
from services.desk.mail_store import MailChoice
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import MONDAY, Office, task
from tests.screens.people import person, signed_in

pytestmark = pytest.mark.engines
SUSAN = person("Susan", Role.SUPPORTER)
STRANGER = person("Stefan", Role.SUPPORTER)


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    async with office.database.transaction() as tx:
        await tx.execute(
            tx.tables.family_scope.insert().values(
                trajectory_id=stable_id("trajectory"), family_id=stable_id("family"), supporter_id=SUSAN.person
            )
        )
    settings = placeholder_settings.model_copy(update={"site_address": "https://kansen.voorbeeld.nl"})
    app = await SERVICE.web(settings, database=office.database, clock=lambda: MONDAY)
    assert app is not None
    return app


@pytest.fixture
async def susan(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, SUSAN) as client:
        yield client


async def choice_of(office: Office, actor: Actor) -> MailChoice:
    async with office.database.transaction() as tx:
        return await mail_store.choice_of(tx, actor.person)


async def test_the_daily_message_is_a_choice_of_each_person(susan: httpx.AsyncClient, office: Office) -> None:
    assert "geen mailserver ingesteld" in (await susan.get("/berichten")).text
    assert await choice_of(office, SUSAN) == MailChoice(daily=True, language="nl")

    kept = await susan.post("/berichten", data={"language": "en"})

    assert kept.status_code == 303
    assert await choice_of(office, SUSAN) == MailChoice(daily=False, language="en")
    assert await choice_of(office, STRANGER) == MailChoice()
    assert (await susan.post("/berichten", data={"language": "fr"})).status_code == 400


async def test_a_talk_is_downloaded_at_the_hour_that_was_agreed(susan: httpx.AsyncClient, office: Office) -> None:
    await office.open(task(TaskKind.HOLD_REVIEW))
    path = f"/agenda/{stable_id('task', TaskKind.HOLD_REVIEW)}.ics"

    file = await susan.get(path, params={"dag": "2027-03-04", "tijd": "14:00"})

    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert file.headers["content-disposition"].startswith("attachment")
    (talk,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert talk.decoded("dtstart").isoformat() == "2027-03-04T13:00:00+00:00"
    assert str(talk["url"]).startswith("https://kansen.voorbeeld.nl/desk/taken/")
    assert (await susan.get(path, params={"dag": "2027-03-04", "tijd": ""})).status_code == 200
    for wrong in ({"dag": "2099-01-01"}, {"dag": "morgen"}, {"tijd": "25:00"}):
        assert (await susan.get(path, params=wrong)).status_code == 400


async def test_no_calendar_tells_of_a_family_of_somebody_else_or_of_what_is_no_talk(
    app: FastAPI, susan: httpx.AsyncClient, office: Office
) -> None:
    await office.open(task(TaskKind.HOLD_REVIEW), task(TaskKind.SAFETY_CONCERN))
    async with signed_in(app, STRANGER) as stranger:
        assert (await stranger.get(f"/agenda/{stable_id('task', TaskKind.HOLD_REVIEW)}.ics")).status_code == 404
    assert (await susan.get(f"/agenda/{stable_id('task', TaskKind.SAFETY_CONCERN)}.ics")).status_code == 404
    assert (await susan.get(f"/agenda/{stable_id('nothing')}.ics")).status_code == 404
