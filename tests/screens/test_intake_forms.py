"""The forms of an intake, one request after the other: what is saved, refused, shown and written down."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from services.intake.domain.told import Step
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.settings import Settings
from tests.screens.intake_site import (
    AGREED,
    BUDDY,
    CARLA,
    DIRK,
    ELSEWHERE,
    PRIYA,
    REACHED,
    STEPS,
    TOM,
    WISHES,
    Neighbourhood,
    household,
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


async def test_an_intake_goes_from_step_to_step_to_an_answer(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    await beijum.fund()
    signal_id = await beijum.meet("Samira", needs=("bicycle",))
    places = []
    for step, told in STEPS.items():
        answer = await send(carla, signal_id, step, told)
        places.append(answer.headers["Location"].rsplit("/", 1)[-1])
    assert places == ["gezin", "bereiken", "wensen", "bsn", "programmas"]
    fit = await carla.get(f"/intakes/{signal_id}/programmas")
    for words in (
        "Kansrijk Groningen",
        "Past",
        "Het gezin woont in een wijk van dit programma.",
        "Kansen voor Kinderen",
    ):
        assert words in fit.text
    check = await carla.get(f"/intakes/{signal_id}/controle")
    for words in ("Samira Bakker", "Noor", "9737 AB", "Er is een BSN bewaard."):
        assert words in check.text
    assert "111" not in check.text

    sent = await send(carla, signal_id, "controle", {})
    assert sent.headers["Location"] == f"/intake/uitkomsten/{signal_id}"
    waiting = await carla.get(own(sent.headers["Location"]))
    assert "Wij kijken of er plaats is" in waiting.text
    admitted = await beijum.admit(signal_id)
    done = await carla.get(own(sent.headers["Location"]))
    assert f"/desk/gezinnen/{admitted.trajectory_id}" in done.text
    assert "Wij zoeken een buddy en een vaste WIJ-medewerker." in done.text, "as this programme calls them"
    again = await carla.post(f"/intakes/{signal_id}/controle", data={"version": "1"})
    assert again.headers["Location"] == f"/intake/uitkomsten/{signal_id}"
    assert {what for _, what in await beijum.readings()} == {"intake", "signal"}


async def test_a_change_that_was_begun_at_the_last_step_leads_back_there(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    for step, told in STEPS.items():
        await send(carla, signal_id, step, told)
    back = {"terug": "controle"}
    check = f"/intake/intakes/{signal_id}/controle"
    opened = await carla.get(f"/intakes/{signal_id}/gezin", params=back)
    assert '<input type="hidden" name="terug" value="controle">' in opened.text
    assert "Opslaan en terug naar nakijken" in opened.text

    wrong = await send(carla, signal_id, "gezin", STEPS["gezin"] | back | {"birth_date-2": "31-31-2015"})
    assert '<input type="hidden" name="terug" value="controle">' in wrong.text, "also after a mistake"
    one_more = await send(carla, signal_id, "gezin", STEPS["gezin"] | back | {"more": "child"})
    assert one_more.headers["Location"].endswith("/gezin?terug=controle#people")
    second = await send(carla, signal_id, "gezin", STEPS["gezin"] | back, version=1)
    assert '<input type="hidden" name="terug" value="controle">' in second.text, "also when somebody was faster"
    for step, told in STEPS.items():
        saved = await send(carla, signal_id, step, told | back)
        assert saved.headers["Location"] == check

    await send(carla, signal_id, "gezin", STEPS["gezin"] | {"birth_date-2": "12032017"})
    page = await carla.get(own(check))
    assert "12 maart 2017" in page.text
    assert "14 mei 1990" in page.text
    assert "12032017" not in page.text


async def test_a_language_that_is_not_listed_is_another_one_from_the_talk_to_the_consents(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    await send(carla, signal_id, "toestemming", AGREED | {"language": "other"})
    opened = await carla.get(f"/intakes/{signal_id}/bereiken")
    assert '<option value="other" selected>Een andere taal' in opened.text
    assert re.search(r'name="interpreter" value="yes" checked', opened.text)
    why = "Dit staat al aangevinkt, omdat het gesprek in een andere taal is. Haal het vinkje weg"
    assert why in opened.text
    without = await send(carla, signal_id, "bereiken", {"language-1": "other"})
    assert why not in without.text
    assert not re.search(r'name="interpreter" value="yes" checked', without.text)
    reached = STEPS["bereiken"] | {"language-1": "other", "language-2": "nl", "interpreter": "yes"}
    for step, told in (STEPS | {"toestemming": AGREED | {"language": "other"}, "bereiken": reached}).items():
        await send(carla, signal_id, step, told)
    check = await carla.get(f"/intakes/{signal_id}/controle")
    assert "Een andere taal, Nederlands" in check.text
    await send(carla, signal_id, "controle", {})
    consents = await carla.get(f"/toestemmingen/{signal_id}")
    assert "taal van het gesprek: Een andere taal" in consents.text


async def test_who_knows_too_little_of_the_income_is_told_what_to_do_and_what_programmes_are_for(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    wishes = await carla.get(f"/intakes/{signal_id}/wensen")
    assert 'aria-describedby="income-hint"' in wishes.text
    assert "10 tot 20 euro meer op elke 100 euro bijstand" in wishes.text
    assert "Weet het gezin het niet?" in wishes.text
    fit = await carla.get(f"/intakes/{signal_id}/programmas")
    assert "Een buddy en een vaste WIJ-medewerker werken samen met het gezin." in fit.text
    assert "Een gezin kan aan meer dan één programma meedoen." in fit.text


async def test_the_last_step_can_be_looked_at_before_anything_was_told(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    page = await carla.get(f"/intakes/{signal_id}/controle")
    assert page.status_code == 200
    assert page.text.count("Niet ingevuld") == 10


async def test_what_was_asked_at_the_first_meeting_is_filled_in(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira", needs=("bicycle",))
    await send(carla, signal_id, "toestemming", AGREED)

    assert 'value="Samira"' in (await carla.get(f"/intakes/{signal_id}/gezin")).text
    contact = (await carla.get(f"/intakes/{signal_id}/bereiken")).text
    assert 'value="0612345678"' in contact
    assert '<option value="beijum" selected>' in contact
    assert re.search(r'value="bicycle" checked', (await carla.get(f"/intakes/{signal_id}/wensen")).text)


@pytest.mark.parametrize(
    ("step", "told", "field", "words"),
    [
        ("toestemming", AGREED | {"consent-aftercare": ""}, "consent-aftercare", "Kies ja of nee"),
        ("gezin", household(given_name=""), "given_name-1", "Vul een voornaam in"),
        ("gezin", household(born="31-2-1990"), "birth_date-1", "Dit is geen datum"),
        ("bereiken", REACHED | {"postcode": "97"}, "postcode", "Dit is geen postcode"),
        ("bereiken", REACHED | {"phone": ""}, "phone", "Vul een telefoonnummer of een e-mailadres in"),
        ("wensen", WISHES | {"rank-money": ""}, "rank-", "zet er nummer 1 bij"),
        ("wensen", WISHES | {"income": ""}, "income", "Kies wat het inkomen ongeveer is"),
        ("bsn", {"bsn": "111222334"}, "bsn", "Dit BSN klopt niet"),
        ("bsn", {"bsn": "12345678"}, "bsn", "precies 9 cijfers"),
    ],
)
async def test_what_is_wrong_is_said_on_top_and_at_its_field_and_kept(
    beijum: Neighbourhood, carla: httpx.AsyncClient, step: str, told: dict[str, str], field: str, words: str
) -> None:
    signal_id = await beijum.meet("Samira")
    answer = await send(carla, signal_id, step, told)

    assert answer.status_code == 400
    assert answer.text.count(words) == 2
    assert f'href="#{field}' in answer.text
    assert f'id="{field}' in answer.text
    if step == "bsn":
        assert told["bsn"] not in answer.text
        assert 'formaction="/taal' not in answer.text, "another language takes no BSN along"
        assert "een BSN zetten wij niet terug op het scherm" in answer.text
    else:
        draft = await beijum.draft(signal_id)
        assert draft is not None
        assert draft.told(step), "nobody loses what they typed"


async def test_saying_no_to_what_is_not_needed_is_enough_to_go_on(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    optional = {f"consent-{code}": "refused" for code in ("share-with-partners", "measurement", "aftercare")}
    answer = await take_in(carla, signal_id, toestemming=AGREED | optional)

    assert answer.headers["Location"] == f"/intake/uitkomsten/{signal_id}"


async def test_rows_are_added_and_taken_away_without_a_script(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    signal_id = await beijum.meet("Samira")
    await send(carla, signal_id, "gezin", household() | {"more": "child"})
    await send(carla, signal_id, "gezin", household() | {"rows": "3", "more": "birth"})
    draft = await beijum.draft(signal_id)
    assert draft is not None
    assert (len(draft.told(Step.HOUSEHOLD)["members"]), len(draft.told(Step.HOUSEHOLD)["expected"])) == (3, 2)
    await send(carla, signal_id, "gezin", household() | {"away": "1"})
    draft = await beijum.draft(signal_id)
    assert draft is not None
    assert [row["given_name"] for row in draft.told(Step.HOUSEHOLD)["members"]] == ["Noor"]


async def test_a_second_editor_sees_who_saved_what_and_chooses(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    signal_id = await beijum.meet("Samira")
    await send(carla, signal_id, "toestemming", AGREED)
    async with signed_in(beijum.app, DIRK) as dirk:
        await send(dirk, signal_id, "bereiken", REACHED, version=1)
    mine = REACHED | {"phone": "06 87654321"}
    conflict = await send(carla, signal_id, "bereiken", mine, version=1)

    assert conflict.status_code == 409
    assert f"/desk/collega/{DIRK.person}" in conflict.text
    assert "06 12345678" in conflict.text
    assert "06 87654321" in conflict.text
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', conflict.text.split("verschillen")[-1]))
    kept = await carla.post(f"/intakes/{signal_id}/bereiken", data=fields)
    assert kept.status_code == 303
    draft = await beijum.draft(signal_id)
    assert draft is not None
    assert draft.told(Step.CONTACT)["phone"] == "06 87654321"


async def test_what_is_sent_is_what_was_seen(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    signal_id = await beijum.meet("Samira")
    for step, told in STEPS.items():
        await send(carla, signal_id, step, told)
    old = await beijum.draft(signal_id)
    assert old is not None
    await send(carla, signal_id, "wensen", WISHES | {"rank-money": "2"})

    assert (await send(carla, signal_id, "controle", {}, version=old.version)).status_code == 409
    assert await beijum.state(signal_id) == "open"


async def test_a_known_family_is_seen_while_typing_and_chosen_after_saving(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    first = await beijum.meet("Samira")
    await take_in(carla, first)
    family_id = await beijum.family_of(first)
    again = await beijum.meet("Samira again")
    await send(carla, again, "toestemming", AGREED)

    typing = await carla.post(f"/lijkt-op/{again}", data=household(born="14-5-1990", surname="de Wit-Bakker"))
    assert "Misschien kennen wij dit gezin al" in typing.text
    assert str(family_id) not in typing.text, "what is not saved yet cannot be chosen yet"
    saved = await send(carla, again, "gezin", household(surname="de Wit-Bakker"))
    assert saved.headers["Location"].endswith("/gezin#bekend")
    page = await carla.get(f"/intakes/{again}/gezin")
    assert str(family_id) in page.text
    version = re.findall(r'name="version" value="(\d+)"', page.text)[0]
    chosen = await carla.post(f"/bekend/{again}", data={"family": str(family_id), "version": version})
    assert chosen.status_code == 303
    for step in ("bereiken", "wensen"):
        await send(carla, again, step, STEPS[step])
    assert (await send(carla, again, "controle", {})).status_code == 303
    assert await beijum.family_of(again) == family_id
    assert (CARLA.person, "duplicates") in await beijum.readings()


async def test_a_stranger_is_not_offered_and_cannot_be_chosen(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    first = await beijum.meet("Samira")
    await take_in(carla, first)
    other = await beijum.meet("Wilma")
    await send(carla, other, "toestemming", AGREED)
    await send(carla, other, "gezin", household("Wilma", "de Jong", "3-3-1985") | {"birth_date-2": "1-1-2015"})

    family_id = await beijum.family_of(first)
    refused = await carla.post(f"/bekend/{other}", data={"family": str(family_id), "version": "9"})
    assert refused.status_code == 409


async def test_two_files_become_one_and_two_again(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    first, second = await beijum.meet("Samira"), await beijum.meet("Samira again")
    await take_in(carla, first)
    for step in ("toestemming", "gezin"):
        await send(carla, second, step, STEPS[step])
    page = await carla.get(f"/intakes/{second}/gezin")
    version = re.findall(r'name="version" value="(\d+)"', page.text)[0]
    await carla.post(f"/bekend/{second}", data={"family": "", "version": version})
    for step in ("bereiken", "wensen"):
        await send(carla, second, step, STEPS[step])
    assert (await send(carla, second, "controle", {})).status_code == 303
    kept, merged = await beijum.family_of(first), await beijum.family_of(second)

    async with signed_in(beijum.app, TOM) as tom:
        page = await tom.get(f"/samenvoegen/{kept}")
        form = dict(re.findall(r'type="hidden" name="(key|other)" value="([^"]*)"', page.text))
        assert form["other"] == str(merged)
        for _ in range(2):
            assert (await tom.post(f"/samenvoegen/{kept}", data=form)).status_code == 303
        assert await beijum.family_of(second) == kept
        page = await tom.get(f"/samenvoegen/{kept}")
        [merge_id] = re.findall(r'name="merge" value="([^"]*)"', page.text)
        assert (await tom.post(f"/uit-elkaar/{kept}", data={"merge": merge_id})).status_code == 303
    assert await beijum.family_of(second) == merged
    assert (await carla.get(f"/samenvoegen/{kept}")).status_code == 403


async def test_a_consent_is_taken_back_after_it_was_said_what_that_means(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    await take_in(carla, signal_id)
    address = f"/toestemmingen/{signal_id}"
    optional: dict[str, Any] = {"purpose": "measurement", "answer": "withdrawn"}
    assert (await carla.post(address, data=optional)).status_code == 303
    assert "Ingetrokken" in (await carla.get(address)).text
    needed: dict[str, Any] = {"purpose": "take-part", "answer": "withdrawn"}
    assert (await carla.post(address, data=needed)).status_code == 400
    assert (await carla.post(address, data=needed | {"sure": "yes"})).status_code == 303
    assert await beijum.state(signal_id) == "closed"
    assert (await carla.get(address)).status_code == 403, "doors close at once"


@pytest.mark.parametrize("actor", [ELSEWHERE, BUDDY], ids=["another team", "a buddy"])
async def test_who_has_nothing_to_do_with_a_family_sees_nothing_of_it(
    beijum: Neighbourhood, carla: httpx.AsyncClient, actor: Actor
) -> None:
    signal_id = await beijum.meet("Samira")
    await take_in(carla, signal_id)
    open_one = await beijum.meet("Another")
    family_id = await beijum.family_of(signal_id)
    async with signed_in(beijum.app, actor) as other:
        for path in (
            f"/signalen/{signal_id}",
            f"/intakes/{open_one}/gezin",
            f"/uitkomsten/{signal_id}",
            f"/toestemmingen/{signal_id}",
            f"/samenvoegen/{family_id}",
        ):
            assert (await other.get(path)).status_code == 403, path
        for path in (
            f"/intakes/{open_one}/gezin",
            f"/bsn/{family_id}",
            f"/lijkt-op/{open_one}",
            f"/bekend/{open_one}",
            f"/signalen/{open_one}/sluiten",
        ):
            assert (await other.post(path, data={})).status_code == 403, path


async def test_a_bsn_is_shown_to_who_may_and_written_down(beijum: Neighbourhood, carla: httpx.AsyncClient) -> None:
    signal_id = await beijum.meet("Samira")
    await take_in(carla, signal_id)
    family_id = await beijum.family_of(signal_id)

    async with signed_in(beijum.app, PRIYA) as priya:
        assert "111 222 333" in (await priya.post(f"/bsn/{family_id}")).text
    async with signed_in(beijum.app, TOM) as tom:
        assert (await tom.post(f"/bsn/{family_id}")).status_code == 403
    assert [who for who, what in await beijum.readings() if what == "bsn"] == [PRIYA.person]
    listed = await carla.get("/signalen?stand=intake-done")
    assert "Samira" in listed.text
    assert "111" not in listed.text


async def test_who_works_elsewhere_is_not_shown_a_family_of_another_programme(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    first, again = await beijum.meet("Samira", by=DIRK), await beijum.meet("Samira again")
    await take_in(carla, first)
    async with beijum.database.transaction() as tx:
        scope = tx.tables.family_scope
        theirs = scope.c.signal_id == first
        await tx.execute(
            scope.update().where(theirs).values(programme="kansrijke-start-groningen", area="selwerd", intake_by=None)
        )
    await send(carla, again, "toestemming", AGREED)
    saved = await send(carla, again, "gezin", household())

    assert saved.headers["Location"].endswith("/bereiken"), "nobody of that programme is offered"
