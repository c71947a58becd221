"""Looks at whatever pages there are: asks each of them of its application, and opens those that differ in a browser."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
from fastapi import FastAPI
from playwright.async_api import Page, Response, ViewportSize

from services.shared.access import Actor
from services.shared.permissions import PERMITTED
from services.shared.roles import Role
from tests.architecture.filling import path_of, query_of
from tests.architecture.routes import Route, routes
from tests.architecture.sources import SERVICES
from tests.screens.conftest import HEIGHT, Axe, OpenPage, scrolls_sideways
from tests.screens.every_family import CAST, HENK, PAYEE, PROGRAMME, PROPOSED_PAYEE, Screens, Stage
from tests.screens.people import session_of, sign_in, signed_in

PHONE, LAPTOP, ZOOMED = 360, 1280, 320
"""The narrowest is a laptop's page at 400 %."""
TABS = 2
LANGUAGE_COOKIE = "taal"
LOOKS = ("class", "role", "type", "aria-invalid", "aria-current", "hidden", "open", "disabled")
VISITOR = "http://127.0.0.1"
"""The door lets made-up people in from this machine alone."""

GENERAL: Mapping[str, Sequence[str]] = {
    "person": (str(HENK.person),),
    "person_id": (str(HENK.person), str(CAST[Role.BUDDY].person)),
    "colleague_id": (str(CAST[Role.TEAM_COORDINATOR].person),),
    "payee_id": (str(PAYEE), str(PROPOSED_PAYEE)),
    "programme": (PROGRAMME,),
}
"""What addresses name that is of no family."""

OF_A_STEP = frozenset({"step_id", "search_id"})
"""What only forms name; no page is of one."""
A_THING_THAT_IS_NOT_THERE = str(UUID(int=9))

WITH_A_QUERY: Mapping[str, Sequence[str]] = {
    "GET /desk/werklijst": ("wie=mine", "wie=team", "wie=unassigned", "wie=stand-in", "wie=snoozed"),
    "GET /desk/gezinnen": ("wie=mijn", "wie=afgesloten", "fase=plan"),
    "GET /desk/taken/{task_id}": ("gelukt=taken", "gelukt=released", "gelukt=snoozed", "gelukt=handed-over"),
}
"""The same address in another state."""


@dataclass(frozen=True)
class Visit:
    """One page, by one person (None: a visitor), in the situation of one family or of nobody in particular."""

    route: Route
    path: str
    actor: Actor | None
    situation: str

    @property
    def address(self) -> str:
        return f"/{self.route.service}{self.path}"

    def __str__(self) -> str:
        who = "a visitor" if self.actor is None else " and ".join(self.actor.roles)
        return f"{self.route} by {who}, {self.situation}"


type Looks = tuple[str, frozenset[str]]
"""A page by its route (or its refusal) and the pieces that it is made of."""


@dataclass
class Seen:
    """What pages answered: the statuses of each route, and of what kind; pages that differ; who has which menu."""

    statuses: dict[str, set[int]] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    pages: dict[Looks, Visit] = field(default_factory=dict)
    texts: dict[Looks, str] = field(default_factory=dict)
    frames: dict[UUID | None, Visit] = field(default_factory=dict)


def pages(method: str) -> list[Route]:
    """Every page route there is, of every service."""
    return [route for name in SERVICES for route in routes(name) if route.is_page and route.method == method]


def visits(found: Sequence[Route], screens: Screens) -> Iterator[Visit]:
    """Each route for each family that it can be about, by who may.

    By everybody for the one with the most to see, and for the one that was just met: some is for who met it.
    """
    for route in found:
        wanted = names_of(route)
        about_a_family = wanted - GENERAL.keys() - OF_A_STEP
        if not about_a_family:
            yield from _by(route, {}, _everybody(route), "of nobody in particular")
            continue
        for stage, family in screens.families.items():
            if about_a_family <= family.ids.keys():
                who = _everybody(route) if stage in (Stage.TOGETHER, Stage.MET) else _everybody(route)[:1]
                yield from _by(route, family.ids, who, stage)


def names_of(route: Route) -> set[str]:
    """The ids that an address names; what can only be one of some words is no id."""
    return {
        field.alias
        for field in route.route.dependant.path_params
        if not (isinstance(field.field_info.annotation, type) and issubclass(field.field_info.annotation, StrEnum))
    }


def _by(route: Route, ids: Mapping[str, Sequence[str]], who: Sequence[Actor | None], situation: str) -> Iterator[Visit]:
    wanted = [(name, str(value)) for name, value in query_of(route.route).items()]
    for path in paths_of(route, ids):
        for actor in who:
            yield Visit(route, _with(path, wanted), actor, situation)
        for query in WITH_A_QUERY.get(str(route), ()):
            yield Visit(route, _with(path, [*wanted, *parse_qsl(query)]), who[0], situation)


def _with(path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def paths_of(route: Route, ids: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """An address with every id and every word that it can hold."""
    choices: dict[str, Sequence[str]] = {}
    for each in route.route.dependant.path_params:
        kind: Any = each.field_info.annotation
        words = [str(word.value) for word in kind] if isinstance(kind, type) and issubclass(kind, StrEnum) else None
        choices[each.alias] = words or ids.get(each.alias) or GENERAL.get(each.alias) or [A_THING_THAT_IS_NOT_THERE]
    for values in product(*choices.values()):
        yield path_of(route.path, route.route, dict(zip(choices, values, strict=True)))


def _everybody(route: Route) -> list[Actor | None]:
    if route.permission is None:
        return [None]
    may = PERMITTED[route.permission]
    return [actor for role, actor in CAST.items() if role in may]


async def ask(screens: Screens, found: Iterable[Visit], language: str) -> Seen:
    """Asks every page of its own application; those of one route that are made of the same pieces are one."""
    seen = Seen()
    async with AsyncExitStack() as stack:
        clients: dict[tuple[str, UUID | None], httpx.AsyncClient] = {}
        for visit in found:
            who = (visit.route.service, visit.actor.person if visit.actor else None)
            if who not in clients:
                clients[who] = await stack.enter_async_context(client(screens.apps[who[0]], visit.actor, language))
            answer = await clients[who].get(visit.path)
            note(seen, visit, answer)
    return seen


@asynccontextmanager
async def client(app: FastAPI, actor: Actor | None, language: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at one service, without a browser."""
    if actor is None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=VISITOR) as visitor:
            visitor.cookies.set(LANGUAGE_COOKIE, language)
            yield visitor
        return
    async with signed_in(app, actor) as somebody:
        somebody.cookies.set(LANGUAGE_COOKIE, language)
        yield somebody


def note(seen: Seen, visit: Visit, answer: httpx.Response) -> None:
    """Remembers an answer, and its page if none was alike."""
    name = str(visit.route)
    seen.statuses.setdefault(name, set()).add(answer.status_code)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    is_part = kind == "text/html" and "<html" not in answer.text
    if answer.status_code == 200:
        seen.kinds.setdefault(name, set()).add("part" if is_part else kind)
    if kind == "text/html" and not is_part:
        looks = (name if answer.status_code < 400 else str(answer.status_code), looks_of(answer.text))
        seen.pages.setdefault(looks, visit)
        seen.texts.setdefault(looks, answer.text)
        # The menu and the rest of the frame differ by role alone.
        seen.frames.setdefault(visit.actor.person if visit.actor else None, visit)


class _Pieces(HTMLParser):
    """Reads of which pieces a page is made, and what follows what: not how often, and not what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._last = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._piece(" ".join([tag, *(str(told[name]) for name in LOOKS if name in told)]))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._piece("words")

    def _piece(self, piece: str) -> None:
        self.found.add(f"{self._last} - {piece}")
        self._last = piece


def looks_of(page: str) -> frozenset[str]:
    """What tells pages apart that may look, sound or work differently: their pieces, within the frame."""
    reader = _Pieces()
    reader.feed(page[page.index("<main") :])
    return frozenset(reader.found)


def with_something_new(found: Mapping[Looks, Visit]) -> Iterator[Visit]:
    """Of each route as few pages as have every piece that stands on any of them, beside what it stands beside there."""
    known: set[tuple[str, str]] = set()
    for (name, pieces), visit in sorted(found.items(), key=lambda page: len(page[0][1]), reverse=True):
        new = {(name, piece) for piece in pieces} - known
        if new:
            known |= new
            yield visit


async def look(
    found: Iterable[Visit], address: str, screens: Screens, open_page: OpenPage, axe: Axe, language: str
) -> dict[str, list[str]]:
    """Opens pages in a browser, Dutch on a phone and English on a laptop; gives what is wrong with each."""
    waiting = sorted(found, key=lambda visit: str(visit.actor and visit.actor.person))
    wrong: dict[str, list[str]] = {}

    async def tab() -> None:
        opened = await open_page(PHONE if language == "nl" else LAPTOP)
        await opened.context.add_init_script(COUNTS_PARTS)
        await opened.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])
        refused: list[str] = []
        opened.on("response", lambda answer: refused.extend(refused_part(answer)))
        while waiting:
            visit = waiting.pop()
            refused.clear()
            if visit.actor is None:
                await opened.context.clear_cookies(name=next(iter(session_of(screens.front, HENK))))
            else:
                await sign_in(opened, address, screens.front, visit.actor)
            await opened.goto(f"{address}{visit.address}")
            if faults := await faults_of(opened, axe) + refused:
                wrong[str(visit)] = faults
        await opened.close()

    await asyncio.gather(*(tab() for _ in range(TABS)))
    return wrong


def refused_part(answer: Response) -> list[str]:
    """What a page asks for and may not have, or is not there: it should not have asked."""
    if answer.status < 400 or answer.request.is_navigation_request():
        return []
    return [f"asks {urlsplit(answer.url).path} and gets {answer.status}"]


async def faults_of(opened: Page, axe: Axe) -> list[str]:
    """What is wrong with the page that is open, for people with a disability and for who has a small screen."""
    await opened.wait_for_function(ALL_PARTS_ARE_THERE)
    faults = await axe(opened)
    if await opened.evaluate(SAYS_NOTHING_WHEN_A_PART_FAILS):
        faults.append("has a part that would not say that it failed")
    if await scrolls_sideways(opened):
        faults.append("scrolls sideways")
    usual = opened.viewport_size
    assert usual is not None
    await opened.set_viewport_size(ViewportSize(width=ZOOMED, height=HEIGHT))
    if await scrolls_sideways(opened):
        faults.append("scrolls sideways at 400 %")
    await opened.set_viewport_size(usual)
    return faults


COUNTS_PARTS = """
window.partsAsked = 0; window.partsUnderWay = 0;
const ask = window.fetch;
window.fetch = async (address, options = {}) => {
  const isPart = new Headers(options.headers).get("HX-Request") === "true";
  if (!isPart) return ask(address, options);
  window.partsAsked += 1; window.partsUnderWay += 1;
  try {
    const answer = await ask(address, options);
    await answer.clone().text();
    return answer;
  } finally { window.partsUnderWay -= 1; }
};
"""
ALL_PARTS_ARE_THERE = """() => {
  const parts = document.querySelectorAll("[hx-trigger='load']").length;
  const moving = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added";
  return window.partsAsked >= parts && window.partsUnderWay === 0 && !document.querySelector(moving);
}"""
SAYS_NOTHING_WHEN_A_PART_FAILS = """() => document.querySelector("[data-panel]") !== null
  && ![...document.scripts].some((script) => script.src.includes("panels"))"""
