"""Who follows the worklist: nothing lost, nothing doubled, and never more of the database than a few connections."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import event

from services.desk import handlers
from services.desk.colleagues import welcome
from services.desk.commands import ReportSafetyConcern
from services.desk.contracts import concern_task_id
from services.desk.following import Place, place_now
from services.desk.handlers.sessions import Term
from services.desk.pages.stream import FOLLOWERS_AT_ONCE, Bell, tell_on
from services.desk.session_store import session
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import MONDAY, Office, person, task

pytestmark = pytest.mark.engines

MANY = 60
TRUUS = person("Truus", Role.TEAM_COORDINATOR)
SANNE = person("Sanne", Role.SUPPORTER)


async def signs_in(office: Office, actor: Actor) -> Actor:
    signed = replace(actor, session=uuid4())
    async with office.database.transaction() as tx:
        await welcome(tx, actor, now=MONDAY)
        values = {"id": signed.session, "person": actor.person, "opened_at": MONDAY, "seen_at": MONDAY}
        await tx.execute(session.insert().values(values))
    return signed


async def start(office: Office) -> Place:
    async with office.database.transaction() as tx:
        return await place_now(tx)


def follows(office: Office, settings: Settings, actor: Actor, since: Place, bell: Bell) -> AsyncIterator[str]:
    return tell_on(actor, since, office.database, bell, Term.of(settings), lambda: MONDAY)


async def test_a_concern_reaches_open_worklists_when_it_is_reported_and_when_somebody_takes_it_up(
    office: Office, placeholder_settings: Settings
) -> None:
    await office.place(task())
    truus, since = await signs_in(office, TRUUS), await start(office)
    lines = follows(office, placeholder_settings, truus, since, Bell(office.database))
    assert (await anext(lines)).startswith("retry:")
    concern = ReportSafetyConcern(
        concern_id=stable_id("concern"), programme="kansrijk-emmen", family_id=stable_id("family")
    )
    async with office.database.transaction() as tx:
        task_id = await handlers.report_safety_concern(tx, concern, now=MONDAY, by=SANNE.person)
    assert f"data: {concern_task_id(concern.concern_id)}" in await anext(lines)
    assert "event: zorg" in await anext(lines)
    async with office.database.transaction() as tx:
        await handlers.take_task(tx, task_id, now=MONDAY, actor=person("Carla", Role.TEAM_COORDINATOR))
    assert "event: zorg" in await anext(lines)


async def test_who_comes_back_after_a_restart_hears_what_came_meanwhile_and_nothing_twice(
    office: Office, placeholder_settings: Settings
) -> None:
    truus, since = await signs_in(office, TRUUS), await start(office)
    first, second = task(), task(task_id=stable_id("second"))
    lines = follows(office, placeholder_settings, truus, since, Bell(office.database))
    await anext(lines)
    await office.open(first)
    told = await anext(lines)
    assert str(first.task_id) in told
    await office.open(second)

    place = Place.read(told.splitlines()[0].removeprefix("id: "))
    again = follows(office, placeholder_settings, truus, place, Bell(office.database))
    await anext(again)
    told = await anext(again)
    assert str(second.task_id) in told
    assert str(first.task_id) not in told


async def test_however_many_follow_pages_keep_their_connections_to_the_database(
    office: Office, placeholder_settings: Settings
) -> None:
    bell, since = Bell(office.database), await start(office)
    people = [await signs_in(office, person(f"Supporter {number}", Role.SUPPORTER)) for number in range(MANY)]
    streams = [follows(office, placeholder_settings, each, since, bell) for each in people]
    for lines in streams:
        await anext(lines)
    in_use, most = 0, 0

    def out(*_: object) -> None:
        nonlocal in_use, most
        in_use += 1
        most = max(most, in_use)

    def back(*_: object) -> None:
        nonlocal in_use
        in_use -= 1

    pool = office.database.engine.sync_engine
    await office.open(task())
    event.listen(pool, "checkout", out)
    event.listen(pool, "checkin", back)
    told = await asyncio.gather(*(anext(lines) for lines in streams))
    event.remove(pool, "checkout", out)
    event.remove(pool, "checkin", back)

    assert all(str(task().task_id) in each for each in told)
    # One more for the bell, which looks for all of them.
    assert 0 < most <= FOLLOWERS_AT_ONCE + 1
