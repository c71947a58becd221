"""A family is found by name or postcode by who may know it, and whoever was shown is written down."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.intake.__main__ import SERVICE
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.intake.town import PROGRAMME, Town, day
from tests.screens.people import person, signed_in

NOW = day(10)
HERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"angelslo"})}
COORDINATOR = person("Marieke", Role.TEAM_COORDINATOR, **HERE)
ELSEWHERE = person("Ria", Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"emmermeer"}))
HOLDER = person("Hanneke", Role.BUDGET_HOLDER, **HERE)
PART = {"HX-Request": "true"}


@pytest.fixture
async def app(town: Town, placeholder_settings: Settings) -> FastAPI:
    """A town in which the family De Boer came in."""
    await town.fund(on=day(1))
    signal_id = await town.intake("de Boer", on=day(2))
    await town.admit(signal_id, on=day(3))
    made = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOW)
    assert made is not None
    return made


async def search(app: FastAPI, actor: Actor, typed: dict[str, str], headers: dict[str, str] = PART) -> httpx.Response:
    async with signed_in(app, actor) as client:
        return await client.post("/zoeken", data=typed, headers=headers)


@pytest.mark.parametrize("typed", ["de bo", "anna", "Anna de B"])
async def test_a_name_finds_the_family_and_the_way_to_its_dossier(app: FastAPI, town: Town, typed: str) -> None:
    found = await search(app, COORDINATOR, {"achternaam": typed})

    assert (found.status_code, "Anna de Boer" in found.text) == (200, True)
    assert "/desk/gezinnen/" in found.text
    assert "<html" not in found.text
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        read = (await tx.execute(select(reading.c.person, reading.c.what))).one()
    assert (read.person, read.what) == (COORDINATOR.person, "search")


async def test_who_may_not_know_a_family_does_not_find_it(app: FastAPI, town: Town) -> None:
    found = await search(app, ELSEWHERE, {"achternaam": "de boer"})
    refused = await search(app, HOLDER, {"achternaam": "boer"})

    assert (found.status_code, "Anna" in found.text) == (200, False)
    assert "Niemand gevonden" in found.text
    assert refused.status_code == 403
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        assert (await tx.execute(select(reading))).all() == []


async def test_without_scripts_the_answer_is_a_page_with_what_was_typed(app: FastAPI) -> None:
    nothing = await search(app, COORDINATOR, {"achternaam": " ", "postcode": ""}, headers={})
    no_postcode = await search(app, COORDINATOR, {"postcode": "12 AB"}, headers={})
    found = await search(app, COORDINATOR, {"achternaam": "De Boer"}, headers={})

    assert (nothing.status_code, "Vul een naam of een postcode in." in nothing.text) == (400, True)
    assert (no_postcode.status_code, 'value="12 AB"' in no_postcode.text) == (400, True)
    assert (found.status_code, "<html" in found.text, "Anna de Boer" in found.text) == (200, True, True)
    assert found.url.query == b""


async def test_who_was_met_but_not_taken_in_is_found_too(app: FastAPI, town: Town) -> None:
    await town.meet("Yusra", on=day(4))
    found = await search(app, COORDINATOR, {"achternaam": "yus"})

    assert "/intake/signalen/" in found.text
