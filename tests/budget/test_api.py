"""Budget over HTTP: who may do what, and what is answered."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.budget import bus
from services.budget.__main__ import SERVICE
from services.budget.commands import TEST_DEBTOR
from services.intake.events import FamilyEnrolled
from services.matching.events import TandemConfirmed
from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import Settings, current_settings
from services.shared.types import stable_id
from tests.budget.town import (
    ANNE,
    BICYCLE_SHOP,
    EXECUTOR,
    GRONINGEN,
    IBANS,
    JOHN,
    MARY,
    NOON,
    RELEASERS,
    Town,
    trajectory,
)
from tests.hearing import hears

pytestmark = pytest.mark.engines
BUDDY = stable_id("person", "buddy Fatima")
BEIJUM = frozenset({"beijum"})
WORKS_FOR = frozenset({GRONINGEN, "nowhere"})
REQUEST = str(stable_id("request", "bicycle"))
BICYCLE = {
    "request_id": REQUEST,
    "trajectory_id": str(trajectory(1)),
    "category": "bicycle",
    "amount_cents": 40_000,
    "payee_id": str(BICYCLE_SHOP),
}


class Caller:
    """Somebody with a token."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, settings: Settings) -> None:
        self.app = app
        self._http = http
        self._secret = settings.secret.get_secret_value()

    async def call(self, method: str, path: str, role: Role, body: Any = None, person: UUID = MARY) -> httpx.Response:
        token = issue_token(
            self._secret,
            Actor(person=person, roles=frozenset({role}), programmes=WORKS_FOR, areas=BEIJUM),
            now=NOON,
        )
        headers = {"Authorization": f"Bearer {token}"}
        return await self._http.request(method, f"/v1{path}", headers=headers, json=body)


def _enrolled() -> FamilyEnrolled:
    return FamilyEnrolled(
        family_id=stable_id("family", 1),
        trajectory_id=trajectory(1),
        signal_id=stable_id("signal", 1),
        programme=GRONINGEN,
        programme_version=1,
        area="beijum",
        enrolled_on=NOON.date(),
        children=2,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
    )


def _confirmed() -> TandemConfirmed:
    return TandemConfirmed(
        trajectory_id=trajectory(1),
        family_id=stable_id("family", 1),
        tandem_id=stable_id("tandem", 1),
        supporter_id=MARY,
        buddy_id=BUDDY,
        replaces=False,
        waited_days=3,
    )


@pytest.fixture
async def caller(town: Town, placeholder_settings: Settings) -> AsyncIterator[Caller]:
    """Mary and Fatima are the tandem of the first family, which lives in Beijum."""
    await hears(town.database, bus.consumer, _enrolled(), _confirmed(), now=NOON)
    app = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOON)
    assert app is not None
    app.dependency_overrides[current_settings] = lambda: placeholder_settings
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://budget") as http:
        yield Caller(app, http, placeholder_settings)


async def test_a_supporter_asks_in_their_own_name_and_takes_it_back(caller: Caller, town: Town) -> None:
    answer = await caller.call("POST", "/requests", Role.SUPPORTER, BICYCLE)
    assert (answer.status_code, answer.json()) == (201, {"id": REQUEST, "changed": True, "refused": None})
    found = (await caller.call("GET", f"/requests/{REQUEST}", Role.BUDGET_HOLDER)).json()
    assert (found["asked_by"], found["state"]) == (str(MARY), "reserved")
    envelope = (await caller.call("GET", f"/envelopes/{trajectory(1)}", Role.SUPPORTER)).json()
    assert envelope["balance"] == {
        "total_cents": 250_000,
        "spent_cents": 0,
        "set_apart_cents": 40_000,
        "free_cents": 210_000,
    }
    stranger = await caller.call("POST", f"/requests/{REQUEST}/withdrawals", Role.SUPPORTER, person=ANNE)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not-your-family")
    other = await caller.call("POST", f"/requests/{REQUEST}/withdrawals", Role.TEAM_COORDINATOR, person=JOHN)
    assert (other.status_code, other.json()["code"]) == (409, "not-the-asker")
    mine = await caller.call("POST", f"/requests/{REQUEST}/withdrawals", Role.SUPPORTER)
    assert mine.json()["changed"]
    listed = (await caller.call("GET", f"/envelopes/{trajectory(1)}/requests", Role.SUPPORTER)).json()
    assert [each["state"] for each in listed["requests"]] == ["withdrawn"]


async def test_who_decides_sends_the_digest_of_what_stands_there_today(caller: Caller, town: Town) -> None:
    path, shop = f"/requests/{REQUEST}", {"payee_id": str(BICYCLE_SHOP), "name": "De Fietsenmaker", "town": "Groningen"}
    await caller.call("POST", "/requests", Role.SUPPORTER, BICYCLE)
    mandate = await town.mandate("bicycle")
    seen = (await caller.call("GET", path, Role.BUDGET_HOLDER)).json()
    await caller.call("POST", "/payees", Role.CONTROLLER, shop | {"iban": IBANS[1]})
    changed = (await caller.call("GET", path, Role.BUDGET_HOLDER)).json()

    assert mandate is not None
    assert seen["digest"] == mandate.digest
    assert changed["digest"] not in (None, seen["digest"])


async def test_a_request_tells_where_its_money_is(caller: Caller, town: Town) -> None:
    path, shop = f"/requests/{REQUEST}", {"payee_id": str(BICYCLE_SHOP), "name": "De Fietsenmaker", "town": "Groningen"}
    await town.approve("bicycle")
    approved = (await caller.call("GET", path, Role.SUPPORTER)).json()
    await caller.call("POST", "/payees", Role.CONTROLLER, shop | {"iban": IBANS[1]})
    given_back = (await caller.call("GET", path, Role.SUPPORTER)).json()

    assert (approved["state"], approved["payment"], approved["digest"]) == ("approved", "waiting", None)
    assert (given_back["state"], given_back["payment"]) == ("approved", "bounced")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"amount_cents": 0}, 400, "invalid-input"),
        ({"amount_cents": 12.5}, 400, "invalid-input"),
        ({"asked_by": str(ANNE)}, 400, "invalid-input"),
        ({"category": "A bicycle for Sam"}, 400, "invalid-input"),
        ({"trajectory_id": str(trajectory(9))}, 403, "not-your-family"),
        ({"payee_id": str(ANNE)}, 409, "payee-unknown"),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(
    caller: Caller, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = await caller.call("POST", "/requests", Role.SUPPORTER, BICYCLE | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/requests", Role.BUDGET_HOLDER),
        ("POST", "/payees", Role.SUPPORTER),
        ("POST", "/programme-fundings", Role.BUDGET_HOLDER),
        ("POST", "/bank-confirmations", Role.PAYMENT_RELEASER),
        ("POST", "/bank-returns", Role.BUDGET_HOLDER),
        ("GET", f"/batches/{REQUEST}/file", Role.CONTROLLER),
        ("GET", f"/programmes/{GRONINGEN}/balance", Role.SUPPORTER),
        ("GET", f"/programmes/{GRONINGEN}/trial-balance", Role.BUDDY),
        ("GET", f"/envelopes/{trajectory(1)}", Role.FAMILY_MEMBER),
    ],
)
async def test_another_role_is_sent_away(caller: Caller, method: str, path: str, role: Role) -> None:
    answer = await caller.call(method, path, role, {} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")


async def test_a_payee_has_an_iban_with_a_right_checksum(caller: Caller) -> None:
    payee = {"payee_id": str(ANNE), "name": "Boekhandel", "iban": "NL16BANK0100000001", "town": "Groningen"}
    wrong = await caller.call("POST", "/payees", Role.CONTROLLER, payee)
    assert wrong.status_code == 400
    assert "NL16BANK0100000001" not in wrong.text
    assert (await caller.call("POST", "/payees", Role.CONTROLLER, payee | {"iban": IBANS[1]})).json()["changed"]
    listed = (await caller.call("GET", "/payees", Role.SUPPORTER)).json()["payees"]
    assert [each["name"] for each in listed] == ["Boekhandel", "De Fietsenmaker & Zn.", "De Fietsenmaker & Zn."]


async def test_the_releaser_downloads_the_file_and_the_controller_tells_what_the_bank_did(
    caller: Caller, town: Town
) -> None:
    await town.approve("bicycle")
    made = await town.make_batch()
    path = f"/batches/{made.batch_id}/file"
    early = await caller.call("GET", path, Role.PAYMENT_RELEASER, person=RELEASERS[0])
    assert early.status_code == 404
    await town.release(made)
    file = await caller.call("GET", path, Role.PAYMENT_RELEASER, person=RELEASERS[0])
    assert (file.status_code, file.headers["content-type"]) == (200, "application/xml")
    batches = (await caller.call("GET", f"/programmes/{GRONINGEN}/batches", Role.CONTROLLER)).json()["batches"]
    assert [(each["state"], each["total_cents"]) for each in batches] == [("released", 40_000)]

    at_bank = await caller.call("GET", f"/programmes/{GRONINGEN}/payments-at-bank", Role.CONTROLLER)
    (sent,) = at_bank.json()["payments"]
    told = {"end_to_end_id": sent["end_to_end_id"], "amount_cents": 40_000}
    booked = await caller.call("POST", "/bank-confirmations", Role.CONTROLLER, told | {"booked_on": "2023-02-02"})
    assert booked.json()["changed"]
    balance = (await caller.call("GET", f"/programmes/{GRONINGEN}/balance", Role.CONTROLLER)).json()
    assert (balance["spent_cents"], sum(each["charged_cents"] for each in balance["sources"])) == (40_000, 40_000)
    assert (await caller.call("GET", f"/programmes/{GRONINGEN}/trial-balance", Role.CONTROLLER)).json()["balanced"]
    back = await caller.call("POST", "/bank-returns", Role.CONTROLLER, told | {"reason": "account-closed"})
    assert back.json()["changed"]


async def test_a_programme_is_funded_once_and_never_from_a_fictitious_account_in_production(
    caller: Caller, placeholder_settings: Settings
) -> None:
    funding = {
        "programme": GRONINGEN,
        "version": 1,
        "executor_payee_id": str(EXECUTOR),
        "debtor": TEST_DEBTOR.model_dump(),
    }
    again = await caller.call("POST", "/programme-fundings", Role.PROGRAMME_MANAGER, funding)
    assert (again.status_code, again.json()["changed"]) == (200, False)
    production = placeholder_settings.model_copy(update={"environment": "production"})
    caller.app.dependency_overrides[current_settings] = lambda: production
    refused = await caller.call("POST", "/programme-fundings", Role.PROGRAMME_MANAGER, funding)
    assert (refused.status_code, refused.json()["code"]) == (400, "debtor-is-fictitious")


async def test_what_is_not_there_is_not_found(caller: Caller) -> None:
    assert (await caller.call("GET", "/programmes/nowhere/balance", Role.CONTROLLER)).status_code == 404
    for path in (f"/requests/{ANNE}", f"/envelopes/{ANNE}"):
        answer = await caller.call("GET", path, Role.CONTROLLER)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-your-family")


async def test_a_buddy_asks_for_their_own_family_and_sees_no_money(caller: Caller, town: Town) -> None:
    asked = await caller.call("POST", "/requests", Role.BUDDY, BICYCLE, person=BUDDY)
    of_another = await caller.call("POST", "/requests", Role.BUDDY, BICYCLE, person=ANNE)
    seen = [
        (await caller.call("GET", path, Role.BUDDY, person=BUDDY)).status_code
        for path in (f"/requests/{REQUEST}", f"/envelopes/{trajectory(1)}", f"/envelopes/{trajectory(1)}/requests")
    ]

    assert (asked.status_code, of_another.status_code, seen) == (201, 403, [403, 403, 403])


async def test_the_books_of_another_programme_stay_closed(caller: Caller) -> None:
    answer = await caller.call("GET", "/programmes/kansrijk-groningen/balance", Role.CONTROLLER)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-programme")
