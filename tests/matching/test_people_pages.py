"""Where people work, in which team and for how many families is changed on a page; and so is that somebody leaves."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from services.matching import handlers, store
from services.matching.__main__ import SERVICE
from services.matching.commands import ChangePerson
from services.matching.domain import Person, person_digest
from services.matching.events import PersonChanged, PersonLeft, PersonRegistered, TandemPart
from services.matching.pages.people import LeaveReason
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.matching.town import PROGRAMME, TODAY, asks, at, buddy, registration, request, supporter, who
from tests.screens.people import person, signed_in

pytestmark = pytest.mark.engines

HENK, FATIMA = who("Henk"), who("Fatima")
HERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"}), "team": "wij-beijum"}
MATCHER = person("Mila", Role.MATCHER, **HERE)
NEW = {
    "areas": ["beijum", "lewenborg"],
    "languages": ["nl", "ar"],
    "themes": ["money"],
    "team": "wij-beijum",
    "capacity": "3",
}
YASMINE, SAMI = who("Yasmine"), who("Sami")
NEW_BUDDY = NEW | {"trainings": ["buddy-basics"], "vog_until": "2026-05-01", "capacity": "1"}


def newcomer(person_id: UUID, part: str = "buddy") -> str:
    return f"/mensen/nieuw/{PROGRAMME}/{part}/{person_id}"


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    database = service_database("matching")
    async with database.transaction() as tx:
        for each in (supporter("Henk"), buddy("Fatima")):
            await handlers.register_person(tx, registration(each), now=at(TODAY))
    return database


@pytest.fixture
async def app(database: Database, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=database, clock=lambda: at(TODAY))
    assert made is not None
    return made


@pytest.fixture
async def matcher(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, MATCHER) as client:
        yield client


async def _person(database: Database, person_id: UUID) -> Person:
    async with database.transaction() as tx:
        return (await store.persons(tx, [person_id]))[person_id]


async def _told(database: Database, kind: type[PersonChanged] | type[PersonLeft] | type[PersonRegistered]) -> int:
    outbox = store.tables.outbox
    async with database.transaction() as tx:
        query = select(func.count()).select_from(outbox).where(outbox.c.type == kind.type)
        return int((await tx.execute(query)).scalar_one())


async def _seen(client: httpx.AsyncClient, person_id: UUID) -> str:
    form = (await client.get(f"/mensen/{person_id}")).text
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', form)
    assert found is not None
    return found[1]


async def test_the_list_names_who_there_is_with_room_and_certificate(matcher: httpx.AsyncClient) -> None:
    shown = (await matcher.get("/mensen")).text

    assert (f"/desk/collega/{HENK}" in shown, f"/desk/collega/{FATIMA}" in shown) == (True, True)
    assert "Kansen voor Kinderen Groningen</p>" in shown
    assert f"/desk/begeleiders/{PROGRAMME}" in shown, "where somebody is added"
    assert ("Begeleiders (gezinsondersteuner)" in shown, "Buddy&#39;s (" in shown) == (True, False)
    assert ("Nu 0 gezinnen, hoogstens 12" in shown, "VOG tot 31 december 2025" in shown) == (True, True)
    assert f"/matching/mensen/{HENK}/vertrek" in shown


async def test_the_list_opens_on_the_programme_in_which_families_wait_and_adds_people_there(
    app: FastAPI, database: Database
) -> None:
    other = "kansrijk-groningen"
    matcher = person("Mila", Role.MATCHER, **HERE | {"programmes": frozenset({PROGRAMME, other})})
    async with signed_in(app, matcher) as client:
        where_people_are = (await client.get("/mensen")).text
        async with database.transaction() as tx:
            await handlers.request_tandem(tx, replace(asks(request("De Boer")), programme=other), now=at(TODAY))
        where_families_wait = (await client.get("/mensen")).text
        asked_for = (await client.get("/mensen", params={"programma": PROGRAMME})).text

    for shown, programme in ((where_people_are, PROGRAMME), (where_families_wait, other), (asked_for, PROGRAMME)):
        assert f'value="{programme}" selected' in shown
        assert re.findall(r"/desk/begeleiders/([a-z-]+)", shown) == [programme]


async def test_team_areas_and_room_are_changed_once_however_often_the_form_is_sent(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    form = NEW | {"seen": await _seen(matcher, HENK)}
    answers = [await matcher.post(f"/mensen/{HENK}", data=form) for _ in range(2)]
    changed = await _person(database, HENK)

    assert [each.status_code for each in answers] == [303, 303]
    assert (set(changed.areas), changed.team, changed.capacity) == ({"beijum", "lewenborg"}, "wij-beijum", 3)
    assert await _told(database, PersonChanged) == 1


async def test_a_second_editor_sees_what_the_first_one_made_of_it_and_may_then_save(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    seen = await _seen(matcher, HENK)
    await matcher.post(f"/mensen/{HENK}", data=NEW | {"seen": seen})
    late = await matcher.post(f"/mensen/{HENK}", data=NEW | {"capacity": "7", "seen": seen})
    untouched = (await _person(database, HENK)).capacity
    new = re.search(r'name="seen" value="([0-9a-f]{64})"', late.text)
    assert new is not None
    again = await matcher.post(f"/mensen/{HENK}", data=NEW | {"capacity": "7", "seen": new[1]})

    assert (late.status_code, untouched, again.status_code) == (409, 3, 303)
    assert ("hoogstens 3" in late.text, 'value="7"' in late.text) == (True, True)
    assert (await _person(database, HENK)).capacity == 7


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"areas": []}, "areas"),
        ({"areas": ["de-maan"]}, "areas"),
        ({"languages": []}, "languages"),
        ({"themes": ["de-maan"]}, "themes"),
        ({"team": "een team dat er niet is"}, "team"),
        ({"capacity": "veel"}, "capacity"),
        ({"capacity": "101"}, "capacity"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_changes_nothing(
    matcher: httpx.AsyncClient, database: Database, wrong: dict[str, object], field: str
) -> None:
    before = await _person(database, HENK)
    answer = await matcher.post(f"/mensen/{HENK}", data=NEW | {"seen": person_digest(before)} | wrong)

    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert await _person(database, HENK) == before


async def test_a_new_buddy_is_in_the_list_once_however_often_the_form_is_sent(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    asked = (await matcher.get(newcomer(YASMINE))).text
    answers = [await matcher.post(newcomer(YASMINE), data=NEW_BUDDY) for _ in range(2)]
    new = await _person(database, YASMINE)

    assert ('name="trainings"' in asked, 'name="vog_until"' in asked) == (True, True)
    assert [each.status_code for each in answers] == [303, 303]
    assert (new.part, new.areas, new.languages) == (TandemPart.BUDDY, ("beijum", "lewenborg"), ("ar", "nl"))
    assert (new.trainings, new.vog_until, new.capacity) == (("buddy-basics",), date(2026, 5, 1), 1)
    assert await _told(database, PersonRegistered) == 3
    shown = (await matcher.get(answers[0].headers["location"].removeprefix("/matching"))).text
    assert (f"/desk/collega/{YASMINE}" in shown, "staat nu in de lijst" in shown) == (True, True)
    assert (await matcher.get(newcomer(YASMINE))).headers["location"] == f"/matching/mensen/{YASMINE}"


async def test_of_a_new_supporter_neither_training_nor_certificate_is_asked(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    asked = (await matcher.get(newcomer(SAMI, "supporter"))).text
    answer = await matcher.post(newcomer(SAMI, "supporter"), data=NEW | {"team": "none"})
    new = await _person(database, SAMI)

    assert ('name="trainings"' in asked, 'name="vog_until"' in asked) == (False, False)
    assert answer.status_code == 303
    assert (new.part, new.team, new.trainings, new.vog_until) == (TandemPart.SUPPORTER, None, (), None)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"areas": []}, "areas", "Vul dit nog in."),
        ({"languages": []}, "languages", "Vul dit nog in."),
        ({"trainings": ["de-maan"]}, "trainings", "Kies iets uit de lijst."),
        ({"vog_until": "morgen"}, "vog_until", "Dit is geen datum."),
        ({"vog_until": "2023-03-06"}, "vog_until", "Deze dag is al voorbij."),
        ({"capacity": ""}, "capacity", "Vul dit nog in."),
    ],
)
async def test_what_is_wrong_with_a_newcomer_is_told_at_its_field_and_nothing_that_was_typed_is_lost(
    matcher: httpx.AsyncClient, database: Database, wrong: dict[str, object], field: str, said: str
) -> None:
    answer = await matcher.post(newcomer(YASMINE), data=NEW_BUDDY | wrong)

    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert answer.text.count(said) == 2, "on top, and at the field"
    assert re.search(r'value="lewenborg" checked|value="nl" checked', answer.text)
    async with database.transaction() as tx:
        assert await store.persons(tx, [YASMINE]) == {}


@pytest.mark.parametrize("page", [newcomer(YASMINE), f"/mensen/{FATIMA}"])
async def test_who_changes_language_in_the_middle_keeps_what_was_typed_about_somebody_and_saves_nothing(
    matcher: httpx.AsyncClient, database: Database, page: str
) -> None:
    asked = (await matcher.get(page)).text
    seen = {"seen": await _seen(matcher, FATIMA)}
    answer = await matcher.post(page, data=NEW_BUDDY | {"areas": [], "capacity": "17", "taal": "en"} | seen)

    assert f'formaction="/taal?taal=en&amp;naar=/matching{page}"' in asked
    assert answer.status_code == 200
    assert ('value="17"' in answer.text, 'value="buddy-basics" checked' in answer.text) == (True, True)
    assert 'class="utrecht-form-field-error-message"' not in answer.text
    assert (await _person(database, FATIMA)).capacity != 17
    async with database.transaction() as tx:
        assert await store.persons(tx, [YASMINE]) == {}


async def test_nobody_is_buddy_and_supporter_at_once(matcher: httpx.AsyncClient, database: Database) -> None:
    asked = await matcher.get(newcomer(HENK, "buddy"))
    sent = await matcher.post(newcomer(HENK, "buddy"), data=NEW_BUDDY)

    assert "in de andere rol" in asked.text
    assert "<form method=" not in asked.text.partition("<main")[2]
    assert (sent.status_code, (await _person(database, HENK)).part) == (409, TandemPart.SUPPORTER)


async def test_a_buddy_who_brings_a_new_certificate_and_a_training_may_be_proposed(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    form = NEW | {"trainings": ["buddy-basics", "working-safely"], "vog_until": "2027-01-31"}
    answer = await matcher.post(f"/mensen/{FATIMA}", data=form | {"seen": await _seen(matcher, FATIMA)})
    changed = await _person(database, FATIMA)

    assert answer.status_code == 303
    assert (set(changed.trainings), changed.vog_until) == ({"buddy-basics", "working-safely"}, date(2027, 1, 31))


async def test_a_certificate_that_runs_out_stands_on_top_of_the_list_until_there_is_a_new_one(
    matcher: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as tx:
        for name, until in (("Amina", date(2023, 3, 6)), ("Bram", date(2023, 4, 1)), ("Cor", date(2024, 6, 1))):
            await handlers.register_person(tx, registration(buddy(name, vog_until=until)), now=at(TODAY))
    ending = (await matcher.get("/mensen")).text.partition('id="vog-kop"')[2].partition("</section>")[0]

    assert "De VOG is verlopen op 6 maart 2023" in ending
    assert "De VOG loopt af op 1 april 2023" in ending
    assert ending.index(str(who("Amina"))) < ending.index(str(who("Bram"))), "what ended first on top"
    assert (str(who("Cor")) in ending, str(FATIMA) in ending) == (False, False)
    for name in ("Amina", "Bram"):
        form = NEW | {"trainings": ["buddy-basics"], "vog_until": "2026-05-01"}
        await matcher.post(f"/mensen/{who(name)}", data=form | {"seen": await _seen(matcher, who(name))})
    assert 'id="vog-kop"' not in (await matcher.get("/mensen")).text


async def test_who_leaves_is_asked_why_and_leaves_once(matcher: httpx.AsyncClient, database: Database) -> None:
    path = f"/mensen/{HENK}/vertrek"
    assert "Open taken met gezinnen in dit programma gaan terug naar het team." in (await matcher.get(path)).text
    without_reason = await matcher.post(path, data={})
    in_english = await matcher.post(path, data={"reason": LeaveReason.OTHER_WORK.value, "taal": "en"})
    answers = [await matcher.post(path, data={"reason": LeaveReason.OTHER_WORK.value}) for _ in range(2)]

    assert (without_reason.status_code, 'href="#reason"' in without_reason.text) == (400, True)
    assert (in_english.status_code, 'value="other-work" checked' in in_english.text) == (200, True)
    assert [each.status_code for each in answers] == [303, 303]
    assert (await _person(database, HENK)).left_on == TODAY
    assert await _told(database, PersonLeft) == 1
    assert (await matcher.get(f"/mensen/{HENK}")).status_code == 404
    assert f"/desk/collega/{HENK}" not in (await matcher.get("/mensen")).text


async def test_people_of_another_programme_are_for_who_works_there(app: FastAPI, database: Database) -> None:
    elsewhere = person("Ria", Role.MATCHER, programmes=frozenset({"kansrijk-groningen"}))
    async with signed_in(app, elsewhere) as client:
        form = NEW | {"seen": person_digest(await _person(database, HENK))}
        answers = [
            await client.get("/mensen", params={"programma": PROGRAMME}),
            await client.get(f"/mensen/{HENK}"),
            await client.post(f"/mensen/{HENK}", data=form),
            await client.get(newcomer(YASMINE)),
            await client.post(newcomer(YASMINE), data=NEW_BUDDY),
            await client.get(f"/mensen/{HENK}/vertrek"),
            await client.post(f"/mensen/{HENK}/vertrek", data={"reason": LeaveReason.MOVES.value}),
        ]

    assert [each.status_code for each in answers] == [403] * 7
    assert (await _person(database, HENK)).left_on is None


async def test_a_programme_manager_reads_the_list_and_changes_nobody(app: FastAPI) -> None:
    async with signed_in(app, person("Piet", Role.PROGRAMME_MANAGER, **HERE)) as client:
        listed, form = await client.get("/mensen"), await client.get(f"/mensen/{HENK}")

    assert (listed.status_code, form.status_code) == (200, 403)
    assert f"/matching/mensen/{HENK}" not in listed.text


async def test_nobody_is_moved_to_an_area_that_the_programme_does_not_have(database: Database) -> None:
    henk = await _person(database, HENK)
    command = ChangePerson(
        person_id=HENK,
        areas=("de-maan",),
        languages=henk.languages,
        themes=henk.themes,
        trainings=henk.trainings,
        vog_until=None,
        team=None,
        capacity=3,
        seen=person_digest(henk),
    )
    async with database.transaction() as tx:
        outcome = await handlers.change_person(tx, command, now=at(TODAY))

    assert isinstance(outcome, Refused)
    assert outcome.code == "unknown-word"
