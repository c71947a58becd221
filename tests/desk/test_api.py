"""The desk over HTTP."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from services.desk.__main__ import SERVICE
from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import COLLEAGUE, HOLDER, MONDAY, SEEN, TRAJECTORY, Office, person, question, task

pytestmark = pytest.mark.engines

type SignIn = Callable[[Actor], dict[str, str]]


@pytest.fixture
async def web(office: Office, placeholder_settings: Settings) -> AsyncIterator[AsyncClient]:
    """The desk's application while Temporal is away: nothing listens at the placeholder's address."""
    app = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert app is not None
    async with AsyncClient(transport=ASGITransport(app), base_url="http://desk") as client:
        yield client


@pytest.fixture
def sign_in(placeholder_settings: Settings) -> SignIn:
    secret = placeholder_settings.secret.get_secret_value()
    return lambda actor: {"Authorization": f"Bearer {issue_token(secret, actor, now=MONDAY)}"}


async def test_somebody_takes_a_task_from_the_list_and_gives_it_back(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    await office.open(task(), question())
    headers = sign_in(COLLEAGUE)

    async def listed(whose: str) -> list[str]:
        answer = await web.get("/v1/tasks", params={"whose": whose}, headers=headers)
        return [each["id"] for each in answer.json()]

    task_id = str(task().task_id)
    assert await listed("team") == [task_id]
    taken = await web.post(f"/v1/tasks/{task_id}/assignments", headers=headers)
    assert taken.json()["taken_by"] == str(COLLEAGUE.person)
    assert (await listed("mine"), await listed("unassigned")) == ([task_id], [])
    await web.delete(f"/v1/tasks/{task_id}/assignments", headers=headers)
    assert (await listed("mine"), await listed("unassigned")) == ([], [task_id])


async def test_while_temporal_is_away_a_decision_says_so_and_the_list_goes_on(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    await office.open(question())
    body = {"choice": "approve", "reason": "helps-the-family", "digest": SEEN}
    decided = await web.post(f"/v1/tasks/{question().task_id}/decisions", json=body, headers=sign_in(HOLDER))
    listed = await web.get("/v1/tasks", headers=sign_in(HOLDER))

    assert (decided.status_code, decided.json()["code"]) == (503, "decisions-not-available")
    assert decided.headers["content-type"] == "application/problem+json"
    assert len(listed.json()) == 1


async def test_an_action_while_temporal_is_away_says_so_too(web: AsyncClient, sign_in: SignIn) -> None:
    body = {"action_id": str(uuid4()), "act": "pause", "reason": "family-asks"}
    answer = await web.post(f"/v1/trajectories/{TRAJECTORY}/actions", json=body, headers=sign_in(COLLEAGUE))

    assert (answer.status_code, answer.json()["code"]) == (503, "decisions-not-available")


async def test_a_decision_names_nobody_but_the_one_who_signed_in(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    await office.open(question())
    body = {"choice": "approve", "reason": "helps-the-family", "digest": SEEN, "person": str(HOLDER.person)}
    answer = await web.post(f"/v1/tasks/{question().task_id}/decisions", json=body, headers=sign_in(COLLEAGUE))

    assert answer.status_code == 400


async def test_a_stand_in_sees_for_whom_until_they_are_back(web: AsyncClient, sign_in: SignIn) -> None:
    stand_in_id = str(stable_id("away"))
    away = {
        "stand_in_id": stand_in_id,
        "stand_in": str(COLLEAGUE.person),
        "from_on": "2027-03-01",
        "until_on": "2027-03-05",
    }
    await web.post("/v1/stand-ins", json=away, headers=sign_in(HOLDER))
    [seen] = (await web.get("/v1/stand-ins", headers=sign_in(COLLEAGUE))).json()
    not_theirs = await web.delete(f"/v1/stand-ins/{stand_in_id}", headers=sign_in(COLLEAGUE))
    await web.delete(f"/v1/stand-ins/{stand_in_id}", headers=sign_in(HOLDER))
    after = (await web.get("/v1/stand-ins", headers=sign_in(COLLEAGUE))).json()

    assert (seen["person"], seen["roles"]) == (str(HOLDER.person), ["budget-holder"])
    assert (not_theirs.status_code, after) == (404, [])


async def test_a_buddy_may_report_a_safety_concern_but_sees_no_list(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    buddy = sign_in(person("Bea", Role.BUDDY))
    concern = {
        "concern_id": str(uuid4()),
        "programme": "kansrijk-emmen",
        "family_id": str(stable_id("family")),
    }
    reported = await web.post("/v1/safety-concerns", json=concern, headers=buddy)
    listed = await web.get("/v1/tasks", headers=buddy)

    assert (reported.status_code, listed.status_code) == (201, 403)
    assert [str(task_id) for task_id in await office.open_ids()] == [reported.json()["id"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/v1/tasks"),
        ("post", f"/v1/tasks/{uuid4()}/assignments"),
        ("post", f"/v1/tasks/{uuid4()}/decisions"),
        ("post", f"/v1/trajectories/{uuid4()}/actions"),
        ("post", "/v1/stand-ins"),
        ("post", "/v1/safety-concerns"),
    ],
)
async def test_nobody_comes_in_without_a_token(web: AsyncClient, method: str, path: str) -> None:
    answer = await web.request(method, path, json={})

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
