"""The monitor over HTTP: who sees which numbers, and who may give out queues."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from services.monitor import handlers
from services.monitor.__main__ import SERVICE
from services.monitor.bus import consumer
from services.monitor.contracts import MakeReport
from services.shared.access import Actor, issue_token
from services.shared.database import Database
from services.shared.inbox import Inbox
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.monitor.heard import MET_ON, PROGRAMME, Teller, a_half_year, met

NOW = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
FIGURES = f"/v1/programmes/{PROGRAMME}/figures"


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    database = service_database("monitor")
    inbox, teller = Inbox(database, consumer), Teller()
    for body in a_half_year():
        await inbox.receive(body)
    for number in range(12):
        await inbox.receive(teller.body(met(stable_id("more", number), channel="gp"), MET_ON))
    return database


@pytest.fixture
async def client(database: Database, placeholder_settings: Settings) -> AsyncIterator[AsyncClient]:
    app = await SERVICE.web(placeholder_settings, database=database, clock=lambda: NOW)
    assert app is not None
    async with AsyncClient(transport=ASGITransport(app), base_url="http://monitor") as client:
        yield client


@pytest.fixture
def as_role(placeholder_settings: Settings) -> Callable[..., dict[str, str]]:
    def headers(*roles: Role) -> dict[str, str]:
        actor = Actor(person=uuid4(), roles=frozenset(roles))
        token = issue_token(placeholder_settings.secret.get_secret_value(), actor, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    return headers


AsRole = Callable[..., dict[str, str]]


async def test_who_answers_for_the_programme_sees_every_number(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.get(FIGURES, headers=as_role(Role.PROGRAMME_MANAGER))

    assert answer.status_code == 200
    assert answer.json()["signals_by_channel"]["library"]["count"] == 2


async def test_others_see_no_number_that_could_point_at_a_family(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.get(FIGURES, headers=as_role(Role.SUPPORTER, Role.MATCHER))

    channels = answer.json()["signals_by_channel"]
    assert (channels["library"]["count"], channels["gp"]["count"]) == (None, 12)


async def test_figures_of_a_programme_that_nothing_was_heard_of_are_not_there(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get("/v1/programmes/kansrijk-nergens/figures", headers=as_role(Role.CONTROLLER))

    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-programme")


@pytest.mark.parametrize("role", [Role.BUDDY, Role.FAMILY_MEMBER])
async def test_buddies_and_families_get_no_figures(client: AsyncClient, as_role: AsRole, role: Role) -> None:
    assert (await client.get(FIGURES, headers=as_role(role))).status_code == 403


async def test_nobody_without_a_token_gets_figures(client: AsyncClient) -> None:
    assert (await client.get(FIGURES)).status_code == 401


async def test_a_report_is_listed_and_read_under_the_same_rule(
    client: AsyncClient, database: Database, as_role: AsRole
) -> None:
    command = MakeReport(programme=PROGRAMME, programme_version=1, number=1, until=date(2024, 6, 30))
    async with database.transaction() as tx:
        report_id = (await handlers.make_report(tx, command, now=NOW)).report_id

    listed = await client.get(f"/v1/programmes/{PROGRAMME}/reports", headers=as_role(Role.CONTROLLER))
    whole = await client.get(f"/v1/reports/{report_id}", headers=as_role(Role.CONTROLLER))
    part = await client.get(f"/v1/reports/{report_id}", headers=as_role(Role.TEAM_COORDINATOR))

    assert [entry["report_id"] for entry in listed.json()["reports"]] == [str(report_id)]
    assert whole.json()["figures"]["enrolled"]["count"] == 2
    assert part.json()["figures"]["enrolled"]["count"] is None


async def test_an_administrator_gives_out_a_queue_and_sees_how_far_it_is(client: AsyncClient, as_role: AsRole) -> None:
    administrator = as_role(Role.ADMINISTRATOR)
    wish = {"name": "data-platform", "patterns": ["family.*", "payment.confirmed"], "position": 3}

    made = await client.post("/v1/subscribers", json=wish, headers=administrator)
    again = await client.post("/v1/subscribers", json=wish, headers=administrator)
    moved = await client.post("/v1/subscribers/data-platform/catch-ups", json={"position": 0}, headers=administrator)
    listed = await client.get("/v1/subscribers", headers=administrator)

    assert (made.status_code, again.status_code, moved.status_code) == (201, 201, 202)
    assert made.json()["position"] == 3
    (entry,) = listed.json()["subscribers"]
    assert entry["queue"] == "kansen.monitor.data-platform"
    assert (entry["name"], entry["position"], entry["state"]) == ("data-platform", 0, "active")
    assert entry["behind"] > 0


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "No Name", "patterns": ["#"]},
        {"name": "data-platform", "patterns": []},
        {"name": "data-platform", "patterns": ["family enrolled"]},
        {"name": "data-platform", "patterns": ["#"], "position": -1},
        {"name": "data-platform", "patterns": ["#"], "secret": "please"},
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(
    client: AsyncClient, as_role: AsRole, wish: dict[str, object]
) -> None:
    answer = await client.post("/v1/subscribers", json=wish, headers=as_role(Role.ADMINISTRATOR))

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_only_an_administrator_gives_out_queues(client: AsyncClient, as_role: AsRole) -> None:
    wish = {"name": "mine", "patterns": ["#"]}

    assert (await client.post("/v1/subscribers", json=wish, headers=as_role(Role.CONTROLLER))).status_code == 403


async def test_catching_up_of_a_subscriber_that_is_not_there_is_refused(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.post(
        "/v1/subscribers/nobody/catch-ups", json={"position": 0}, headers=as_role(Role.ADMINISTRATOR)
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "no-such-subscriber")
