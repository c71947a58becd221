"""Plans over HTTP: a tandem opens the pages of its own families, and of no others."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from services.matching.events import TandemConfirmed, TandemEnded
from services.plans import bus
from services.plans.__main__ import SERVICE
from services.plans.events import Contributor, Phase
from services.shared.access import Actor, issue_token
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.hearing import hears
from tests.plans.household import CALM, FATIMA, HENK, PROGRAMME, STARTED, Household, goal

pytestmark = pytest.mark.engines

NOW = morning_of(STARTED)
BEIJUM: dict[str, Any] = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"}), "team": "wij-beijum"}
COORDINATOR = Actor(person=stable_id("person", "Marieke"), roles=frozenset({Role.TEAM_COORDINATOR}), **BEIJUM)
COLLEAGUE = Actor(person=stable_id("person", "Joost"), roles=frozenset({Role.SUPPORTER}), **BEIJUM)
OTHER_SUPPORTER = Actor(person=stable_id("person", "Ria"), roles=frozenset({Role.SUPPORTER}))
TANDEM_ID = UUID(int=1)
LETTERS = goal("Alle brieven open en beantwoord")

Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("plans")


@pytest.fixture
async def web(database: Database, placeholder_settings: Settings) -> AsyncIterator[AsyncClient]:
    app = await SERVICE.web(placeholder_settings, database=database, clock=lambda: NOW)
    assert app is not None
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://plans") as client:
        yield client


@pytest.fixture
def as_(placeholder_settings: Settings) -> Headers:
    """The headers of somebody who is signed in."""
    secret = placeholder_settings.secret.get_secret_value()
    return lambda actor: {"Authorization": f"Bearer {issue_token(secret, actor, now=NOW)}"}


@pytest.fixture
async def family(database: Database) -> Household:
    """A family that works with Henk and Fatima."""
    household = Household(database)
    await household.opens()
    confirmed = TandemConfirmed(
        trajectory_id=household.trajectory_id,
        family_id=household.family_id,
        tandem_id=TANDEM_ID,
        supporter_id=HENK.person,
        buddy_id=FATIMA.person,
        replaces=False,
        waited_days=3,
        team="wij-beijum",
    )
    await hears(database, bus.consumer, confirmed, now=NOW)
    return household


def _draft(family: Household) -> dict[str, Any]:
    return {
        "trajectory_id": str(family.trajectory_id),
        "situation": "Wij slapen slecht van de brieven.",
        "wishes": "Weer samen eten zonder zorgen.",
        "goals": [LETTERS.model_dump(mode="json")],
    }


async def test_a_supporter_writes_the_plan_down_and_the_buddy_reads_it(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    trajectory = str(family.trajectory_id)
    drafted = await web.post("/v1/plan-drafts", json=_draft(family), headers=as_(HENK))
    agreement = {"trajectory_id": trajectory, "version": 1}
    agreed = await web.post("/v1/plan-agreements", json=agreement, headers=as_(HENK))
    step = {
        "trajectory_id": trajectory,
        "step_id": str(UUID(int=9)),
        "goal_id": str(LETTERS.goal_id),
        "words": "Samen de stapel sorteren",
        "who": "buddy",
    }
    stepped = await web.post("/v1/steps", json=step, headers=as_(FATIMA))

    assert [answer.status_code for answer in (drafted, agreed, stepped)] == [200, 200, 200]
    plan = (await web.get(f"/v1/trajectories/{trajectory}/plans", headers=as_(FATIMA))).json()
    assert (plan["versions"][0]["state"], plan["goals"][0]["words"]) == ("agreed", LETTERS.words)
    assert plan["steps"][0]["who"] == "buddy"


async def test_a_draft_made_from_what_a_colleague_changed_meanwhile_changes_nothing(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    plans = f"/v1/trajectories/{family.trajectory_id}/plans"
    nothing_yet = (await web.get(plans, headers=as_(HENK))).json()["mark"]
    first = _draft(family) | {"seen": nothing_yet}
    sent = [await web.post("/v1/plan-drafts", json=first, headers=as_(HENK)) for _ in range(2)]
    seen = (await web.get(plans, headers=as_(HENK))).json()["mark"]
    mine, theirs = ({"seen": seen, "wishes": wishes} for wishes in ("Rust.", "Werk."))
    changed = await web.post("/v1/plan-drafts", json=first | theirs, headers=as_(HENK))
    late = [
        await web.post("/v1/plan-drafts", json=first | each, headers=as_(HENK))
        for each in (mine, mine | {"seen": nothing_yet}, mine | {"seen": "no mark"})
    ]
    again = await web.post("/v1/plan-drafts", json=first | theirs, headers=as_(HENK))

    assert [answer.json()["changed"] for answer in (*sent, changed, again)] == [True, False, True, False]
    assert {(answer.status_code, answer.json()["code"]) for answer in late} == {(409, "changed-meanwhile")}
    there = (await web.get(plans, headers=as_(HENK))).json()
    assert there["versions"][0]["wishes"] == "Werk."
    unsaid = await web.post("/v1/plan-drafts", json=_draft(family), headers=as_(HENK))
    assert unsaid.status_code == 409, "who says nothing says that there was no plan"


@pytest.mark.parametrize("pages", ["", "/plans", "/reviews", "/measurements", "/hours", "/aftercare-calls"])
async def test_another_supporter_opens_none_of_a_familys_pages(
    web: AsyncClient, as_: Headers, family: Household, pages: str
) -> None:
    path = f"/v1/trajectories/{family.trajectory_id}{pages}"

    assert (await web.get(path)).status_code == 401
    assert (await web.get(path, headers=as_(OTHER_SUPPORTER))).status_code == 403
    assert (await web.get(path, headers=as_(HENK))).status_code == 200
    assert (await web.get(path, headers=as_(COORDINATOR))).status_code == 200


async def test_a_buddy_sees_no_scores_and_holds_no_reviews(web: AsyncClient, as_: Headers, family: Household) -> None:
    path = f"/v1/trajectories/{family.trajectory_id}/measurements"
    review = {"trajectory_id": str(family.trajectory_id), "number": 1, "ready_to_let_go": True}

    assert (await web.get(path, headers=as_(FATIMA))).status_code == 403
    assert (await web.post("/v1/reviews", json=review, headers=as_(FATIMA))).status_code == 403


async def test_another_supporter_changes_nothing(web: AsyncClient, as_: Headers, family: Household) -> None:
    refused = await web.post("/v1/plan-drafts", json=_draft(family), headers=as_(OTHER_SUPPORTER))

    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-family")
    plan = await web.get(f"/v1/trajectories/{family.trajectory_id}/plans", headers=as_(HENK))
    assert plan.json()["versions"] == []


async def test_a_colleague_of_the_team_sees_how_far_a_family_is_but_not_its_plan(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    path = f"/v1/trajectories/{family.trajectory_id}"

    assert (await web.get(path, headers=as_(COLLEAGUE))).status_code == 200
    assert (await web.get(f"{path}/plans", headers=as_(COLLEAGUE))).status_code == 403


async def test_whether_a_family_exists_is_told_to_nobody_who_may_not_see_it(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    answers = [
        await web.get(f"/v1/trajectories/{trajectory_id}", headers=as_(OTHER_SUPPORTER))
        for trajectory_id in (family.trajectory_id, UUID(int=404))
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "not-your-family")] * 2


async def test_whoever_reads_a_plan_is_written_down_and_who_may_not_is_not(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    path = f"/v1/trajectories/{family.trajectory_id}/plans"
    for actor in (HENK, OTHER_SUPPORTER, FATIMA):
        await web.get(path, headers=as_(actor))

    reading = family.database.tables.reading
    async with family.database.transaction() as tx:
        rows = (await tx.execute(select(reading).order_by(reading.c.position))).all()
    assert [(row.person, row.family_id, row.what, row.at) for row in rows] == [
        (actor.person, family.family_id, "plan", NOW) for actor in (HENK, FATIMA)
    ]


async def test_a_tandem_that_ended_opens_nothing_any_more(web: AsyncClient, as_: Headers, family: Household) -> None:
    ended = TandemEnded(trajectory_id=family.trajectory_id, tandem_id=TANDEM_ID, reason="moved")
    await hears(family.database, bus.consumer, ended, now=NOW)

    assert (await web.get(f"/v1/trajectories/{family.trajectory_id}", headers=as_(HENK))).status_code == 403


async def test_wrong_scores_are_a_conflict_that_names_the_dimensions(
    web: AsyncClient, as_: Headers, family: Household
) -> None:
    measurement = {
        "trajectory_id": str(family.trajectory_id),
        "number": 1,
        "instrument": "kansen-check",
        "scores": CALM | {"stress": 11},
    }

    answer = await web.post("/v1/measurements", json=measurement, headers=as_(HENK))

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-scores")
    assert [error["code"] for error in answer.json()["errors"]] == ["stress"]


async def test_hours_are_logged_by_whoever_gave_them(web: AsyncClient, as_: Headers, family: Household) -> None:
    def entry(contributor: Contributor) -> dict[str, Any]:
        return {
            "entry_id": str(UUID(int=5)),
            "trajectory_id": str(family.trajectory_id),
            "contributor": contributor,
            "minutes": 90,
            "on": str(STARTED),
        }

    as_professional = await web.post("/v1/hours", json=entry(Contributor.PROFESSIONAL), headers=as_(FATIMA))
    as_buddy = await web.post("/v1/hours", json=entry(Contributor.BUDDY), headers=as_(FATIMA))

    assert (as_professional.status_code, as_buddy.status_code) == (403, 200)
    hours = await web.get(f"/v1/trajectories/{family.trajectory_id}/hours", headers=as_(HENK))
    assert hours.json() == {"hours": [{"contributor": "buddy", "minutes": 90}]}


async def test_a_closed_trajectory_takes_no_review(web: AsyncClient, as_: Headers, family: Household) -> None:
    await family.enters(Phase.WORKING_TOGETHER)
    await family.closes()
    review = {"trajectory_id": str(family.trajectory_id), "number": 1, "ready_to_let_go": True}

    answer = await web.post("/v1/reviews", json=review, headers=as_(COORDINATOR))

    assert (answer.status_code, answer.json()["code"]) == (409, "trajectory-closed")


async def test_a_familys_words_never_come_back_in_an_error(web: AsyncClient, as_: Headers, family: Household) -> None:
    words = "Dit hoort niemand te lezen"

    answer = await web.post("/v1/plan-drafts", json=_draft(family) | {"wishes": [words]}, headers=as_(HENK))

    assert answer.status_code == 400
    assert words not in answer.text
