"""A decider asks something back: in codes, once, and the answer comes back to who asked."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from fastapi import FastAPI

from services.budget.events import SpendingRequestDecided, Verdict
from services.desk import asking_store, bus, handlers, store
from services.desk.__main__ import SERVICE
from services.desk.commands import AnswerQuestion, AskBack
from services.desk.contracts import TaskKind
from services.shared.access import Actor
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import ASKER, HOLDER, MONDAY, OTHER_HOLDER, REQUEST, SEEN, TEAM, Office, person, question, task
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines
FIRST = stable_id("question", 1)
WHO_ASKED = Actor(person=ASKER, roles=frozenset({Role.SUPPORTER}))
DECIDED = SpendingRequestDecided(
    request_id=REQUEST,
    trajectory_id=stable_id("trajectory"),
    programme="kansrijk-emmen",
    category="bicycle",
    amount_cents=40_000,
    urgent=False,
    verdict=Verdict.WITHDRAWN,
    reason="withdrawn-by-asker",
    deciders=(),
)


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert made is not None
    return made


async def ask(office: Office, actor: Actor = HOLDER, *, question_id: UUID = FIRST, **changes: object) -> UUID | Refused:
    values = {"question_id": question_id, "task_id": question().task_id, "question": "cheaper-way"}
    command = AskBack.model_validate(values | changes)
    async with office.database.transaction() as tx:
        return await handlers.ask_back(tx, command, now=MONDAY, actor=actor)


async def answer(office: Office, actor: Actor = WHO_ASKED, said: str = "no-other-way") -> UUID | Refused:
    command = AnswerQuestion.model_validate({"question_id": FIRST, "answer": said})
    async with office.database.transaction() as tx:
        return await handlers.answer_question(tx, command, now=MONDAY, actor=actor)


async def asked_about(office: Office) -> list[asking_store.AskedBack]:
    async with office.database.transaction() as tx:
        return await asking_store.questions_about(tx, question().task_id)


async def answering_task(office: Office) -> store.Task:
    (asked,) = await asked_about(office)
    return await office.task(asked.answer_task_id)


async def test_a_question_lands_with_who_asked_for_the_money_and_the_decision_stays_open(office: Office) -> None:
    await office.open(question())

    assert await ask(office) == FIRST
    assert await ask(office) == FIRST, "a double click asks once"

    theirs = await answering_task(office)
    assert (theirs.kind, theirs.taken_by, theirs.subject_id) == (TaskKind.ANSWER_QUESTION, ASKER, REQUEST)
    assert theirs.due_on == date(2027, 3, 4), "three working days"
    mine = await office.task(question().task_id)
    assert (mine.closed_at, mine.taken_by) == (None, HOLDER.person), "the answer comes back to who asked"


async def test_the_answer_closes_its_own_task_and_stands_with_the_decision(office: Office) -> None:
    await office.open(question())
    await ask(office)

    assert await answer(office) == question().task_id
    assert await answer(office) == question().task_id, "the same answer again changes nothing"
    assert await answer(office, said="can-wait") == Refused("answered-before")

    (asked,) = await asked_about(office)
    assert (asked.code, asked.answer, asked.answered_by) == ("cheaper-way", "no-other-way", ASKER)
    assert (await answering_task(office)).outcome == "answered"
    assert (await office.task(question().task_id)).closed_at is None


async def test_only_who_may_decide_asks_and_one_question_at_a_time(office: Office) -> None:
    await office.open(question())

    assert await ask(office, WHO_ASKED) == Refused("not-in-role")
    assert await ask(office, Actor(person=ASKER, roles=HOLDER.roles)) == Refused("excluded")
    assert await ask(office) == FIRST
    assert await ask(office, OTHER_HOLDER, question_id=stable_id("question", 2)) == Refused("question-open")
    assert await ask(office, OTHER_HOLDER) == Refused("id-already-used")
    assert await answer(office, person("Passer-by", Role.MATCHER)) == Refused("not-in-role")


async def test_questions_have_a_bound(office: Office) -> None:
    await office.open(question())
    for number in range(1, asking_store.QUESTIONS_MAX + 1):
        assert await ask(office, question_id=stable_id("question", number))
        command = AnswerQuestion.model_validate({"question_id": stable_id("question", number), "answer": "can-wait"})
        async with office.database.transaction() as tx:
            assert await handlers.answer_question(tx, command, now=MONDAY, actor=WHO_ASKED) == question().task_id

    assert await ask(office, question_id=stable_id("question", 99)) == Refused("too-many-questions")


async def test_nobody_can_be_asked_about_a_batch(office: Office) -> None:
    many = (ASKER, stable_id("another"))
    batch = task(
        TaskKind.RELEASE_BATCH, roles=(Role.BUDGET_HOLDER,), workflow=REQUEST, digest=SEEN, excluded=many, number=2
    )
    await office.open(batch)

    assert await ask(office, task_id=batch.task_id) == Refused("nobody-to-ask")


async def test_a_question_of_what_is_decided_meanwhile_leaves_the_list(office: Office) -> None:
    await office.open(question())
    await ask(office)

    async with office.database.transaction() as tx:
        await bus.on_spending_request_decided(tx, DECIDED, MONDAY)

    assert await office.open_ids() == []
    assert await answer(office) == Refused("task-closed")


async def test_the_first_door_knows_which_seats_are_left(office: Office) -> None:
    both = question(
        roles=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER),
        deciders=2,
        seats=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER),
    )
    await office.open(both, task())

    async with office.database.transaction() as tx:
        found = await store.task_by_id(tx, both.task_id)
        assert found is not None
        judged = await handlers.question_of(tx, found)
        plain = await asking_store.mandate_of(tx, task().task_id)

    assert judged.seats == (Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER)
    assert plain == asking_store.Needed()


async def test_a_question_is_read_by_whom_it_was_asked_of_and_by_who_sees_the_family_alone(
    office: Office, app: FastAPI
) -> None:
    await office.open(question())
    await ask(office)
    theirs = await answering_task(office)
    here = frozenset({theirs.programme})
    asker = replace(WHO_ASKED, programmes=here)
    coordinator = replace(person("Marieke", Role.TEAM_COORDINATOR), programmes=here, team=TEAM)
    of_another_team = replace(person("Ria", Role.SUPPORTER), programmes=here, team="wij-elders")

    found = {}
    for reader in (asker, coordinator, of_another_team):
        async with signed_in(app, reader) as client:
            found[reader] = (await client.get(f"/vragen/{theirs.id}")).status_code
    assert found == {asker: 200, coordinator: 200, of_another_team: 404}


async def test_questions_and_answers_stay_readable_after_the_decision_for_who_was_asked_and_who_sees_the_money(
    office: Office, app: FastAPI
) -> None:
    await office.open(question())
    path = f"/panelen/vragen/{REQUEST}"
    here = frozenset({question().programme})
    asker = replace(WHO_ASKED, programmes=here)
    readers = (asker, HOLDER, person("Marieke", Role.TEAM_COORDINATOR))
    async with signed_in(app, asker) as mine:
        assert (await mine.get(path, headers={"HX-Request": "true"})).text.strip() == "", "nothing was asked"
        assert "Over deze aanvraag is niets gevraagd." in (await mine.get(path)).text
        await ask(office)
        assert "Beantwoord deze vraag" in (await mine.get(path)).text
        await answer(office)
    second = stable_id("question", 2)
    await ask(office, question_id=second, question="when-needed")
    async with office.database.transaction() as tx:
        await bus.on_spending_request_decided(tx, DECIDED, MONDAY)

    for reader in readers:
        async with signed_in(app, reader) as client:
            told = (await client.get(path)).text
        said = (
            "Kan het goedkoper of tweedehands?",
            "Gevraagd door",
            "1 maart 2027",
            "Het kan niet op een andere manier.",
            "Beantwoord door",
            "Wanneer is het nodig?",
            "Geen antwoord: er is al besloten.",
        )
        places = [told.index(each) for each in said]
        assert places == sorted(places), "oldest first"
        assert "Beantwoord deze vraag" not in told
    for stranger in (person("Mo", Role.MATCHER), replace(person("Ria", Role.SUPPORTER), team="wij-elders")):
        async with signed_in(app, stranger) as client:
            assert (await client.get(path)).status_code == 403


async def test_who_asked_is_told_that_it_was_answered_until_they_read_it(office: Office, app: FastAPI) -> None:
    await office.open(question())
    await ask(office)
    told = "Je vraag is beantwoord"
    pages = ("/werklijst", f"/taken/{question().task_id}")

    async def is_told(reader: Actor) -> list[bool]:
        async with signed_in(app, reader) as client:
            return [told in (await client.get(page)).text for page in pages]

    assert await is_told(HOLDER) == [False, False], "nobody answered yet"
    await answer(office)
    assert await is_told(HOLDER) == [True, True]
    assert await is_told(OTHER_HOLDER) == [False, False], "it was not theirs"
    async with signed_in(app, OTHER_HOLDER) as client:
        assert (await client.get(f"/besluiten/{REQUEST}?gezien={SEEN}")).status_code == 200
    assert await is_told(HOLDER) == [True, True], "another's reading is not theirs"
    async with signed_in(app, HOLDER) as client:
        assert "Het kan niet op een andere manier" in (await client.get(f"/besluiten/{REQUEST}?gezien={SEEN}")).text
    assert await is_told(HOLDER) == [False, False]


async def test_a_question_to_answer_says_on_list_and_page_which_money_it_is_about(office: Office, app: FastAPI) -> None:
    await office.open(question())
    await ask(office)
    theirs = await answering_task(office)
    asker = replace(person("Sanne", Role.SUPPORTER), person=ASKER)
    async with signed_in(app, asker) as client:
        for page in ("/werklijst", f"/taken/{theirs.id}"):
            shown = (await client.get(page)).text
            assert f'data-aanvraag="{REQUEST}"' in shown
            assert f'name="aanvraag" value="{REQUEST}"' in shown
