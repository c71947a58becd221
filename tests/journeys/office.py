"""A practice stack as a newcomer finds it, and the people who sign in there with a browser."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from playwright.async_api import Page, Response

from deploy.local import practice
from deploy.local.stack import Stack
from services.shared.settings import Settings
from tests.screens.conftest import Axe, OpenPage, scrolls_sideways

PHONE, LAPTOP = 390, 1280
PATIENCE_SECONDS = 40.0
LOOK_AGAIN_MILLISECONDS = 400


@dataclass
class Somebody:
    """A person who is signed in, at the screen that they look at."""

    office: "Office"
    screen: Page
    scripts: bool = True

    async def opens(self, path: str) -> Response:
        """An address of this stack; every page that is shown is looked at."""
        answer = await self.screen.goto(self.office.address + path)
        assert answer is not None
        await self.looks()
        return answer

    async def presses(self, name: str, *, exact: bool = False) -> None:
        """A button, and on to the page that it leads to."""
        async with self.screen.expect_navigation():
            await self.screen.get_by_role("button", name=name, exact=exact).first.click()
        await self.looks()

    async def follows(self, name: str, *, exact: bool = False) -> None:
        async with self.screen.expect_navigation():
            await self.screen.get_by_role("link", name=name, exact=exact).first.click()
        await self.looks()

    async def looks(self) -> None:
        """Nothing on this page is wrong for people with a disability, and nothing falls off it."""
        await self.screen.wait_for_load_state("networkidle")
        shown = f"{self.screen.url} ({await self.screen.title()})"
        if self.scripts:
            # The checker is a script itself.
            found = await self.office.axe(self.screen)
            assert found == [], f"{shown}: {found}"
        assert not await scrolls_sideways(self.screen), f"{shown} scrolls sideways"
        self.office.looked_at.append(shown)

    async def waits_for(self, look: Callable[[], Awaitable[bool]], what: str) -> None:
        """Loads the page again until something shows: work goes on behind everybody's back."""
        give_up_at = monotonic() + PATIENCE_SECONDS
        while not await look():
            assert monotonic() < give_up_at, f"{what}: not within {PATIENCE_SECONDS:.0f} s at {self.screen.url}"
            await self.screen.wait_for_timeout(LOOK_AGAIN_MILLISECONDS)
            await self.screen.reload()

    async def reads(self) -> str:
        """The words of the page."""
        return await self.screen.locator("main").inner_text()


@dataclass
class Office:
    """The stack and its browser; `looked_at` names every page that was looked at on the way."""

    stack: Stack
    settings: Settings
    address: str
    open_page: OpenPage
    axe: Axe
    looked_at: list[str] = field(default_factory=list)
    there: list["Somebody"] = field(default_factory=list)

    async def signs_in(self, name: str, *, width: int = LAPTOP, javascript: bool = True) -> Somebody:
        """One of the made-up people comes in by the door, as a newcomer would."""
        somebody = Somebody(self, await self.open_page(width, javascript=javascript), scripts=javascript)
        self.there.append(somebody)
        await somebody.opens("/")
        await somebody.presses(f"Verder als {name}")
        return somebody


@asynccontextmanager
async def open_office(folder: Path, open_page: OpenPage, axe: Axe) -> AsyncIterator[Office]:
    """What `./kansen up` starts on a fresh machine, with its practice data."""
    async with Stack(folder / "home", before_ready=lambda stack: _practise(stack)) as stack:
        office = Office(stack, stack.settings, stack.address, open_page, axe)
        yield office
        for somebody in office.there:
            # Before the stack stops: a page that still listens to its worklist would complain.
            await somebody.screen.context.close()


def _practise(stack: Stack) -> None:
    practice.put(stack.address, stack.settings)
