"""A first meeting is written down on a phone in a playground: quickly, once, and with what is wrong at its field."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import text

from services.desk.contracts import TaskKind
from services.intake.events import SignalReceived
from services.shared.roles import Role
from tests.intake.town import PROGRAMME, Town, day
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.outreach_site import AYSE, BOB, MATCHER, Outreach, met
from tests.screens.people import sign_in, signed_in
from workflows.intake_process import ROLES

pytestmark = pytest.mark.engines

FORM = "/intake/kennismaking"


async def test_a_family_is_written_down_and_the_page_says_what_happens_next(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    told = met(needs=["bicycle"])

    answer = await ayse.post("/kennismaking", data=told)
    page = await ayse.get(answer.headers["Location"].removeprefix("/intake"))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/intake/kennismaking/genoteerd/{told['key']}")
    assert page.status_code == 200
    for words in ("Opgeslagen", "Speeltuin", "Angelslo", "Fiets", "Nog een gezin"):
        assert words in page.text
    assert ROLES[TaskKind.CONTACT_FAMILY] == (Role.OUTREACH_WORKER,)
    assert "Een outreachend werker zoekt contact met het gezin" in page.text
    assert "uiterlijk op dinsdag 12 oktober." in page.text, "two working days, as the programme has it"
    for written_down in ("Samira", "0612345678"):
        assert written_down in page.text, "who typed it wrong sees it now"
    assert await outreach.signals() == [("angelslo", "playground", "Samira", "0612345678")]
    (event,) = await Town(outreach.database).told(SignalReceived)
    assert event.needs == ("bicycle",)


async def test_a_double_click_makes_one_family_and_the_back_button_asks_first(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    told = met()

    answers = [await ayse.post("/kennismaking", data=told) for _ in range(2)]
    changed = await ayse.post("/kennismaking", data=told | {"name": "Fatima"})
    key = re.findall(r'name="key" value="([^"]+)"', changed.text)[0]
    again = await ayse.post("/kennismaking", data=told | {"name": "Fatima", "key": key})

    assert [answer.status_code for answer in answers] == [303, 303]
    assert changed.status_code == 400
    assert "Je hebt dit formulier al opgeslagen" in changed.text
    assert again.status_code == 303
    assert [name for _, _, name, _ in await outreach.signals()] == ["Fatima", "Samira"]


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "Vul een voornaam in"),
        ({"name": "x" * 121}, "name", "Dit is te lang"),
        ({"phone": "bel maar"}, "phone", "Dit is geen telefoonnummer"),
        ({"phone": "06 1234 567"}, "phone", "Tel de cijfers na. Een Nederlands nummer heeft er 10"),
        ({"phone": "", "other": "06 1234 567"}, "other", "Tel de cijfers na. Een Nederlands nummer heeft er 10"),
        ({"phone": ""}, "phone", "Vul een telefoonnummer in, of een andere manier"),
        ({"channel": "own-sign-up"}, "channel", "Kies waar je het gezin ontmoet"),
        ({"area": "emmen-zuid"}, "area", "Kies de wijk van het gezin"),
    ],
)
async def test_what_is_wrong_is_told_on_top_and_at_the_field_and_nothing_typed_is_lost(
    ayse: httpx.AsyncClient, outreach: Outreach, wrong: dict[str, str], field: str, words: str
) -> None:
    told = met(other="") | wrong

    page = await ayse.post("/kennismaking", data=told)

    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text
    assert page.text.count(words) >= 2
    assert f'value="{told["phone"]}"' in page.text
    assert await outreach.signals() == []


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ("samira@example.org", (None, "samira@example.org", None)),
        ("0591 123456", ("0591123456", None, None)),
        ("via juf Marleen", (None, None, "via juf Marleen")),
    ],
)
async def test_another_way_to_reach_a_family_is_understood(
    ayse: httpx.AsyncClient, outreach: Outreach, other: str, kept: tuple[str | None, ...]
) -> None:

    await ayse.post("/kennismaking", data=met(phone="", other=other))

    query = text(
        "SELECT contact_phone, contact_email, via FROM intake.signal LEFT JOIN intake.first_contact ON id = signal_id"
    )
    async with outreach.database.transaction() as tx:
        assert tuple((await tx.execute(query)).one()) == kept


async def test_where_somebody_was_last_is_chosen_already(ayse: httpx.AsyncClient) -> None:
    fresh = await ayse.get("/kennismaking")
    await ayse.post("/kennismaking", data=met(channel="playground"))
    after = await ayse.get("/kennismaking")

    assert "checked" not in fresh.text
    for page in (fresh, after):
        assert page.text.index("Bibliotheek") < page.text.index("Speeltuin"), "always in the same order"
    assert re.search(r'value="playground" checked', after.text)
    assert re.search(r'value="angelslo" checked', after.text)


async def test_a_family_from_another_area_is_met_too(ayse: httpx.AsyncClient, outreach: Outreach) -> None:
    fresh = await ayse.get("/kennismaking")
    assert "Ergens anders" in fresh.text
    kept = await ayse.post("/kennismaking", data=met(area="elsewhere"))
    page = await ayse.get(kept.headers["Location"].removeprefix("/intake"))
    assert "Ergens anders" in page.text

    ((area, _, _, _),) = await outreach.signals()
    assert area == "elsewhere"
    assert "Ergens anders" in (await ayse.get("/signalen")).text, "in words, also in the list"


async def test_the_page_that_says_it_is_kept_is_for_who_met_the_family(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    told = met()
    await ayse.post("/kennismaking", data=told)

    async with signed_in(outreach.app, BOB) as bob:
        assert (await bob.get(f"/kennismaking/genoteerd/{told['key']}")).status_code == 404
    assert (await ayse.get(f"/kennismaking/genoteerd/{uuid4()}")).status_code == 404


async def test_who_may_see_the_other_sign_up_is_told_that_the_family_may_be_known(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    first, again, other = met(), met(name="samira Bakker", phone="+31 6 12 34 56 78"), met(name="Wilma")
    for told in (first, again, other):
        assert (await ayse.post("/kennismaking", data=told)).status_code == 303

    page = await ayse.get(f"/kennismaking/genoteerd/{again['key']}")
    assert "Mogelijk kennen we dit gezin al" in page.text
    assert f'href="/intake/signalen/{again["key"]}#bekend"' in page.text
    assert "Samira" not in page.text, "a phone is often read along"
    compared = await ayse.get(f"/signalen/{again['key']}")
    assert 'id="bekend"' in compared.text
    assert f'href="/intake/signalen/{first["key"]}"' in compared.text
    for same_number in (f"/kennismaking/genoteerd/{other['key']}", f"/signalen/{other['key']}"):
        assert "Mogelijk kennen" not in (await ayse.get(same_number)).text, "another name is another person"


async def test_who_may_not_see_the_other_sign_up_is_told_nothing_and_the_coordinator_sees_it_in_the_list(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    there = replace(BOB, areas=frozenset({"emmerhout"}))
    async with signed_in(outreach.app, there) as bob:
        assert (await bob.post("/kennismaking", data=met(area="emmerhout"))).status_code == 303
    again = met()
    await ayse.post("/kennismaking", data=again)

    page = await ayse.get(f"/kennismaking/genoteerd/{again['key']}")
    assert "Mogelijk kennen" not in page.text
    coordinator = replace(AYSE, roles=frozenset({Role.TEAM_COORDINATOR}))
    async with signed_in(outreach.app, coordinator) as listed:
        assert "Misschien dubbel" in (await listed.get("/signalen")).text
        seen = await listed.get(f"/signalen/{again['key']}")
    assert "Mogelijk kennen we dit gezin al" in seen.text
    assert "In een andere wijk" in seen.text
    assert "Bob" not in seen.text


async def test_only_who_meets_families_opens_the_form(outreach: Outreach) -> None:
    async with signed_in(outreach.app, MATCHER) as matcher:
        assert (await matcher.get("/kennismaking")).status_code == 403
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(outreach.app), base_url="http://kansen.example"
    ) as nobody:
        answer = await nobody.get("/kennismaking")
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/desk/aanmelden")


async def test_a_programme_that_is_over_takes_nobody_in(ayse: httpx.AsyncClient, outreach: Outreach) -> None:
    outreach.at(day(1, month=8, year=2028))
    async with signed_in(outreach.app, AYSE) as later:
        page = await later.get("/kennismaking")

    assert "Er is nu geen programma open" in page.text


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
async def test_who_changes_language_in_the_middle_of_the_form_loses_nothing(
    outreach: Outreach, site: Site, page: OpenPage, javascript: bool
) -> None:
    async with site(outreach.front) as address:
        opened = await page(360, javascript=javascript)
        await sign_in(opened, address, outreach.app, AYSE)
        await opened.goto(f"{address}{FORM}")
        await opened.get_by_label("Speeltuin").check()
        await opened.get_by_label("Fiets").check()
        await opened.locator("#name").fill("Samira")
        await opened.locator("#phone").fill("bel maar")
        await opened.get_by_role("button", name="English").click()

        await expect(opened.get_by_role("heading", level=1)).to_have_text("New first meeting")
        await expect(opened.locator('[name="channel"][value="playground"]')).to_be_checked()
        await expect(opened.locator('[name="needs"][value="bicycle"]')).to_be_checked()
        await expect(opened.locator("#name")).to_have_value("Samira")
        await expect(opened.locator("#phone")).to_have_value("bel maar")
        await expect(opened.get_by_role("alert")).to_have_count(0)
        assert await outreach.signals() == [], "nothing is saved yet"
        await opened.get_by_label("Angelslo").check()
        await opened.locator("#phone").fill("0612345678")
        await opened.locator("#name").press("Enter")
        await opened.wait_for_url(re.compile("genoteerd"))
    assert await outreach.signals() == [("angelslo", "playground", "Samira", "0612345678")]


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_form_its_errors_and_its_end_are_accessible_on_a_phone(
    outreach: Outreach, site: Site, page: OpenPage, axe: Axe, language: str
) -> None:
    async with site(outreach.front) as address:
        opened = await page(360)
        await sign_in(opened, address, outreach.app, AYSE)
        await opened.context.add_cookies([{"name": "taal", "value": language, "url": address}])
        await opened.goto(f"{address}{FORM}")
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)

        await opened.evaluate("document.querySelector('form[data-keeps]').noValidate = true")
        await opened.locator("#save").click()
        await expect(opened.get_by_role("alert")).to_be_visible()
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)

        await opened.get_by_label(re.compile("Speeltuin")).check()
        await opened.get_by_label(re.compile("Angelslo")).check()
        await opened.locator("#name").fill("Samira")
        await opened.locator("#phone").fill("0612345678")
        await opened.locator("#save").click()
        await opened.wait_for_url(re.compile("genoteerd"))
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)
        assert await outreach.signals() == [("angelslo", "playground", "Samira", "0612345678")]

        await opened.locator('a[href$="/verbeteren"]').click()
        await opened.locator("#phone").fill("bel maar")
        await opened.locator("#phone").press("Enter")
        await expect(opened.get_by_role("alert")).to_be_visible()
        assert await axe(opened) == []
        assert not await scrolls_sideways(opened)


async def test_by_keyboard_alone(outreach: Outreach, site: Site, page: OpenPage) -> None:
    async with site(outreach.front) as address:
        opened = await page(360)
        await sign_in(opened, address, outreach.app, AYSE)
        await opened.goto(f"{address}{FORM}")
        await opened.locator("#channel").focus()
        for key in ("ArrowDown", "Tab", "Space", "Tab"):
            await opened.keyboard.press(key)
        await opened.keyboard.type("Samira")
        await opened.keyboard.press("Tab")
        await opened.keyboard.type("0612345678")
        await opened.keyboard.press("Enter")
        await opened.wait_for_url(re.compile("genoteerd"))

    assert await outreach.signals() == [("angelslo", "playground", "Samira", "0612345678")]


async def test_without_javascript(outreach: Outreach, site: Site, page: OpenPage) -> None:
    async with site(outreach.front) as address:
        opened = await page(360, javascript=False)
        await sign_in(opened, address, outreach.app, AYSE)
        await opened.goto(f"{address}{FORM}")
        await opened.get_by_label("Bibliotheek").check()
        await opened.get_by_label("Angelslo").check()
        await opened.locator("#name").fill("Samira")
        await opened.locator("#save").click()
        await expect(opened.locator("#phone-error")).to_be_visible()
        await opened.locator("#other").fill("via de buurvrouw")
        await opened.locator("#save").click()
        await expect(opened.get_by_role("heading", name="Opgeslagen")).to_be_visible()


async def test_who_works_in_two_programmes_chooses_and_the_last_one_is_remembered(
    outreach: Outreach, tmp_path: Path, ayse: httpx.AsyncClient
) -> None:
    text = (tmp_path / PROGRAMME / "1.toml").read_text()
    (tmp_path / "kansrijk-drenthe").mkdir()
    (tmp_path / "kansrijk-drenthe" / "1.toml").write_text(
        text.replace(f'id = "{PROGRAMME}"', 'id = "kansrijk-drenthe"').replace("Kansrijk Emmen", "Kansrijk Drenthe")
    )
    both = replace(AYSE, programmes=frozenset({PROGRAMME, "kansrijk-drenthe"}))
    async with signed_in(outreach.app, both) as client:
        first = await client.get("/kennismaking")
        chosen = await client.post("/kennismaking", data=met() | {"programme": "kansrijk-drenthe", "wanted": PROGRAMME})
        kept = await outreach.signals()
        await client.post("/kennismaking", data=met())
        after = await client.get("/kennismaking")
    of_one = await ayse.get("/kennismaking")

    assert "Waarvoor is elk programma?" in first.text
    assert first.text.count("Samen met een buddy werken aan wat het gezin wil.") == 2, "a line for each"
    assert "Waarvoor is elk programma?" not in of_one.text
    hidden = 'name="programme" value="{}"'.format
    assert hidden("kansrijk-drenthe") in first.text
    assert (chosen.status_code, kept) == (200, [])
    assert hidden(PROGRAMME) in chosen.text
    assert "Samira" in chosen.text, "what was typed goes along to the other programme"
    assert hidden(PROGRAMME) in after.text
    assert 'value="kansrijk-drenthe"' in after.text
    assert "kansrijk-drenthe" not in of_one.text


async def test_nobody_writes_down_a_family_for_a_programme_that_is_not_theirs(outreach: Outreach) -> None:
    elsewhere = replace(AYSE, programmes=frozenset({"kansrijk-drenthe"}))
    async with signed_in(outreach.app, elsewhere) as client:
        page = await client.post("/kennismaking", data=met())

    assert "Er is nu geen programma open" in page.text
    assert "Samira" in page.text
    assert await outreach.signals() == []
