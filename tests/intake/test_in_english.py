"""A talk in English: what the family reads is in English, and what it agreed to is kept as it was shown."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from programmes.load import DIRECTORY_VARIABLE, PACKAGED
from services.intake import handlers, store
from services.intake.commands import GiveConsent, SaveDraft
from services.intake.domain.told import Step
from services.intake.handlers import Completed
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from tests.intake.talk import SEAL, person, told
from tests.screens.intake_site import CARLA, NOW, PROGRAMME, TOM, Neighbourhood, open_neighbourhood
from tests.screens.people import person as colleague
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines

DUTCH_TEXT = "Wij bewaren uw gegevens zolang u meedoet. Zo kunnen wij u en uw gezin goed helpen."
ENGLISH_TEXT = "We keep your data for as long as you take part. That way we can help you and your family well."
PURPOSES = ("take-part", "share-with-tandem", "share-with-partners", "measurement", "aftercare")
AYSE = colleague("Ayse", Role.OUTREACH_WORKER, programmes=frozenset({PROGRAMME}), areas=frozenset({"beijum"}))


@pytest.fixture
def programmes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with Kansrijk Groningen and its English, so that a test may mend a word."""
    shutil.copytree(PACKAGED / PROGRAMME, tmp_path / PROGRAMME)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
async def beijum(
    programmes: Path, service_database: Callable[[str], Database], placeholder_settings: Settings
) -> Neighbourhood:
    return await open_neighbourhood(service_database("intake"), placeholder_settings)


@asynccontextmanager
async def in_english(beijum: Neighbourhood, actor: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """A client of somebody who chose English."""
    async with signed_in(beijum.app, actor) as client:
        client.cookies.set("taal", "en")
        yield client


async def agree(client: httpx.AsyncClient, signal_id: UUID, *, words_in: str) -> httpx.Response:
    answers = {f"consent-{purpose}": "given" for purpose in PURPOSES}
    form = {**answers, "version": "0", "language": "en", "words_in": words_in}
    return await client.post(f"/intakes/{signal_id}/toestemming", data=form)


async def finish(beijum: Neighbourhood, signal_id: UUID) -> UUID:
    """The rest of the talk, and the last button; gives the family."""
    rest: dict[Step, dict[str, Any]] = {step: typed for step, typed in told().items() if step is not Step.CONSENT}
    rest[Step.HOUSEHOLD] = {"members": [person("Samira", "Bakker", "14-5-1990")], "expected": []}
    rest[Step.CONTACT] |= {"area": "beijum"}
    rest[Step.WISHES] |= {"income": "up-to-100-percent"}
    version = 1
    async with beijum.database.transaction() as tx:
        for step, typed in rest.items():
            saved = await handlers.save_step(
                tx,
                SaveDraft(signal_id=signal_id, version=version, step=step, told=typed),
                now=NOW,
                by=CARLA.person,
            )
            assert isinstance(saved, store.Draft)
            version = saved.version
        completed = await handlers.finish_draft(tx, signal_id, version, seal=SEAL, now=NOW, by=CARLA.person)
    assert isinstance(completed, Completed), completed
    return completed.family_id


async def answers(beijum: Neighbourhood, family_id: UUID) -> dict[str, tuple[str | None, str | None]]:
    async with beijum.database.transaction() as tx:
        rows = await store.consent_history(tx, family_id, PROGRAMME)
    return {row.purpose: (row.text_language, row.text) for row in rows}


async def test_what_a_family_reads_in_english_is_what_is_kept_that_it_agreed_to(beijum: Neighbourhood) -> None:
    signal_id = await beijum.meet("Samira")
    async with in_english(beijum, CARLA) as client:
        shown = await client.get(f"/intakes/{signal_id}/toestemming")
        assert ENGLISH_TEXT in shown.text
        assert DUTCH_TEXT not in shown.text
        assert 'name="words_in" value="en"' in shown.text
        assert (await agree(client, signal_id, words_in="en")).status_code == 303
    family_id = await finish(beijum, signal_id)

    kept = await answers(beijum, family_id)

    assert kept["take-part"] == ("en", ENGLISH_TEXT)
    assert set(kept) == set(PURPOSES)


async def test_words_that_are_mended_later_do_not_change_what_a_family_agreed_to(
    beijum: Neighbourhood, programmes: Path
) -> None:
    signal_id = await beijum.meet("Samira")
    async with in_english(beijum, CARLA) as client:
        await agree(client, signal_id, words_in="en")
    await finish(beijum, signal_id)
    words = programmes / PROGRAMME / "1.en.toml"
    words.write_text(words.read_text().replace(ENGLISH_TEXT, "We keep what you told us."))

    async with in_english(beijum, TOM) as client:
        page = (await client.get(f"/toestemmingen/{signal_id}")).text

    assert "We keep what you told us." in page
    assert f'<q lang="en">{ENGLISH_TEXT}</q>' in page
    assert "text version 1, language of the talk: English" in page


async def test_a_dutch_page_in_an_english_talk_keeps_the_dutch_text(beijum: Neighbourhood) -> None:
    signal_id = await beijum.meet("Samira")
    async with in_english(beijum, CARLA) as client:
        await agree(client, signal_id, words_in="nl")
    family_id = await finish(beijum, signal_id)

    assert (await answers(beijum, family_id))["take-part"] == ("nl", DUTCH_TEXT)


async def test_a_family_that_changes_its_mind_does_so_under_the_words_of_that_day(beijum: Neighbourhood) -> None:
    signal_id = await beijum.meet("Samira")
    async with in_english(beijum, CARLA) as client:
        await agree(client, signal_id, words_in="nl")
    family_id = await finish(beijum, signal_id)
    async with in_english(beijum, TOM) as client:
        form = {"purpose": "aftercare", "answer": "withdrawn", "words_in": "en"}
        assert (await client.post(f"/toestemmingen/{signal_id}", data=form)).status_code == 303

    async with beijum.database.transaction() as tx:
        latest, *_ = await store.consent_history(tx, family_id, PROGRAMME)
    assert (latest.answer, latest.text_language) == ("withdrawn", "en")
    assert latest.text.startswith("We may still call you")


async def test_an_answer_that_no_page_of_ours_asked_for_keeps_its_version_alone(beijum: Neighbourhood) -> None:
    signal_id = await beijum.meet("Samira")
    async with beijum.database.transaction() as tx:
        command = GiveConsent(signal_id=signal_id, purpose="take-part", language="ar")
        family_id = await handlers.give_consent(tx, command, now=NOW, by=CARLA.person)
    assert not isinstance(family_id, Refused)

    assert await answers(beijum, family_id) == {"take-part": (None, None)}


async def test_a_language_that_nobody_offered_is_passed_over(beijum: Neighbourhood) -> None:
    signal_id = await beijum.meet("Samira")
    async with in_english(beijum, CARLA) as client:
        assert (await agree(client, signal_id, words_in="../../secret")).status_code == 303
    family_id = await finish(beijum, signal_id)

    assert (await answers(beijum, family_id))["take-part"] == (None, None)


async def test_where_a_programme_has_no_english_its_own_words_are_shown_and_said_to_be_dutch(
    beijum: Neighbourhood, programmes: Path
) -> None:
    (programmes / PROGRAMME / "1.en.toml").unlink()
    signal_id = await beijum.meet("Samira")

    async with in_english(beijum, CARLA) as client:
        page = (await client.get(f"/intakes/{signal_id}/toestemming")).text

    assert f'lang="nl">{DUTCH_TEXT}' in page
    assert 'name="words_in" value="nl"' in page


async def test_a_family_met_in_a_library_is_told_so_in_both_languages(beijum: Neighbourhood) -> None:
    form = {
        "key": "4f8d6f6e-2f0b-4f6f-9d0a-111111111111",
        "programme": PROGRAMME,
        "channel": "library",
        "area": "beijum",
        "name": "Samira",
        "phone": "06 12345678",
        "needs": "bicycle",
    }
    async with in_english(beijum, AYSE) as client:
        offered = (await client.get("/kennismaking")).text
        assert "Library" in offered
        assert "Food bank" in offered
        assert "Bibliotheek" not in offered
        saved = await client.post("/kennismaking", data=form)
        assert saved.status_code == 303
        path = saved.headers["location"].removeprefix("/intake")
        english = (await client.get(path)).text
        client.cookies.delete("taal")
        dutch = (await client.get(path)).text

    assert "Library" in english
    assert "Bicycle" in english
    assert "Bibliotheek" in dutch
    assert "Fiets" in dutch
