"""The desk over HTTP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from services.desk import bus
from services.desk.__main__ import SERVICE
from services.desk.colleagues import welcome
from services.desk.contracts import TaskKind
from services.matching.events import TandemConfirmed
from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import ASKER, COLLEAGUE, HOLDER, MONDAY, SEEN, TRAJECTORY, Office, person, question, task
from tests.hearing import hears
from tests.screens.people import signed_in

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


async def test_a_list_is_narrowed_to_what_somebody_looks_for(web: AsyncClient, office: Office, sign_in: SignIn) -> None:
    other = task(TaskKind.HOLD_REVIEW, subject_id=stable_id("another family"), programme="kansrijk-dorp")
    await office.open(task(), other)
    both = {str(task().task_id), str(other.task_id)}

    async def found(**wanted: str) -> set[str]:
        answer = await web.get("/v1/tasks", params=wanted, headers=sign_in(COLLEAGUE))
        return {each["id"] for each in answer.json()}

    assert await found() == both
    assert await found(programme="kansrijk-dorp") == {str(other.task_id)}
    assert await found(kind="make-plan") == {str(task().task_id)}
    assert await found(subjectId=str(TRAJECTORY), programme="kansrijk-dorp") == set()
    misspelt = await web.get("/v1/tasks", params={"subject_id": str(TRAJECTORY)}, headers=sign_in(COLLEAGUE))
    assert (misspelt.status_code, misspelt.json()["errors"][0]["place"]) == (400, "query.subject_id")


async def test_one_task_is_read_by_who_may_take_it_and_by_nobody_else(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    await office.open(question())
    path = f"/v1/tasks/{question().task_id}"
    read = await web.get(path, headers=sign_in(HOLDER))
    other_role = await web.get(path, headers=sign_in(COLLEAGUE))
    asker = await web.get(path, headers=sign_in(Actor(person=ASKER, roles=HOLDER.roles)))

    assert (read.status_code, read.json()["digest"]) == (200, SEEN)
    assert [(each.status_code, each.json()["code"]) for each in (other_role, asker)] == [(404, "unknown-task")] * 2


async def test_whoever_reads_a_task_of_a_family_is_written_down(
    office: Office, placeholder_settings: Settings, sign_in: SignIn
) -> None:
    app = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert app is not None
    await office.open(question())
    path = f"/v1/tasks/{question().task_id}"
    async with signed_in(app, HOLDER) as web:
        read = [await web.get(each) for each in (path, f"{path}/changes", f"/taken/{question().task_id}")]
        kept_out = await web.get(path, headers=sign_in(COLLEAGUE))
    reading = office.database.tables.reading
    async with office.database.transaction() as tx:
        lines = list(await tx.execute(select(reading.c.person, reading.c.family_id, reading.c.what)))

    assert [each.status_code for each in (*read, kept_out)] == [200, 200, 200, 404]
    assert lines == [(HOLDER.person, question().family_id, "task")] * 3


async def test_a_task_of_another_area_or_programme_does_not_exist_in_list_detail_or_by_hand(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    elsewhere = task(TaskKind.TALK_ABOUT_PAUSE)
    await office.open(elsewhere, question(), area="bargeres", team="team-zuid")
    stranger = replace(HOLDER, programmes=frozenset({"kansrijk-elders"}))
    path = f"/v1/tasks/{elsewhere.task_id}"
    completion = {"outcome": "talked"}
    body = {"choice": "approve", "reason": "helps-the-family", "digest": SEEN}

    lists = [(await web.get("/v1/tasks", headers=sign_in(each))).json() for each in (COLLEAGUE, stranger)]
    answers = [
        await web.get(path, headers=sign_in(COLLEAGUE)),
        await web.post(f"{path}/completions", json=completion, headers=sign_in(COLLEAGUE)),
        await web.post(f"/v1/tasks/{question().task_id}/decisions", json=body, headers=sign_in(stranger)),
    ]

    assert lists == [[], []]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "unknown-task")] * 3


async def test_who_may_not_is_told_so_apart_from_what_is_not_possible_now(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    await office.open(question())
    path = f"/v1/tasks/{question().task_id}"
    body = {"choice": "approve", "reason": "helps-the-family", "digest": SEEN}
    asker = replace(HOLDER, person=ASKER)
    taken = await web.post(f"{path}/assignments", headers=sign_in(COLLEAGUE))
    own = await web.post(f"{path}/decisions", json=body, headers=sign_in(asker))
    stale = await web.post(f"{path}/decisions", json=body | {"digest": "0" * 64}, headers=sign_in(HOLDER))

    assert (taken.status_code, taken.json()["code"]) == (403, "not-in-role")
    assert (own.status_code, own.json()["code"]) == (403, "excluded")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed-since-seen")


async def test_a_stand_in_finds_what_to_decide_for_whom(web: AsyncClient, office: Office, sign_in: SignIn) -> None:
    about_carla = question(task_id=stable_id("her own"), subject_id=stable_id("her own"), excluded=(COLLEAGUE.person,))
    about_hanneke = question(task_id=stable_id("his"), subject_id=stable_id("his"), excluded=(HOLDER.person,))
    await office.open(question(), about_carla, about_hanneke, task(roles=(Role.BUDGET_HOLDER,)))
    away = {
        "stand_in_id": str(stable_id("away")),
        "stand_in": str(COLLEAGUE.person),
        "from_on": "2027-03-01",
        "until_on": "2027-03-05",
    }

    async def lent(actor: Actor) -> list[tuple[str, str]]:
        answer = await web.get("/v1/tasks", params={"whose": "stand-in"}, headers=sign_in(actor))
        return [(each["id"], each["on_behalf_of"]) for each in answer.json()]

    before = await lent(COLLEAGUE)
    await web.post("/v1/stand-ins", json=away, headers=sign_in(HOLDER))

    assert before == []
    assert await lent(COLLEAGUE) == [(str(question().task_id), str(HOLDER.person))]
    assert await lent(HOLDER) == []


async def test_who_will_be_away_sees_who_stands_in_for_them(web: AsyncClient, sign_in: SignIn) -> None:
    later = {
        "stand_in_id": str(stable_id("later")),
        "stand_in": str(COLLEAGUE.person),
        "from_on": "2027-03-08",
        "until_on": "2027-03-12",
    }
    await web.post("/v1/stand-ins", json=later, headers=sign_in(HOLDER))
    mine = (await web.get("/v1/stand-ins", headers=sign_in(HOLDER))).json()
    not_yet = (await web.get("/v1/stand-ins", headers=sign_in(COLLEAGUE))).json()

    assert [each["id"] for each in mine] == [later["stand_in_id"]]
    assert not_yet == []


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


async def test_an_action_while_temporal_is_away_says_so_too(web: AsyncClient, office: Office, sign_in: SignIn) -> None:
    await office.open(task())
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
    bea = person("Bea", Role.BUDDY)
    buddy = sign_in(bea)
    confirmed = TandemConfirmed(
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        tandem_id=stable_id("tandem"),
        supporter_id=COLLEAGUE.person,
        buddy_id=bea.person,
        replaces=False,
        waited_days=3,
    )
    await hears(office.database, bus.consumer, confirmed, now=MONDAY)
    concern = {
        "concern_id": str(uuid4()),
        "programme": "kansrijk-emmen",
        "family_id": str(stable_id("family")),
    }
    reported = await web.post("/v1/safety-concerns", json=concern, headers=buddy)
    listed = await web.get("/v1/tasks", headers=buddy)
    another = concern | {"concern_id": str(uuid4()), "family_id": str(stable_id("another family"))}
    of_another = await web.post("/v1/safety-concerns", json=another, headers=buddy)

    assert (reported.status_code, listed.status_code, of_another.status_code) == (201, 403, 403)
    assert [str(task_id) for task_id in await office.open_ids()] == [reported.json()["id"]]


UNKNOWN = stable_id("unknown")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/v1/tasks"),
        ("post", f"/v1/tasks/{UNKNOWN}/assignments"),
        ("post", f"/v1/tasks/{UNKNOWN}/decisions"),
        ("post", f"/v1/trajectories/{UNKNOWN}/actions"),
        ("post", "/v1/stand-ins"),
        ("post", "/v1/safety-concerns"),
    ],
)
async def test_nobody_comes_in_without_a_token(web: AsyncClient, method: str, path: str) -> None:
    answer = await web.request(method, path, json={})

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


async def test_many_are_taken_one_is_handed_over_and_one_put_off(
    web: AsyncClient, office: Office, sign_in: SignIn
) -> None:
    pile = [task(), task(TaskKind.HOLD_REVIEW)]
    await office.open(*pile)
    other = person("Omar", Role.SUPPORTER)
    async with office.database.transaction() as tx:
        await welcome(tx, other, now=MONDAY)
    headers, ids = sign_in(COLLEAGUE), [str(each.task_id) for each in pile]
    unknown = str(uuid4())
    chosen = {"task_ids": [*ids, unknown], "assignment": "take"}
    taken = await web.post("/v1/assignments", json=chosen, headers=headers)
    assert {each["task_id"]: each["refused"] for each in taken.json()} == {
        **dict.fromkeys(ids),
        unknown: "unknown-task",
    }

    given = {"to": str(other.person), "reason": "too-busy"}
    handed = await web.post(f"/v1/tasks/{ids[0]}/hand-overs", json=given, headers=headers)
    rested = await web.post(f"/v1/tasks/{ids[1]}/snoozes", json={"until": "2027-03-08"}, headers=headers)
    too_far = await web.post(f"/v1/tasks/{ids[1]}/snoozes", json={"until": "2028-03-08"}, headers=headers)
    resting = await web.get("/v1/tasks", params={"whose": "snoozed"}, headers=headers)
    told = await web.get(f"/v1/tasks/{ids[0]}/changes", headers=headers)

    assert handed.json()["taken_by"] == str(other.person)
    assert rested.json()["snoozed_until"] == "2027-03-08"
    assert (too_far.status_code, too_far.json()["code"]) == (409, "too-far-away")
    assert [each["id"] for each in resting.json()] == [ids[1]]
    assert [(each["what"], each["reason"]) for each in told.json()] == [
        ("handed-over", "too-busy"),
        ("taken", None),
        ("opened", None),
    ]


async def test_a_search_is_kept_by_who_made_it(web: AsyncClient, office: Office, sign_in: SignIn) -> None:
    search = {"search_id": str(uuid4()), "name": "Te laat", "whose": "team", "due": "late"}
    kept = await web.post("/v1/searches", json=search, headers=sign_in(COLLEAGUE))
    mine = await web.get("/v1/searches", headers=sign_in(COLLEAGUE))
    theirs = await web.get("/v1/searches", headers=sign_in(HOLDER))
    stolen = await web.delete(f"/v1/searches/{search['search_id']}", headers=sign_in(HOLDER))
    gone = await web.delete(f"/v1/searches/{search['search_id']}", headers=sign_in(COLLEAGUE))

    assert kept.status_code == 201
    assert [each["name"] for each in mine.json()] == ["Te laat"]
    assert (theirs.json(), stolen.status_code, gone.status_code) == ([], 404, 200)
