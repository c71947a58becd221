"""A form that was filled in without a connection is sent by itself later, once, and nobody can read it until then."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import Dialog, Page, Route, expect

from services.shared.access import Actor
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.outreach_site import AYSE, BOB, Outreach
from tests.screens.people import csrf_of, sign_in, signed_in

pytestmark = pytest.mark.engines

FORM = "/intake/kennismaking"
SENT_AT_LATEST = 40_000
"""Milliseconds: what fails at the moment when the connection is back is tried again within half a minute."""
KEPT = """async () => {
    const database = await new Promise((done) => {
        const asked = indexedDB.open("kansen", 1);
        asked.onsuccess = () => done(asked.result);
    });
    return new Promise((done) => {
        const asked = database.transaction("kept").objectStore("kept").getAll();
        asked.onsuccess = () => done(asked.result);
    });
}"""


@pytest.fixture
async def address(outreach: Outreach, site: Site) -> AsyncIterator[str]:
    async with site(outreach.front) as address:
        yield address


async def visit(opened: Page, address: str, outreach: Outreach, actor: Actor) -> None:
    """Opens the form once with a connection, until the phone has all that it needs without one."""
    await sign_in(opened, address, outreach.app, actor)
    await opened.goto(f"{address}{FORM}")
    await expect(opened.locator("[data-keeps-ready]")).to_be_visible()


async def fill_in(opened: Page, name: str, phone: str = "0612345678") -> None:
    await opened.get_by_label("Speeltuin").check()
    await opened.get_by_label("Angelslo").check()
    await opened.locator("#name").fill(name)
    await opened.locator("#phone").fill(phone)
    await opened.locator("#save").click()


async def stays_here(opened: Page) -> None:
    """The form was tried and waits: from here on it is sent by whatever comes next, not by the press of the button."""
    await expect(opened.locator('[data-keeps-outcome="kept"]')).to_be_visible()
    await expect(opened.locator('[data-kept-line="waiting"]')).to_be_visible()


async def names(outreach: Outreach) -> list[str]:
    return sorted(name or "" for _, _, name, _ in await outreach.signals())


async def test_two_families_met_without_a_connection_arrive_once_each_when_the_phone_is_opened_again(
    outreach: Outreach, address: str, page: OpenPage, axe: Axe
) -> None:
    first = await page(360, connected=False)
    await visit(first, address, outreach, AYSE)
    await first.context.set_offline(True)
    for number, name in enumerate(("Samira", "Fatima"), start=1):
        await fill_in(first, name)
        await expect(first.locator('[data-keeps-outcome="kept"]')).to_be_visible()
        await expect(first.locator('[data-kept-line="waiting"]')).to_contain_text(f"Nog niet verstuurd: {number}")
        await expect(first.locator("#name")).to_have_value("")
        await expect(first.get_by_label("Speeltuin")).to_be_checked()
    kept = json.dumps(await first.evaluate(KEPT))
    assert "Samira" not in kept
    assert "Samira" not in base64.b64decode(json.loads(kept)[0]["sealed"]).decode(errors="ignore")
    assert await outreach.signals() == []
    context = first.context
    await first.close()

    again = await context.new_page()
    await context.set_offline(False)
    await again.goto(f"{address}{FORM}")

    await expect(again.locator('[data-kept-line="sent"]')).to_contain_text("Verstuurd: 2", timeout=SENT_AT_LATEST)
    assert await names(outreach) == ["Fatima", "Samira"]
    assert await again.evaluate(KEPT) == []
    read_back = again.get_by_role("link", name="Kijk na wat je opschreef:")
    await expect(read_back).to_have_count(2)
    assert await axe(again) == []
    await read_back.first.click()
    await expect(again.get_by_text("0612345678")).to_be_visible()


async def test_the_form_opens_without_a_connection_and_sends_by_itself_when_there_is_one(
    outreach: Outreach, address: str, page: OpenPage, axe: Axe
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    await opened.context.set_offline(True)
    await opened.goto(f"{address}{FORM}")
    await expect(opened.get_by_text("Er is nu geen verbinding.")).to_be_visible()
    assert "Ayse" not in await opened.content()
    assert await axe(opened) == []
    assert not await scrolls_sideways(opened)

    await fill_in(opened, "Samira")
    await stays_here(opened)
    assert await axe(opened) == []
    await opened.context.set_offline(False)

    await expect(opened.locator('[data-kept-line="sent"]')).to_contain_text("Verstuurd: 1", timeout=SENT_AT_LATEST)
    await expect(opened.get_by_text("Er is nu geen verbinding.")).to_be_hidden()
    assert await names(outreach) == ["Samira"]


async def test_an_answer_that_got_lost_does_not_make_a_second_family(
    outreach: Outreach, address: str, page: OpenPage
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    lost = 0

    async def lose_the_first_answer(route: Route) -> None:
        nonlocal lost
        if lost == 0:
            lost += 1
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await opened.route("**/nazending", lose_the_first_answer)
    await fill_in(opened, "Samira")
    await expect(opened.locator('[data-keeps-outcome="kept"]')).to_be_visible()
    await expect(opened.locator('[data-kept-line="waiting"]')).to_contain_text("Nog niet verstuurd: 1")
    assert (lost, await names(outreach)) == (1, ["Samira"])

    await opened.reload()

    await expect(opened.locator('[data-kept-line="sent"]')).to_contain_text("Verstuurd: 1", timeout=SENT_AT_LATEST)
    assert (lost, await names(outreach)) == (1, ["Samira"])


async def test_what_was_refused_is_corrected_and_never_dropped(
    outreach: Outreach, address: str, page: OpenPage, axe: Axe
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    await opened.context.set_offline(True)
    await fill_in(opened, "Samira", phone="bel maar")
    await stays_here(opened)
    await opened.context.set_offline(False)
    await expect(opened.locator('[data-kept-line="refused"]')).to_contain_text(
        "Formulieren die nog niet kloppen: 1", timeout=SENT_AT_LATEST
    )
    assert await axe(opened) == []

    await opened.get_by_role("button", name="Bekijk en verbeter").click()
    await expect(opened.locator("#phone-error")).to_have_text("Dit is geen telefoonnummer")
    await expect(opened.locator("#name")).to_have_value("Samira")
    await expect(opened.locator('[data-kept-line="refused"]')).to_be_hidden()
    await opened.locator("#phone").fill("0612345678")
    await opened.locator("#save").click()
    await opened.wait_for_url(re.compile("genoteerd"))

    assert await names(outreach) == ["Samira"]
    await opened.goto(f"{address}{FORM}")
    assert await opened.evaluate(KEPT) == []
    await expect(opened.locator('[data-kept-line="refused"]')).to_be_hidden()


async def test_when_the_session_has_ended_it_asks_to_sign_in_and_then_sends(
    outreach: Outreach, address: str, page: OpenPage
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    await opened.context.clear_cookies()
    await fill_in(opened, "Samira")
    await expect(opened.get_by_role("link", name="Meld je aan om te versturen")).to_be_visible()
    assert await names(outreach) == []

    await sign_in(opened, address, outreach.app, AYSE)
    await opened.goto(f"{address}{FORM}")

    await expect(opened.locator('[data-kept-line="sent"]')).to_contain_text("Verstuurd: 1", timeout=SENT_AT_LATEST)
    assert await names(outreach) == ["Samira"]


async def test_on_a_shared_phone_somebody_else_neither_reads_nor_sends_it(
    outreach: Outreach, address: str, page: OpenPage
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    await opened.context.set_offline(True)
    await fill_in(opened, "Samira")
    await stays_here(opened)
    (kept,) = await opened.evaluate(KEPT)
    await opened.goto("about:blank")
    await opened.context.set_offline(False)
    await opened.context.clear_cookies()
    await sign_in(opened, address, outreach.app, BOB)
    await opened.goto(f"{address}{FORM}")
    await expect(opened.locator('[data-kept-line="others"]')).to_contain_text("nog niet verstuurd: 1")
    async with signed_in(outreach.app, BOB) as bob:
        body = {name: kept[name] for name in ("id", "owner", "sealed")}
        answer = await bob.post("/kennismaking/nazending", data=body | {"csrf": csrf_of(outreach.app, BOB)})
        shown = await bob.post("/kennismaking/verbeteren", data=body)

    assert answer.json() == {"outcome": "unreadable"}
    assert (shown.status_code, "Samira" in shown.text) == (400, False)


async def test_signing_out_warns_of_what_was_not_sent_and_leaves_no_form_to_write_under_this_name(
    outreach: Outreach, address: str, page: OpenPage
) -> None:
    opened = await page(360, connected=False)
    await visit(opened, address, outreach, AYSE)
    await opened.route("**/nazending", lambda route: route.abort())
    await fill_in(opened, "Samira")
    await stays_here(opened)
    signed_out: list[str] = []

    async def end(route: Route) -> None:
        signed_out.append(route.request.method)
        await route.fulfill(status=200, content_type="text/html", body="<title>Tot ziens</title>")

    await opened.route("**/desk/afmelden", end)
    refused = await sign_out(opened, accept=False)
    assert "nog niet zijn verstuurd" in refused
    assert signed_out == []
    await sign_out(opened, accept=True)
    await expect(opened).to_have_title("Tot ziens")

    assert signed_out == ["POST"]
    assert await opened.evaluate("caches.has('kansen-shell')") is False
    assert len(await opened.evaluate(KEPT)) == 1


async def sign_out(opened: Page, *, accept: bool) -> str:
    """Answers what is asked at signing out; gives the question."""
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(dialog: Dialog) -> None:
        await (dialog.accept() if accept else dialog.dismiss())
        answered.set_result(dialog.message)

    opened.once("dialog", answer)
    await opened.get_by_role("button", name="Afmelden").click()
    return await answered


@pytest.mark.parametrize("sealed", ["", "no base64!", base64.b64encode(b"x" * 200).decode(), "A" * 20_000])
async def test_what_nobody_sealed_is_never_received(outreach: Outreach, sealed: str) -> None:
    async with signed_in(outreach.app, AYSE) as ayse:
        answer = await ayse.post("/kennismaking/nazending", data={"id": str(uuid4()), "owner": "", "sealed": sealed})

    assert answer.json() == {"outcome": "unreadable"}
    assert await outreach.signals() == []


async def test_the_service_worker_may_ask_us_and_nobody_else(outreach: Outreach) -> None:
    async with signed_in(outreach.app, AYSE) as ayse:
        worker = await ayse.get("/sw.js")

    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]
    assert worker.headers["Cache-Control"] == "no-store"


async def test_on_a_device_that_keeps_nothing_the_form_is_an_ordinary_one_and_signing_out_works(
    outreach: Outreach, address: str, page: OpenPage
) -> None:
    opened = await page(360)
    await opened.add_init_script("indexedDB.open = () => { throw new DOMException('no room', 'QuotaExceededError'); }")
    await sign_in(opened, address, outreach.app, AYSE)
    await opened.goto(f"{address}{FORM}")
    await expect(opened.locator("[data-keeps-ready]")).to_be_visible()
    await fill_in(opened, "Samira")
    await opened.wait_for_url(re.compile("genoteerd"))
    assert await names(outreach) == ["Samira"]

    await opened.route("**/desk/afmelden", lambda route: route.fulfill(body="<title>Tot ziens</title>"))
    await opened.get_by_role("button", name="Afmelden").click()
    await opened.wait_for_url(re.compile("afmelden"))
