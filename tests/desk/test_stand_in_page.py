"""Somebody names who decides for them while they are away: on a page, once, and takes it back."""

import re

import httpx
import pytest
from fastapi import FastAPI

from services.desk import colleagues, store
from services.desk.__main__ import SERVICE
from services.desk.domain import StandIn
from services.shared.calendar import local_date
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.desk.office import MONDAY, Office
from tests.screens.people import person, signed_in

pytestmark = pytest.mark.engines
HERE = {"programmes": frozenset({"kansrijk-emmen"})}
HANNEKE = person("Hanneke Smit", Role.BUDGET_HOLDER, **HERE)
OMAR = person("Omar Yilmaz", Role.BUDGET_HOLDER, **HERE)
ELSEWHERE = person("Ria Kuipers", Role.BUDGET_HOLDER, programmes=frozenset({"kansrijk-hoogeveen"}))
TODAY, FRIDAY = "2027-03-01", "2027-03-05"


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    async with office.database.transaction() as tx:
        for each in (HANNEKE, OMAR, ELSEWHERE):
            await colleagues.welcome(tx, each, now=MONDAY)
    app = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert app is not None
    return app


async def fill(client: httpx.AsyncClient, **typed: str) -> dict[str, str]:
    """The form as it is handed out, filled in."""
    key = re.search(r'name="key" value="([^"]+)"', (await client.get("/vervanging")).text)
    assert key is not None
    return {"key": key[1], "colleague": str(OMAR.person), "first": TODAY, "last": FRIDAY} | typed


async def standing_in(office: Office) -> list[StandIn]:
    async with office.database.transaction() as tx:
        return await store.stand_ins_about(tx, OMAR.person, local_date(MONDAY), limit=10)


async def test_a_colleague_is_named_once_and_both_read_it(app: FastAPI, office: Office) -> None:
    async with signed_in(app, HANNEKE) as client:
        filled = await fill(client)
        first, again = [await client.post("/vervanging", data=filled) for _ in range(2)]
        told = (await client.get("/vervanging?bewaard=ja")).text
    async with signed_in(app, OMAR) as client:
        heard = (await client.get("/vervanging")).text

    assert (first.status_code, again.status_code) == (303, 303)
    (found,) = await standing_in(office)
    assert (found.person, found.stand_in, found.roles) == (HANNEKE.person, OMAR.person, (Role.BUDGET_HOLDER,))
    assert "van 1 maart 2027 tot en met 5 maart 2027" in told
    assert "Hanneke Smit, tot en met 5 maart 2027" in heard


async def test_who_is_back_earlier_ends_it_and_twice_is_fine(app: FastAPI, office: Office) -> None:
    async with signed_in(app, HANNEKE) as client:
        await client.post("/vervanging", data=await fill(client))
        (found,) = await standing_in(office)
        async with signed_in(app, OMAR) as other:
            await other.post(f"/vervanging/{found.id}/einde")
        assert len(await standing_in(office)) == 1, "only who is away ends it"
        for _ in range(2):
            assert (await client.post(f"/vervanging/{found.id}/einde")).status_code == 303

    assert await standing_in(office) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"colleague": ""}, "Vul dit in."),
        ({"colleague": str(ELSEWHERE.person)}, "Kies een collega."),
        ({"last": ""}, "Vul dit in."),
        ({"first": "morgen"}, "Vul een dag in, bijvoorbeeld 31-12-2027."),
        ({"last": "2027-02-26"}, "De laatste dag ligt voor de eerste dag, of is al voorbij."),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    app: FastAPI, office: Office, typed: dict[str, str], said: str
) -> None:
    async with signed_in(app, HANNEKE) as client:
        answer = await client.post("/vervanging", data=await fill(client, **typed))

    assert answer.status_code == 400
    assert answer.text.count(said) == 2, "on top and at the field"
    assert f'value="{typed.get("first", TODAY)}"' in answer.text
    assert await standing_in(office) == []
