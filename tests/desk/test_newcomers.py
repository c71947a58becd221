"""Who can become a supporter or buddy: those whom the desk knows by name, with an account for it."""

import pytest
from fastapi import FastAPI

from services.desk.__main__ import SERVICE
from services.desk.colleagues import part_from, welcome
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.desk.office import MONDAY, Office
from tests.screens.people import person, signed_in

pytestmark = pytest.mark.engines

PROGRAMME = "kansen-voor-kinderen-toukomst"
HERE = {"programmes": frozenset({PROGRAMME})}
MATCHER = person("Mila", Role.MATCHER, **HERE)
HENK = person("Henk", Role.SUPPORTER, **HERE)
FATIMA = person("Fatima", Role.BUDDY)
GONE = person("Gerrit", Role.BUDDY, **HERE)
ELSEWHERE = person("Ria", Role.SUPPORTER, programmes=frozenset({"kansrijk-groningen"}))


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert made is not None
    return made


async def test_supporters_and_buddies_who_were_ever_here_can_be_chosen_by_name(office: Office, app: FastAPI) -> None:
    async with signed_in(app, MATCHER) as client:
        nobody = (await client.get(f"/begeleiders/{PROGRAMME}")).text
    async with office.database.transaction() as tx:
        for each in (HENK, FATIMA, GONE, ELSEWHERE):
            await welcome(tx, each, now=MONDAY)
        await part_from(tx, GONE.person, now=MONDAY)
    async with signed_in(app, MATCHER) as client:
        shown = (await client.get(f"/begeleiders/{PROGRAMME}")).text

    assert "Er is nog niemand die hiervoor een account heeft." in nobody
    assert "Henk als gezinsondersteuner" in shown
    assert f'href="/matching/mensen/nieuw/{PROGRAMME}/supporter/{HENK.person}"' in shown
    assert f'href="/matching/mensen/nieuw/{PROGRAMME}/buddy/{FATIMA.person}"' in shown, "a buddy may work in none yet"
    assert ("Gerrit" in shown, "Ria" in shown, "Mila als" in shown) == (False, False, False)


async def test_it_is_for_who_keeps_the_list_of_that_programme(app: FastAPI) -> None:
    manager = person("Paul", Role.PROGRAMME_MANAGER, **HERE)
    stranger = person("Mo", Role.MATCHER, programmes=frozenset({"kansrijk-groningen"}))
    for actor in (manager, stranger):
        async with signed_in(app, actor) as client:
            assert (await client.get(f"/begeleiders/{PROGRAMME}")).status_code == 403
