"""The forms of a sign-up before its intake: what was tried, whether the family is known, and how it ends."""

import re
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest

from programmes.load import load
from programmes.schema import Named
from services.intake.pages.closing import own_reasons
from services.shared.database import Database
from services.shared.settings import Settings
from tests.screens.intake_site import (
    AGREED,
    CARLA,
    ELSEWHERE,
    PROGRAMME,
    Neighbourhood,
    open_neighbourhood,
    own,
    send,
    take_in,
)
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines


@pytest.fixture
async def beijum(service_database: Callable[[str], Database], placeholder_settings: Settings) -> Neighbourhood:
    return await open_neighbourhood(service_database("intake"), placeholder_settings)


@pytest.fixture
async def carla(beijum: Neighbourhood) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(beijum.app, CARLA) as client:
        yield client


async def test_saying_no_to_what_is_needed_is_enough_to_stop(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    signal_id = await beijum.meet("Samira")
    answer = await send(carla, signal_id, "toestemming", AGREED | {"consent-take-part": "refused"})
    page = await carla.get(own(answer.headers["Location"]))
    assert "Zo kan het gezin niet meedoen" in page.text

    assert f'href="/intake/signalen/{signal_id}/sluiten"' in page.text
    stopping = await carla.get(f"/signalen/{signal_id}/sluiten")
    assert 'value="no-consent" checked' in stopping.text
    assert "Ga verder met de intake" not in stopping.text
    closed = await carla.post(f"/signalen/{signal_id}/sluiten", data={"reason": "no-consent"})
    outcome = await carla.get(own(closed.headers["Location"]))
    assert "Het gezin gaf geen toestemming." in outcome.text
    assert "Voedselbank Groningen" in outcome.text
    assert await beijum.state(signal_id) == "closed"


async def test_contact_is_written_down_once_and_a_family_that_is_not_reached_can_be_closed(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    page = await carla.get(f"/signalen/{signal_id}")
    key = re.findall(r'name="key" value="([^"]+)"', page.text)[0]
    assert "0612345678" in page.text
    for _ in range(2):
        answer = await carla.post(f"/signalen/{signal_id}/contact", data={"key": key, "outcome": "not-reached"})
        assert answer.status_code == 303
    assert (await carla.get(f"/signalen/{signal_id}")).text.count("Niet bereikt, door") == 1
    halfway = {"key": str(uuid4()), "outcome": "reached", "taal": "en"}
    in_english = await carla.post(f"/signalen/{signal_id}/contact", data=halfway)
    assert (in_english.status_code, 'value="reached" checked' in in_english.text) == (200, True)
    assert in_english.text.count("Niet bereikt, door") == 1, "nothing was written down"
    for path, told in (("contact", {"key": str(uuid4())}), ("sluiten", {"reason": "bored"})):
        assert (await carla.post(f"/signalen/{signal_id}/{path}", data=told)).status_code == 400


def test_a_programme_has_reasons_of_its_own_beside_those_that_all_have() -> None:
    programme = load(PROGRAMME, 1)
    moved = Named(code="moved-away", name="Het gezin is verhuisd")
    reasons = (*programme.intake.decline_reasons, moved)
    with_it = programme.model_copy(update={"intake": programme.intake.model_copy(update={"decline_reasons": reasons})})
    assert own_reasons(programme) == {}, "what all have is asked once"
    assert own_reasons(with_it) == {"moved-away": "Het gezin is verhuisd"}


async def test_why_a_sign_up_stops_is_asked_at_the_field_and_stopping_twice_is_stopping(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    blank = await carla.post(f"/signalen/{signal_id}/sluiten", data={})
    assert blank.status_code == 400
    assert blank.text.count("Kies waarom je deze aanmelding sluit.") == 2
    assert 'href="#reason"' in blank.text
    for _ in range(2):
        answer = await carla.post(f"/signalen/{signal_id}/sluiten", data={"reason": "already-known"})
        assert answer.headers["Location"] == f"/intake/uitkomsten/{signal_id}"
    back = await carla.get(f"/signalen/{signal_id}/sluiten")
    assert back.headers["Location"] == f"/intake/uitkomsten/{signal_id}"
    assert await beijum.state(signal_id) == "closed"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("reached", "Jij doet de intake"),
        ("not-reached", "het gezin is niet bereikt"),
        ("refused", "het gezin wil geen hulp"),
    ],
)
async def test_after_an_attempt_the_page_says_what_was_kept_and_what_comes_next(
    beijum: Neighbourhood, carla: httpx.AsyncClient, outcome: str, words: str
) -> None:
    signal_id = await beijum.meet("Samira")
    assert words not in (await carla.get(f"/signalen/{signal_id}")).text
    answer = await carla.post(f"/signalen/{signal_id}/contact", data={"key": str(uuid4()), "outcome": outcome})
    page = await carla.get(own(answer.headers["Location"]))
    assert words in page.text


async def test_a_sign_up_of_a_family_that_takes_part_already_leads_to_the_other(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    first = await beijum.meet("Mevrouw Bakker")
    await take_in(carla, first)
    again = await beijum.meet("Samira")
    page = await carla.get(f"/signalen/{again}")
    assert "Mogelijk kennen we dit gezin al" in page.text
    assert f'href="/intake/signalen/{first}"' in page.text
    assert (CARLA.person, "duplicates") in await beijum.readings()
    closed = await carla.post(f"/signalen/{again}/sluiten", data={"reason": "already-known"})
    assert "Mogelijk kennen" not in (await carla.get(f"/signalen/{again}")).text

    outcome = await carla.get(own(closed.headers["Location"]))
    assert "Die andere aanmelding gaat gewoon door." in outcome.text
    assert f'href="/intake/signalen/{first}"' in outcome.text
    for for_who_stops in ("Andere hulp", "Voedselbank Groningen", "Past een ander programma beter?"):
        assert for_who_stops not in outcome.text


async def test_who_closes_a_double_hears_it_when_the_other_sign_up_has_stopped_too(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    first, again = await beijum.meet("Samira"), await beijum.meet("Samira again")
    await carla.post(f"/signalen/{first}/sluiten", data={"reason": "refused"})
    closed = await carla.post(f"/signalen/{again}/sluiten", data={"reason": "already-known"})
    outcome = await carla.get(own(closed.headers["Location"]))
    assert "ook de andere aanmelding van dit gezin is gestopt" in outcome.text
    assert f'href="/intake/signalen/{first}"' in outcome.text
    assert "gaat gewoon door" not in outcome.text


async def test_the_list_shows_who_waits_longest_first_and_counts_only_what_somebody_may_see(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    for name in ("Samira", "Wilma"):
        await beijum.meet(name)
    page = (await carla.get("/signalen")).text
    assert page.index("Samira") < page.index("Wilma") or page.index("Wilma") < page.index("Samira")
    assert "Nog geen intake (2)" in page
    async with signed_in(beijum.app, ELSEWHERE) as other:
        assert "Nog geen intake (0)" in (await other.get("/signalen")).text
    assert (await carla.get("/signalen?stand=nonsense")).status_code == 400
