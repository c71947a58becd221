"""Intake over HTTP: who may, what is answered, and what is refused."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from services.desk.contracts import TaskKind
from services.intake import handlers, store
from services.intake.__main__ import SERVICE
from services.intake.commands import MergeFamilies
from services.intake.events import ContactAttempted, SignalReceived
from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day
from workflows.intake_process import ROLES

pytestmark = pytest.mark.engines

NOW = day(10)


@pytest.fixture
async def web(town: Town, placeholder_settings: Settings) -> AsyncIterator[AsyncClient]:
    app = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOW)
    assert app is not None
    async with AsyncClient(transport=ASGITransport(app), base_url="http://intake") as client:
        yield client


@pytest.fixture
def sign_in(placeholder_settings: Settings) -> Callable[..., dict[str, str]]:
    def header(*roles: Role) -> dict[str, str]:
        secret = placeholder_settings.secret.get_secret_value()
        actor = Actor(
            person=SUPPORTER,
            roles=frozenset(roles),
            programmes=frozenset({PROGRAMME}),
            areas=frozenset({"angelslo"}),
        )
        return {"Authorization": f"Bearer {issue_token(secret, actor, now=NOW)}"}

    return header


def signal(**changes: object) -> dict[str, object]:
    values = {"signal_id": str(uuid4()), "programme": PROGRAMME, "area": "angelslo", "channel": "library"}
    return values | {"contact_name": "Mevrouw Bakker"} | changes


type SignIn = Callable[..., dict[str, str]]


async def test_a_family_comes_in_from_the_library_to_its_intake(web: AsyncClient, town: Town, sign_in: SignIn) -> None:
    web.headers.update(sign_in(Role.SUPPORTER))
    met = signal()
    signal_id = met["signal_id"]

    received = await web.post("/v1/signals", json=met)
    attempt = {"attempt_id": str(uuid4()), "signal_id": signal_id, "outcome": "reached"}
    attempted = await web.post("/v1/contact-attempts", json=attempt)
    agreed = await web.post("/v1/consents", json={"signal_id": signal_id, "purpose": "take-part"})
    told = {
        "signal_id": signal_id,
        "address": {
            "area": "angelslo",
            "street": "Boslaan",
            "house_number": "12a",
            "postcode": "7822AB",
            "city": "Emmen",
        },
        "members": [{"role": "parent", "given_name": "Anna", "surname": "Bakker", "birth_date": "1990-05-04"}],
        "themes": ["money"],
    }
    completed = await web.post("/v1/intakes", json=told)
    looked_up = await web.get(f"/v1/signals/{signal_id}")
    found = await web.post("/v1/families/_zoek", json={"surname": "bak"})

    assert [answer.status_code for answer in (received, attempted, agreed, completed)] == [201] * 4
    assert completed.json() == {"family_id": agreed.json()["family_id"], "returning": False}
    assert (looked_up.json()["state"], looked_up.json()["attempts"]) == ("intake-done", 1)
    assert "contact_name" not in looked_up.json()
    assert [each["family_id"] for each in found.json()] == [agreed.json()["family_id"]]
    assert len(await town.told(ContactAttempted)) == 1


async def test_who_asks_after_a_family_finds_its_trajectory(web: AsyncClient, town: Town, sign_in: SignIn) -> None:
    await town.fund(on=day(2))
    signal_id = await town.intake("Bakker", on=day(9))
    before = await web.get(f"/v1/signals/{signal_id}", headers=sign_in(Role.SUPPORTER))
    admitted = await town.admit(signal_id, on=day(9))
    after = await web.get(f"/v1/signals/{signal_id}", headers=sign_in(Role.OUTREACH_WORKER))
    of_family = await web.get(f"/v1/families/{admitted.family_id}/signals", headers=sign_in(Role.SUPPORTER))
    of_nobody = await web.get(f"/v1/families/{uuid4()}/signals", headers=sign_in(Role.SUPPORTER))

    assert before.json()["trajectory_id"] is None
    assert after.json()["trajectory_id"] == str(admitted.trajectory_id)
    assert of_family.json() == {"signals": [after.json()]}
    assert (of_nobody.status_code, of_nobody.json()["code"]) == (403, "not-your-family")


async def test_the_same_signal_again_changes_nothing_and_another_cannot_have_its_id(
    web: AsyncClient, town: Town, sign_in: SignIn
) -> None:
    met = signal()
    first, again, other = [
        await web.post("/v1/signals", json=each, headers=sign_in(Role.SUPPORTER))
        for each in (met, met, met | {"area": "emmerhout"})
    ]

    assert (first.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "id-already-used")
    assert len(await town.told(SignalReceived)) == 1


async def test_whoever_may_take_the_task_of_an_intake_may_do_the_intake(web: AsyncClient, sign_in: SignIn) -> None:
    statuses = {
        role: (await web.post("/v1/intakes", json={}, headers=sign_in(role))).status_code
        for role in (*ROLES[TaskKind.DO_INTAKE], Role.TEAM_COORDINATOR, Role.BUDDY)
    }

    assert statuses == {
        Role.SUPPORTER: 400,
        Role.OUTREACH_WORKER: 400,
        Role.TEAM_COORDINATOR: 400,
        Role.BUDDY: 403,
    }


async def test_a_refusal_is_a_problem_that_says_why(web: AsyncClient, sign_in: SignIn) -> None:
    answer = await web.post("/v1/signals", json=signal(channel="pub"), headers=sign_in(Role.OUTREACH_WORKER))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown-channel"


async def test_wrong_input_is_named_but_never_repeated(web: AsyncClient, sign_in: SignIn) -> None:
    wrong = signal(contact_phone="bel mij maar", programme="Groningen!", note="extra")
    answer = await web.post("/v1/signals", json=wrong, headers=sign_in(Role.SUPPORTER))

    assert answer.status_code == 400
    assert {error["place"] for error in answer.json()["errors"]} == {
        "body.contact_phone",
        "body.programme",
        "body.note",
    }
    assert "bel mij maar" not in answer.text


@pytest.mark.parametrize("role", [Role.BUDDY, Role.FAMILY_MEMBER, Role.BUDGET_HOLDER, Role.CONTROLLER])
async def test_names_of_families_are_not_for_every_role(web: AsyncClient, sign_in: SignIn, role: Role) -> None:
    answer = await web.post("/v1/families/_zoek", json={"surname": "Bakker"}, headers=sign_in(role))

    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")


async def test_nobody_comes_in_without_a_token(web: AsyncClient) -> None:
    answer = await web.post("/v1/signals", json=signal())

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


async def test_a_signal_that_does_not_exist_is_nobodys(web: AsyncClient, sign_in: SignIn) -> None:
    answer = await web.get(f"/v1/signals/{uuid4()}", headers=sign_in(Role.SUPPORTER))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-family")


async def test_an_id_of_before_a_merge_goes_on_leading_to_the_file_that_keeps(
    web: AsyncClient, town: Town, sign_in: SignIn
) -> None:
    one, two = await town.intake("Bakker", on=day(1)), await town.intake("Bakker, twice", on=day(2))
    kept, merged = await town.family_of(one), await town.family_of(two)
    command = MergeFamilies(merge_id=uuid4(), kept_id=kept, merged_id=merged)
    async with town.database.transaction() as tx:
        await handlers.merge_families(tx, command, now=day(3), by=SUPPORTER)
    coordinator = sign_in(Role.TEAM_COORDINATOR)

    there = (await web.get(f"/v1/families/{merged}", headers=coordinator)).json()
    reached = {
        "family_id": str(merged),
        "contact": {"phone": "0612345678", "languages": ["nl"]},
        "seen": there["contact_mark"],
    }
    changed = await web.post("/v1/contact-changes", json=reached, headers=coordinator)
    came_in = await web.get(f"/v1/families/{merged}/signals", headers=coordinator)
    async with town.database.transaction() as tx:
        phones = [family.phone for each in (kept, merged) if (family := await store.family_by_id(tx, each))]

    assert (changed.status_code, changed.json()) == (201, {"family_id": str(kept)})
    assert {each["id"] for each in came_in.json()["signals"]} == {str(one), str(two)}
    assert phones[0] == "0612345678"
    assert phones[1] != "0612345678"


@pytest.mark.parametrize(
    ("path", "mark", "mine", "theirs"),
    [
        ("moves", "address", {"street": "Laan"}, {"street": "Plein"}),
        ("contact-changes", "contact", {"phone": "0611111111"}, {"phone": "0622222222"}),
    ],
)
async def test_a_change_made_from_what_a_colleague_changed_meanwhile_changes_nothing(
    web: AsyncClient, town: Town, sign_in: SignIn, path: str, mark: str, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    family = await town.family_of(await town.intake("Bakker", on=day(1)))
    coordinator = sign_in(Role.TEAM_COORDINATOR)

    async def there() -> dict[str, Any]:
        found: dict[str, Any] = (await web.get(f"/v1/families/{family}", headers=coordinator)).json()
        return found

    async def change(told: dict[str, str], **seen: str) -> Any:
        body = {"family_id": str(family), mark: before[mark] | told} | seen
        return await web.post(f"/v1/{path}", json=body, headers=coordinator)

    before = await there()
    seen = before[f"{mark}_mark"]
    first = [await change(theirs, seen=seen) for _ in range(2)]
    late = [await change(mine, seen=seen), await change(mine), await change(mine, seen="no mark")]
    kept = await there()
    then = await change(mine, seen=kept[f"{mark}_mark"])

    assert [answer.status_code for answer in (*first, then)] == [201, 201, 201]
    assert {(answer.status_code, answer.json()["code"]) for answer in late} == {(409, "changed-meanwhile")}
    assert late[0].headers["content-type"] == "application/problem+json"
    assert kept[mark] == before[mark] | theirs
    assert (await there())[mark] == before[mark] | mine


async def test_a_consent_is_taken_back_by_who_keeps_those_of_its_programme(
    web: AsyncClient, town: Town, sign_in: SignIn
) -> None:
    family = await town.family_of(await town.intake("Bakker", on=day(1)))
    elsewhere = {"family_id": str(family), "programme": "kansrijk-dorp", "purpose": "take-part"}
    answer = await web.post("/v1/consent-withdrawals", json=elsewhere, headers=sign_in(Role.TEAM_COORDINATOR))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-family")
