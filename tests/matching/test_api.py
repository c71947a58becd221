"""Matching over HTTP: who may do what, and how a refusal is told."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient

from services.intake.events import FamilyEnrolled
from services.matching import bus, handlers
from services.matching.__main__ import SERVICE
from services.matching.contracts import HoldRound
from services.shared.access import Actor, issue_token
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.hearing import hears
from tests.matching.town import PROGRAMME, TODAY, asks, at, buddy, registration, request, supporter, trajectory_of, who

pytestmark = pytest.mark.engines

NOW = at(TODAY)


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("matching")


@pytest.fixture
async def web(database: Database, placeholder_settings: Settings) -> AsyncIterator[AsyncClient]:
    app = await SERVICE.web(placeholder_settings, database=database, clock=lambda: NOW)
    assert app is not None
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://matching") as client:
        yield client


@pytest.fixture
def as_(placeholder_settings: Settings) -> Callable[..., dict[str, str]]:
    """The headers of somebody with these roles."""

    def headers(*roles: Role) -> dict[str, str]:
        actor = Actor(
            person=who("Marieke"),
            roles=frozenset(roles),
            programmes=frozenset({PROGRAMME}),
            areas=frozenset({"beijum"}),
        )
        token = issue_token(placeholder_settings.secret.get_secret_value(), actor, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    return headers


As = Callable[..., dict[str, str]]


async def _proposed(database: Database) -> None:
    waiting = request("El Amrani")
    enrolled = FamilyEnrolled(
        family_id=waiting.family_id,
        trajectory_id=waiting.trajectory_id,
        signal_id=who("signal of El Amrani"),
        programme=waiting.programme,
        programme_version=waiting.programme_version,
        area=waiting.area,
        enrolled_on=TODAY,
        children=2,
        languages=waiting.languages,
        themes=waiting.themes,
        from_waiting_list=False,
    )
    await hears(database, bus.consumer, enrolled, now=NOW)
    async with database.transaction() as tx:
        for person in (supporter("Henk"), buddy("Fatima")):
            await handlers.register_person(tx, registration(person), now=NOW)
        await handlers.request_tandem(tx, asks(waiting), now=NOW)
        await handlers.hold_round(tx, HoldRound(programme=PROGRAMME, programme_version=1, round_number=1), now=NOW)


async def test_a_family_chooses_and_confirms_at_the_table(web: AsyncClient, as_: As, database: Database) -> None:
    await _proposed(database)
    family = f"/v1/trajectories/{trajectory_of('El Amrani')}"
    headers = as_(Role.SUPPORTER)

    offer = (await web.get(f"{family}/proposals", headers=headers)).json()
    choice = {"tandem_id": offer["options"][0]["tandem_id"]}
    chosen = await web.post(f"{family}/choices", json=choice, headers=headers)
    coordinator = as_(Role.TEAM_COORDINATOR)
    evaluated = await web.post(f"{family}/trials", json={"outcome": "confirmed"}, headers=coordinator)
    tandem = (await web.get(f"{family}/tandems", headers=coordinator)).json()

    assert (chosen.status_code, evaluated.status_code) == (200, 200)
    assert (tandem["state"], tandem["buddy_id"]) == ("confirmed", str(who("Fatima")))


async def test_a_choice_that_is_not_on_offer_is_a_conflict_with_its_code(
    web: AsyncClient, as_: As, database: Database
) -> None:
    await _proposed(database)

    answer = await web.post(
        f"/v1/trajectories/{trajectory_of('El Amrani')}/choices",
        json={"tandem_id": str(who("nobody"))},
        headers=as_(Role.MATCHER),
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not-on-offer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_chooses_once_the_tandem_is_theirs_alone(web: AsyncClient, as_: As, database: Database) -> None:
    await _proposed(database)
    family = f"/v1/trajectories/{trajectory_of('El Amrani')}"
    offer = (await web.get(f"{family}/proposals", headers=as_(Role.SUPPORTER))).json()
    choice = {"tandem_id": offer["options"][0]["tandem_id"]}
    await web.post(f"{family}/choices", json=choice, headers=as_(Role.SUPPORTER))

    # Marieke sat at the table while nobody had the family; from the trial on it is Henk's.
    after = [(await web.get(f"{family}/tandems", headers=as_(role))).status_code for role in Role]

    may = {Role.TEAM_COORDINATOR, Role.MATCHER}
    assert after == [200 if role in may else 403 for role in Role]


async def test_people_are_registered_listed_and_leave(web: AsyncClient, as_: As) -> None:
    headers = as_(Role.TEAM_COORDINATOR)
    for person in (supporter("Henk"), buddy("Fatima")):
        body = registration(person).model_dump(mode="json")
        assert (await web.post("/v1/people", json=body, headers=headers)).status_code == 201

    until = str(TODAY + timedelta(days=900))
    fatima = f"/v1/people/{who('Fatima')}"
    assert (await web.post(f"{fatima}/certificates", json={"until": until}, headers=headers)).status_code == 200
    assert (await web.patch(fatima, json={"capacity": 3}, headers=headers)).status_code == 200
    buddies = await web.get("/v1/people", params={"programme": PROGRAMME, "part": "buddy"}, headers=headers)
    (listed,) = buddies.json()["people"]
    assert (listed["capacity"], listed["left_on"]) == (3, None)

    assert (await web.post(f"{fatima}/departures", json={"reason": "moved"}, headers=headers)).status_code == 200
    left = await web.get("/v1/people", params={"programme": PROGRAMME, "part": "buddy"}, headers=headers)
    assert left.json() == {"people": [], "next": None}


async def test_who_waits_is_counted(web: AsyncClient, as_: As, database: Database) -> None:
    await _proposed(database)

    counted = await web.get("/v1/requests", params={"programme": PROGRAMME}, headers=as_(Role.PROGRAMME_MANAGER))

    assert counted.json() == {"waiting": 0, "proposed": 1, "trial": 0, "longest_since": str(TODAY)}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/people?programme={PROGRAMME}"),
        ("GET", f"/v1/trajectories/{trajectory_of('El Amrani')}/proposals"),
        ("POST", f"/v1/people/{who('Fatima')}/departures"),
        ("POST", f"/v1/trajectories/{trajectory_of('El Amrani')}/choices"),
    ],
)
async def test_a_buddy_and_a_stranger_have_no_business_here(web: AsyncClient, as_: As, method: str, path: str) -> None:
    assert (await web.request(method, path, json={})).status_code == 401
    assert (await web.request(method, path, json={}, headers=as_(Role.BUDDY))).status_code == 403


async def test_every_mistake_in_a_body_is_named(web: AsyncClient, as_: As) -> None:
    body = registration(buddy("Fatima")).model_dump(mode="json") | {"capacity": -1, "part": "aunt", "name": "Fatima"}

    answer = await web.post("/v1/people", json=body, headers=as_(Role.MATCHER))

    assert answer.status_code == 400
    assert {error["place"] for error in answer.json()["errors"]} == {"body.capacity", "body.part", "body.name"}
