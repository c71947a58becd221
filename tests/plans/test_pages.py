"""The screens of plans: what is filled in is kept once, what is wrong is said at its field, nobody is overwritten."""

import re
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from services.plans import handlers, journal_store, store, tables
from services.plans.domain import Change, GoalState
from services.plans.events import Phase
from services.shared.access import Actor
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.plans.household import CALM, HENK, STARTED, Household, goal, trajectory_of
from tests.screens.people import hidden, signed_in

NOW = morning_of(STARTED)
FAMILY = trajectory_of("Van der Veen")
STRANGER = Actor(person=stable_id("person", "Ria"), roles=frozenset({Role.SUPPORTER}))
PDF = b"%PDF-1.7 a letter"


@pytest.fixture
async def family(database: Database) -> Household:
    """A family that makes its plan with Henk and Fatima."""
    household = Household(database)
    await household.finds_its_tandem()
    return household


async def test_a_step_that_is_sent_twice_is_there_once(family: Household, henk: httpx.AsyncClient) -> None:
    await family.drafts(goal("Schulden weg"))
    await family.agrees(1)
    address = f"/doelen/{FAMILY}/{stable_id('goal', 'Schulden weg')}"
    opened = await henk.get(address)
    step = {"key": hidden(opened, "key"), "words": "Brieven openen", "who": "family", "by": "2023-03-01"}
    for _ in range(2):
        assert (await henk.post(f"{address}/stappen", data=step)).status_code == 303

    [known] = await family.reads(store.steps, FAMILY)
    assert (await henk.post(f"{address}/stappen/{known.id}/klaar")).status_code == 303
    assert (await henk.post(f"{address}/bereikt")).status_code == 303
    [reached] = await family.reads(store.goals, FAMILY)
    assert reached.state is GoalState.REACHED
    assert (await henk.post(f"{address}/losgelaten")).status_code == 409
    late = await henk.post(f"{address}/stappen", data={**step, "words": ""})
    assert late.status_code == 409
    assert "Dit doel is al bereikt of losgelaten." in late.text
    assert "Dit klopt nog niet" not in late.text


async def test_a_buddy_works_on_steps_and_cannot_drop_a_goal(family: Household, fatima: httpx.AsyncClient) -> None:
    await family.drafts(goal("Schulden weg"))
    await family.agrees(1)
    address = f"/doelen/{FAMILY}/{stable_id('goal', 'Schulden weg')}"

    assert "losgelaten" not in (await fatima.get(address)).text
    assert (await fatima.post(f"{address}/losgelaten")).status_code == 403


async def test_a_review_is_kept_once_and_a_colleague_hears_that_it_was(
    family: Household, henk: httpx.AsyncClient, app: FastAPI
) -> None:
    await family.enters(Phase.WORKING_TOGETHER)
    number = hidden(await henk.get(f"/evaluaties/{FAMILY}"), "number")
    told = {"number": number, "ready": "no", "notes": "Het gaat beter."}
    assert (await henk.post(f"/evaluaties/{FAMILY}", data={"number": number})).status_code == 400
    for _ in range(2):
        assert (await henk.post(f"/evaluaties/{FAMILY}", data=told)).status_code == 303
    coordinator = Actor(
        person=stable_id("person", "Marieke"),
        roles=frozenset({Role.TEAM_COORDINATOR}),
        programmes=frozenset({"kansen-voor-kinderen-groningen"}),
        areas=frozenset({"beijum"}),
    )
    async with signed_in(app, coordinator) as client:
        late = await client.post(f"/evaluaties/{FAMILY}", data=told)
    assert late.status_code == 409
    assert "Een collega heeft dit gesprek net al opgeschreven" in late.text


async def test_a_measurement_asks_every_question_of_the_programme(family: Household, henk: httpx.AsyncClient) -> None:
    opened = await henk.get(f"/metingen/{FAMILY}")
    assert "Hoeveel spanning had u de afgelopen twee weken?" in opened.text
    told = {"number": hidden(opened, "number"), "instrument": hidden(opened, "instrument")}
    some = {f"score-{code}": str(score) for code, score in list(CALM.items())[:2]}
    refused = await henk.post(f"/metingen/{FAMILY}", data=told | some)
    assert refused.status_code == 400
    assert 'href="#score-future"' in refused.text

    scores = {f"score-{code}": str(score) for code, score in CALM.items()}
    assert (await henk.post(f"/metingen/{FAMILY}", data=told | scores)).status_code == 303
    taken = await family.reads(store.measurements, FAMILY)
    assert taken[0].scores == CALM


async def test_a_contact_is_written_down_and_its_words_are_not_for_another_buddy(
    family: Household, henk: httpx.AsyncClient, fatima: httpx.AsyncClient
) -> None:
    opened = await henk.get(f"/logboek/{FAMILY}")
    told = {
        "key": hidden(opened, "key"),
        "on": STARTED.isoformat(),
        "kind": "visit",
        "present": ["parent", "child"],
        "minutes": "45",
        "words": "De huur is betaald.",
    }
    for _ in range(2):
        assert (await henk.post(f"/logboek/{FAMILY}", data=told)).status_code == 303

    assert "De huur is betaald." in (await henk.get(f"/logboek/{FAMILY}")).text
    for address in (f"/logboek/{FAMILY}", f"/panelen/logboek/{FAMILY}"):
        read = await fatima.get(address)
        assert read.status_code == 200
        assert "De huur is betaald." not in read.text
    assert len(await family.reads(journal_store.entries, FAMILY)) == 1


async def test_a_contact_of_tomorrow_is_refused_at_its_field(family: Household, henk: httpx.AsyncClient) -> None:
    told = {"key": str(uuid4()), "on": "2023-02-02", "kind": "call", "minutes": "10"}
    refused = await henk.post(f"/logboek/{FAMILY}", data=told)

    assert refused.status_code == 400
    assert "Deze dag moet nog komen." in refused.text


async def hand_in(client: httpx.AsyncClient, body: bytes, name: str = "brief.pdf") -> httpx.Response:
    told = {"key": str(uuid4()), "label": "Brief van de huisbaas", "kind": "letter"}
    return await client.post(f"/documenten/{FAMILY}", data=told, files={"file": (name, body)})


async def test_a_document_comes_back_as_it_was_as_a_file_to_save(family: Household, henk: httpx.AsyncClient) -> None:
    assert (await hand_in(henk, PDF)).status_code == 303
    [document] = await family.reads(journal_store.documents, FAMILY)
    assert "Niet gescand" in (await henk.get(f"/documenten/{FAMILY}")).text

    saved = await henk.get(f"/documenten/{FAMILY}/{document.id}")
    assert saved.content == PDF
    assert saved.headers["content-disposition"] == 'attachment; filename="letter-2023-02-01.pdf"'
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert "huisbaas" not in str(saved.headers)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"MZ a program", "Dit soort bestand kan niet."),
        (b"", "Dit bestand is leeg."),
        (b"%PDF-" + b"x" * (10 * 1024 * 1024), "te groot"),
    ],
)
async def test_what_is_no_document_is_refused_whatever_its_name(
    family: Household, henk: httpx.AsyncClient, body: bytes, said: str
) -> None:
    refused = await hand_in(henk, body)

    assert refused.status_code == 400
    assert said in refused.text
    assert await family.reads(journal_store.documents, FAMILY) == []


@pytest.mark.parametrize(("command", "status"), [("grep -qv EICAR", 400), ("false-scanner-that-is-not-there", 503)])
async def test_what_a_scanner_refuses_or_cannot_look_at_is_not_kept(
    family: Household, henk: httpx.AsyncClient, app: FastAPI, command: str, status: int
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"virus_scanner": command})
    refused = await hand_in(henk, b"%PDF-1.7 EICAR")

    assert refused.status_code == status
    assert await family.reads(journal_store.documents, FAMILY) == []


async def test_a_document_goes_after_a_second_question(family: Household, henk: httpx.AsyncClient) -> None:
    await hand_in(henk, PDF)
    [document] = await family.reads(journal_store.documents, FAMILY)
    asked = await henk.post(f"/documenten/{FAMILY}/{document.id}/weg")
    assert "Weet je het zeker?" in asked.text
    assert len(await family.reads(journal_store.documents, FAMILY)) == 1

    await henk.post(f"/documenten/{FAMILY}/{document.id}/weg", data={"sure": "yes"})
    assert await family.reads(journal_store.documents, FAMILY) == []
    assert (await henk.get(f"/documenten/{FAMILY}/{document.id}")).status_code == 404
    [latest, *_] = await family.reads(journal_store.changes, FAMILY)
    assert (latest.what, latest.by) == (Change.DOCUMENT_REMOVED, HENK.person)


PAGES = (
    "panelen/plan",
    "panelen/voortgang",
    "panelen/logboek",
    "panelen/documenten",
    "panelen/geschiedenis",
    "plannen",
    "evaluaties",
    "metingen",
    "nazorg",
    "logboek",
    "documenten",
)


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_is_for_whoever_works_with_the_family_and_says_that_it_was_read(
    family: Household, henk: httpx.AsyncClient, app: FastAPI, name: str
) -> None:
    assert (await henk.get(f"/{name}/{FAMILY}")).status_code == 200
    async with signed_in(app, STRANGER) as client:
        assert (await client.get(f"/{name}/{FAMILY}")).status_code == 403
    reading = family.database.tables.reading
    async with family.database.transaction() as tx:
        read = select(func.count()).select_from(reading).where(reading.c.person == HENK.person)
        refused = select(func.count()).select_from(reading).where(reading.c.person == STRANGER.person)
        assert (await tx.execute(read)).scalar_one() == 1
        assert (await tx.execute(refused)).scalar_one() == 0
        assert (await tx.execute(select(tables.journal))).all() == []


async def test_why_something_changed_stands_in_the_history_in_words(family: Household, henk: httpx.AsyncClient) -> None:
    async with family.database.transaction() as tx:
        for what, reason in (
            (Change.PAUSED, "illness"),
            (Change.TANDEM_ENDED, "person-left"),
            (Change.GOAL_REACHED, "money"),
            (Change.FAMILY_MOVED, "lewenborg"),
            (Change.TRAJECTORY_CLOSED, "said-by-another-system"),
        ):
            await handlers.remember(tx, FAMILY, what, now=NOW, reason=reason)

    dutch = (await henk.get(f"/panelen/geschiedenis/{FAMILY}")).text
    henk.cookies.set("taal", "en")
    english = (await henk.get(f"/panelen/geschiedenis/{FAMILY}")).text

    for words in ("Ziekte", "of de buddy is gestopt", "Geld en schulden", "Lewenborg", "Een andere reden"):
        assert words in dutch
    for words in ("Illness", "or the buddy stopped", "Money and debts", "Lewenborg", "Another reason"):
        assert words in english
    assert "said-by-another-system" not in dutch
    assert ("Deelname begonnen" in dutch, "Taking part started" in english) == (True, True)


async def test_a_measurement_and_the_goals_are_asked_in_the_readers_language(
    family: Household, henk: httpx.AsyncClient
) -> None:
    henk.cookies.set("taal", "en")

    asked = (await henk.get(f"/metingen/{FAMILY}")).text
    themes = (await henk.get(f"/plannen/{FAMILY}")).text

    assert "How much stress did you have in the past two weeks?" in asked
    assert "Money and debts" in themes
    assert "Geld en schulden" not in themes


@pytest.mark.parametrize(
    ("form", "told", "kept"),
    [
        (
            "doelen/{}/{}",
            {"words": "De brieven openen", "who": "family", "by": "2023-03-01"},
            ("De brieven openen", 'value="family" checked', 'value="2023-03-01"'),
        ),
        (
            "logboek/{}",
            {
                "on": "2023-02-01",
                "kind": "visit",
                "present": "child",
                "minutes": "heel lang",
                "words": "Thee gedronken",
            },
            ('value="visit" checked', 'value="child" checked', 'value="heel lang"', "Thee gedronken"),
        ),
        ("evaluaties/{}", {"ready": "yes", "notes": "Het gaat beter."}, ('value="yes" checked', "Het gaat beter.")),
        ("metingen/{}", {"score-stress": "3"}, ('name="score-stress" value="3" checked',)),
        ("nazorg/{}", {"reached": "no"}, ('value="no" checked',)),
        (
            "documenten/{}",
            {"kind": "letter", "label": "Brief van de huur", "file": "brief.pdf"},
            ('value="letter" selected', "Brief van de huur", "A file does not go along to another language."),
        ),
    ],
)
async def test_who_changes_language_in_the_middle_of_a_form_keeps_what_was_typed_and_saves_nothing(
    family: Household, henk: httpx.AsyncClient, form: str, told: dict[str, str], kept: tuple[str, ...]
) -> None:
    await family.drafts(goal("Schulden weg"))
    await family.enters(Phase.AFTERCARE if form.startswith("nazorg") else Phase.WORKING_TOGETHER)
    asked = (await henk.get("/" + form.format(FAMILY, stable_id("goal", "Schulden weg")))).text
    [address] = re.findall(r'formaction="/taal\?taal=en&amp;naar=/plans(/[^"]+)"', asked)
    hiddens = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', asked))
    before = await family.reads(journal_store.changes, FAMILY)
    henk.cookies.set("taal", "en")
    answer = await henk.post(address, data=hiddens | told | {"taal": "en"})

    assert (answer.status_code, '<html lang="en"' in answer.text) == (200, True)
    assert [each for each in kept if each not in answer.text] == []
    assert 'class="utrecht-form-field-error-message"' not in answer.text
    assert await family.reads(journal_store.changes, FAMILY) == before
