"""A real browser, pages of any width in it, and the checker of accessibility, for every test that looks at a screen."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from services.shared.database import Database
from services.shared.health import server
from services.shared.screens.assets import NODE_MODULES
from services.shared.settings import Settings
from tests.screens.outreach_site import AYSE, Outreach, open_outreach, write_programme
from tests.screens.people import signed_in

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDE = 1280
HEIGHT = 900
PATIENCE_MILLISECONDS = 20_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
AXE_LOOKS_FOR = {"runOnly": AXE_TAGS, "resultTypes": ["violations"]}
# Only what is wrong comes back: a page's hundred passes would be carried over for nothing.
RUN_AXE = """async (how) => {
  const { passes, violations } = await axe.run(document, how);
  return { passes: passes.length, violations };
}"""

OpenPage = Callable[..., Awaitable[Page]]
Axe = Callable[[Page], Awaitable[list[str]]]
Site = Callable[[Any], AbstractAsyncContextManager[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the browser belongs to the slower part, without anyone having to say so."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the session, from the system's packages."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
def closed() -> set[str]:
    """The sites of this test that are no longer there: what their pages still ask for is nobody's fault."""
    return set()


@pytest.fixture
async def page(browser: Browser, closed: set[str]) -> AsyncIterator[OpenPage]:
    """`await page(width, height=..., javascript=..., connected=...)` opens a page of a reader of its own.

    After the test no page may have had an error or a refusal of its security policy, or have asked another host; one
    that is not always `connected` may have missed what it asked for.
    """
    contexts: list[BrowserContext] = []
    hosts: set[str] = set()
    visited: set[str] = set()
    complaints: list[str] = []

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data":
            hosts.add(address.netloc)
        if request.is_navigation_request():
            visited.add(request.url)

    def on_console(message: ConsoleMessage) -> None:
        # A page itself may be a refusal, such as a form with what is wrong with it; what it loads may not.
        where = message.location["url"]
        if message.type in ("error", "warning") and where not in visited and urlsplit(where).netloc not in closed:
            complaints.append(message.text)

    def on_console_unconnected(message: ConsoleMessage) -> None:
        if "net::ERR_" not in message.text:
            on_console(message)

    async def open_page(
        width: int = WIDE, *, height: int = HEIGHT, javascript: bool = True, connected: bool = True
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        opened = await context.new_page()
        opened.on("request", on_request)
        opened.on("console", on_console if connected else on_console_unconnected)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        return opened

    yield open_page
    for context in contexts:
        await context.close()
    assert complaints == []
    assert len(hosts) <= 1, f"a page asked more than one host: {hosts}"


@pytest.fixture
def axe() -> Axe:
    """`await axe(page)`: what is wrong for people with a disability (WCAG 2.0-2.2 A and AA, best practice)."""
    source = AXE.read_text()

    async def look(opened: Page) -> Any:
        await opened.wait_for_load_state()
        await opened.evaluate(source)
        return await opened.evaluate(RUN_AXE, AXE_LOOKS_FOR)

    async def check(opened: Page) -> list[str]:
        try:
            found = await look(opened)
        except PlaywrightError:
            # The page that was left went away while it was looked at; the one that came is looked at instead.
            found = await look(opened)
        assert found["passes"], "the checker found nothing to check"
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return check


@pytest.fixture
def site(closed: set[str]) -> Site:
    """`async with site(app) as address`: an ASGI application on a free port."""

    @asynccontextmanager
    async def serve(app: Any) -> AsyncIterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as door:
            # It listens already: whoever comes before the server is ready waits in line.
            web = server(app, "127.0.0.1", 0)
            serving = asyncio.create_task(web.serve(sockets=[door]))
            host = f"127.0.0.1:{door.getsockname()[1]}"
            try:
                yield f"http://{host}"
            finally:
                closed.add(host)
                web.should_exit = True
                await serving

    return serve


async def scrolls_sideways(opened: Page) -> bool:
    """Whether a reader has to scroll to the right to read a line."""
    wider: bool = await opened.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        " || document.body.scrollWidth > window.innerWidth"
    )
    return wider


@pytest.fixture
async def outreach(
    service_database: Callable[[str], Database],
    placeholder_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Outreach:
    """Intake with a small programme, as whoever meets families and whoever signs up finds it."""
    write_programme(tmp_path, monkeypatch)
    return await open_outreach(service_database("intake"), placeholder_settings)


@pytest.fixture
async def ayse(outreach: Outreach) -> AsyncIterator[httpx.AsyncClient]:
    """An outreach worker who is signed in."""
    async with signed_in(outreach.app, AYSE) as client:
        yield client
