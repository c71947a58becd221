"""The form of the plan: made and changed with the family, agreed to by it, and never written over unseen."""

import re

import httpx
import pytest
from fastapi import FastAPI

from services.plans import journal_store, store
from services.plans.domain import Change, PlanState
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.plans.household import Household, goal, trajectory_of
from tests.screens.people import hidden, signed_in

FAMILY = trajectory_of("Van der Veen")


@pytest.fixture
async def family(database: Database) -> Household:
    """A family that makes its plan with Henk and Fatima."""
    household = Household(database)
    await household.finds_its_tandem()
    return household


async def a_plan(client: httpx.AsyncClient, **changes: str) -> httpx.Response:
    """The form of the plan, filled in and sent."""
    opened = await client.get(f"/plannen/{FAMILY}")
    told = {
        "seen": hidden(opened, "seen"),
        "rows": "2",
        "situation": "Wij slapen slecht.",
        "wishes": "Weer samen eten.",
        "goal-1-id": hidden(opened, "goal-1-id"),
        "goal-1-words": "Schulden weg",
        "goal-1-theme": "money",
        "goal-1-place": "2",
        "goal-2-id": hidden(opened, "goal-2-id"),
        "goal-2-words": "Beter slapen",
        "goal-2-theme": "health",
        "goal-2-place": "1",
    }
    return await client.post(f"/plannen/{FAMILY}", data=told | changes)


def told_in(page: httpx.Response, rows: int) -> dict[str, str]:
    """What the form of the plan says as it was opened, ready to be sent."""
    hiddens = ["seen", "rows", *(f"goal-{number}-id" for number in range(1, rows + 1))]
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page.text)
    chosen = re.findall(r'name="(goal-\d-theme)"(?:(?!</select>).)*?value="([^"]+)" selected', page.text, re.DOTALL)
    places = {f"goal-{number}-place": str(number) for number in range(1, rows + 1)}
    return {name: hidden(page, name) for name in hiddens} | dict(areas) | dict(chosen) | places


async def agrees(client: httpx.AsyncClient, page: httpx.Response, **changes: str) -> httpx.Response:
    """What somebody sends who presses 'Ja, het gezin is akkoord' on this page, after typing something more."""
    return await client.post(f"/plannen/{FAMILY}", data=told_in(page, 3) | changes | {"agree": "yes"})


async def test_a_plan_is_made_and_agreed_to_what_weighs_most_first(family: Household, henk: httpx.AsyncClient) -> None:
    goals_at_request = f"/panelen/doelen/{FAMILY}"
    assert 'name="plan" value="none"' in (await henk.get(goals_at_request)).text
    saved = await a_plan(henk)
    assert saved.status_code == 303
    assert 'name="plan" value="none"' in (await henk.get(goals_at_request)).text, "the words of a draft still change"
    [first, _] = await family.reads(store.goals, FAMILY)
    assert (await henk.get(f"/panelen/doel/{FAMILY}/{first.id}")).status_code == 404, "nobody decides by such words"
    draft = await henk.get(f"/plannen/{FAMILY}")
    agreed = await agrees(henk, draft)
    assert 'name="goal"' in (await henk.get(goals_at_request)).text

    assert agreed.headers["location"] == f"/desk/gezinnen/{FAMILY}?bewaard=ja"
    [plan] = await family.reads(store.plans, FAMILY)
    goals = await family.reads(store.goals, FAMILY)
    assert plan.state is PlanState.AGREED
    assert [each.words for each in goals] == ["Beter slapen", "Schulden weg"]
    assert "Beter slapen" in (await henk.get(f"/panelen/doel/{FAMILY}/{goals[0].id}")).text
    panel = await henk.get(f"/panelen/plan/{FAMILY}", headers={"HX-Request": "true"})
    assert "Schulden weg" in panel.text
    assert "<html" not in panel.text
    assert "<html" in (await henk.get(f"/panelen/plan/{FAMILY}")).text


async def test_a_family_says_yes_below_what_it_says_yes_to_and_reads_what_can_be_changed_later(
    family: Household, henk: httpx.AsyncClient
) -> None:
    await a_plan(henk)
    draft = (await henk.get(f"/plannen/{FAMILY}")).text

    told = ("Bewaard. Lees het plan samen door.", 'href="#akkoord"', "Schulden weg", ">Bewaren<", 'id="akkoord"')
    places = [draft.index(each) for each in (*told, "blijven de woorden van deze doelen zo staan", 'name="agree"')]
    assert places == sorted(places), "read from top to bottom, by keyboard and by Enter in a field too"
    assert "kan altijd" not in draft


async def test_how_it_goes_now_stands_in_the_dossier_with_who_wrote_it_and_when_and_not_for_a_buddy(
    family: Household, henk: httpx.AsyncClient, fatima: httpx.AsyncClient
) -> None:
    await a_plan(henk)
    draft = await henk.get(f"/panelen/plan/{FAMILY}")
    read = await henk.get(f"/plannen/{FAMILY}")
    await agrees(henk, read)
    agreed = await henk.get(f"/panelen/plan/{FAMILY}")

    for panel in (draft, agreed):
        assert "Wij slapen slecht." in panel.text
        assert "Opgeschreven op 1 februari 2023" in panel.text
    assert "Wij slapen slecht." not in (await fatima.get(f"/panelen/plan/{FAMILY}")).text


async def test_a_plan_has_its_goals_and_one_more_to_fill_in_however_often_it_is_saved(
    family: Household, henk: httpx.AsyncClient
) -> None:
    def goals(form: httpx.Response) -> int:
        return len(re.findall(r'name="goal-\d+-words"', form.text))

    assert goals(await henk.get(f"/plannen/{FAMILY}")) == 2
    for wishes in ("Weer samen eten.", "Weer samen eten en lachen."):
        told = {
            "goal-1-id": str(stable_id("goal", 1)),
            "goal-2-id": str(stable_id("goal", 2)),
            "goal-1-place": "1",
            "goal-2-place": "2",
        }
        assert (await a_plan(henk, wishes=wishes, **told)).status_code == 303
        saved = await henk.get(f"/plannen/{FAMILY}")
        assert goals(saved) == 3
    more = await henk.post(
        f"/plannen/{FAMILY}",
        data={
            "seen": hidden(saved, "seen"),
            "rows": "1",
            "situation": "",
            "wishes": "",
            "goal-1-id": str(stable_id("goal", 1)),
            "goal-1-words": "Schulden weg",
            "goal-1-theme": "money",
            "more": "yes",
        },
    )
    assert goals(more) == 3, "one that is filled in, and two to fill in"


async def test_a_plan_that_is_sent_twice_is_saved_once_and_nobody_is_told_that_it_changed(
    family: Household, henk: httpx.AsyncClient
) -> None:
    opened = await henk.get(f"/plannen/{FAMILY}")
    same = {name: hidden(opened, name) for name in ("seen", "goal-1-id", "goal-2-id")}
    answers = [await a_plan(henk, **same) for _ in range(2)]

    assert [each.status_code for each in answers] == [303, 303]
    history = await family.reads(journal_store.changes, FAMILY)
    assert [each.what for each in history].count(Change.PLAN_DRAFTED) == 1


async def test_before_there_is_a_tandem_talks_and_measurements_wait_for_it(database: Database, app: FastAPI) -> None:
    household = Household(database)
    await household.opens()
    await household.drafts(goal("Schulden weg"))
    await household.agrees(1)
    coordinator = Actor(
        person=stable_id("person", "Marieke"),
        roles=frozenset({Role.TEAM_COORDINATOR}),
        programmes=frozenset({"kansen-voor-kinderen-groningen"}),
        areas=frozenset({"beijum"}),
    )
    async with signed_in(app, coordinator) as client:
        panel = await client.get(f"/panelen/voortgang/{FAMILY}")

    assert "Die beginnen als er een tandem is." in panel.text
    assert "zodra het plan er is" not in panel.text


async def test_what_is_missing_is_said_at_its_field_and_on_top_and_nothing_is_lost(
    family: Household, henk: httpx.AsyncClient
) -> None:
    refused = await a_plan(henk, wishes="", **{"goal-1-theme": ""})

    assert refused.status_code == 400
    assert 'href="#wishes"' in refused.text
    assert 'id="wishes-error"' in refused.text
    assert 'href="#goal-1-theme"' in refused.text
    assert "Wij slapen slecht." in refused.text
    assert "Schulden weg" in refused.text
    assert await family.reads(store.plans, FAMILY) == []


async def test_a_second_editor_sees_what_changed_and_overwrites_nothing(
    family: Household, henk: httpx.AsyncClient
) -> None:
    before = hidden(await henk.get(f"/plannen/{FAMILY}"), "seen")
    await a_plan(henk)
    conflict = await a_plan(henk, seen=before, wishes="Iets anders.")

    assert conflict.status_code == 409
    assert "Weer samen eten." in conflict.text
    assert "Iets anders." in conflict.text
    [plan] = await family.reads(store.plans, FAMILY)
    assert plan.wishes == "Weer samen eten."


async def test_a_draft_that_changed_after_it_was_read_is_not_agreed_to(
    family: Household, henk: httpx.AsyncClient
) -> None:
    await a_plan(henk)
    read = await henk.get(f"/plannen/{FAMILY}")
    await a_plan(henk, wishes="Een grotere wens.")
    answer = await agrees(henk, read)

    assert answer.status_code == 409
    [plan] = await family.reads(store.plans, FAMILY)
    assert plan.state is PlanState.DRAFT


async def test_a_family_agrees_to_what_stands_on_the_screen_also_where_it_was_typed_after_saving(
    family: Household, henk: httpx.AsyncClient
) -> None:
    await a_plan(henk)
    read = await henk.get(f"/plannen/{FAMILY}")
    typed = {"goal-1-words": "Beter slapen, elke nacht", "wishes": "Samen eten en lachen."}
    answers = [await agrees(henk, read, **typed) for _ in range(2)]

    assert [each.headers["location"] for each in answers] == [f"/desk/gezinnen/{FAMILY}?bewaard=ja"] * 2
    [plan] = await family.reads(store.plans, FAMILY)
    goals = await family.reads(store.goals, FAMILY)
    assert (plan.state, plan.wishes) == (PlanState.AGREED, "Samen eten en lachen.")
    assert [each.words for each in goals] == ["Beter slapen, elke nacht", "Schulden weg"]
    history = [each.what for each in await family.reads(journal_store.changes, FAMILY)]
    assert history.count(Change.PLAN_AGREED) == 1, "pressed twice"


async def test_what_is_missing_keeps_a_family_from_agreeing_and_nothing_that_was_typed_is_lost(
    family: Household, henk: httpx.AsyncClient
) -> None:
    await a_plan(henk)
    refused = await agrees(
        henk, await henk.get(f"/plannen/{FAMILY}"), **{"goal-1-words": "Elke nacht slapen", "wishes": ""}
    )

    assert (refused.status_code, 'href="#wishes"' in refused.text) == (400, True)
    assert "Elke nacht slapen" in refused.text
    [plan] = await family.reads(store.plans, FAMILY)
    assert plan.state is PlanState.DRAFT


@pytest.mark.parametrize("button", [{}, {"agree": "yes"}])
async def test_a_goal_typed_over_one_that_was_agreed_to_meanwhile_is_told_and_kept(
    family: Household, henk: httpx.AsyncClient, button: dict[str, str]
) -> None:
    await a_plan(henk)
    read = await henk.get(f"/plannen/{FAMILY}")
    await agrees(henk, read)
    typed = told_in(read, 3) | {"goal-1-words": "Elke nacht slapen"} | button
    answer = await henk.post(f"/plannen/{FAMILY}", data=typed)

    assert answer.status_code == 409
    assert ("Elke nacht slapen" in answer.text, "Beter slapen" in answer.text) == (True, True)
    assert len(await family.reads(store.plans, FAMILY)) == 1
    assert [each.words for each in await family.reads(store.goals, FAMILY)] == ["Beter slapen", "Schulden weg"]


async def test_who_changes_language_keeps_a_plan_as_it_was_typed_and_saves_nothing(
    family: Household, henk: httpx.AsyncClient
) -> None:
    asked = await henk.get(f"/plannen/{FAMILY}")
    typed = {"goal-1-words": "", "goal-1-theme": "money", "goal-2-words": "Beter slapen", "wishes": ""}
    assert f'formaction="/taal?taal=en&amp;naar=/plans/plannen/{FAMILY}"' in asked.text
    english = await a_plan(henk, taal="en", **typed)

    assert english.status_code == 200
    assert "Wij slapen slecht." in english.text
    again = told_in(english, 2)
    assert (again["goal-2-words"], again["goal-1-theme"], again["seen"]) == (
        "Beter slapen",
        "money",
        hidden(asked, "seen"),
    )
    assert 'class="utrecht-form-field-error-message"' not in english.text
    assert await family.reads(store.plans, FAMILY) == []


async def test_room_for_more_goals_keeps_what_was_filled_in(family: Household, henk: httpx.AsyncClient) -> None:
    more = await a_plan(henk, more="yes")

    assert more.status_code == 200
    assert "Schulden weg" in more.text
    assert 'name="goal-4-words"' in more.text
    assert await family.reads(store.plans, FAMILY) == []
