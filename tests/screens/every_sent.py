"""Fills in every form that pages hold, wrongly, and sends it: what comes back must say what is wrong, to everybody."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from services.shared.screens.csrf import FIELD
from tests.architecture.routes import Route
from tests.screens.conftest import Axe, OpenPage
from tests.screens.every_family import HENK, Screens
from tests.screens.every_look import (
    COUNTS_PARTS,
    LANGUAGE_COOKIE,
    LAPTOP,
    PHONE,
    TABS,
    Seen,
    Visit,
    client,
    faults_of,
    refused_part,
    visits,
)
from tests.screens.people import session_of, sign_in

NONSENSE = "@@ é onzin " * 120
OF_THE_FRAME = frozenset({"/taal", "/desk/afmelden"})
"""On every page, and about none."""
CHOSEN = frozenset({"checkbox", "radio", "file", "submit"})
TOKEN = rf'name="{FIELD}" value="([^"]+)"'
THEIRS, A_VISITORS = "/desk/sessies", "/intake/aanmelden"
ID = r"[^/?]+"
UUID_IN_A_PATH = r"[0-9a-f]{8}-[0-9a-f-]{27}"
UNAVAILABLE = 503
"""A decision, while what carries it is away."""


class Filled(StrEnum):
    """How a form can be wrong."""

    BLANK = "left blank"
    NONSENSE = "full of nonsense"


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page: what it brings by itself, with nothing chosen, and what people type."""

    action: str
    brought: tuple[tuple[str, str], ...]
    typed: tuple[str, ...]

    def filled(self, how: Filled) -> dict[str, str]:
        told = "" if how is Filled.BLANK else NONSENSE
        return dict.fromkeys(self.typed, told) | dict(self.brought)


@dataclass(frozen=True)
class Sent:
    """A form that somebody sent from a page."""

    visit: Visit
    form: Form
    how: Filled
    route: Route

    def __str__(self) -> str:
        return f"{self.route} {self.how}, from {self.visit}"


@dataclass
class Answers:
    """What came of it: what was taken all the same, what is no answer to a form, and each page that differs."""

    taken: dict[str, Sent] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Sent] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """Reads the forms that post out of a page: one for each button that sends it."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._here = here
        self._action: str | None = None
        self._brought: dict[str, str] = {}
        self._typed: dict[str, None] = {}
        self._list: str | None = None
        self._buttons: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method") == "post":
            self._action, self._brought, self._typed, self._buttons = told.get("action") or self._here, {}, {}, []
        if self._action is None:
            return
        name = told.get("name")
        if tag == "button":
            self._buttons.append(told)
        elif name and told.get("type") == "hidden":
            self._brought[name] = told.get("value", "")
        elif name and tag == "select":
            self._list = name
        elif tag == "option" and self._list:
            # What stands on top until somebody chooses.
            self._brought.setdefault(self._list, told.get("value", ""))
        elif name and tag in ("input", "textarea") and told.get("type") not in CHOSEN:
            self._typed[name] = None

    def handle_endtag(self, tag: str) -> None:
        if tag != "form" or self._action is None:
            return
        for button in self._buttons:
            pressed = {button["name"]: button.get("value", "")} if "name" in button else {}
            brought = tuple((self._brought | pressed).items())
            self.found.append(Form(button.get("formaction") or self._action, brought, tuple(self._typed)))
        self._action = None


def forms_on(text: str, here: str) -> list[Form]:
    """The forms of a page that post, but those of its frame."""
    reader = _Forms(here)
    reader.feed(text)
    return [form for form in reader.found if urlsplit(form.action).path not in OF_THE_FRAME]


def all_sent(seen: Seen, found: Iterable[Route]) -> Iterator[Sent]:
    """Every form of every page that differs, once for each way to fill it in wrongly."""
    addresses = [(re.compile(re.sub(r"\{[^}]+\}", ID, f"/{route.service}{route.path}")), route) for route in found]
    for looks, visit in seen.pages.items():
        for form in forms_on(seen.texts[looks], visit.address):
            path = urlsplit(form.action).path
            route = next((route for pattern, route in addresses if pattern.fullmatch(path)), None)
            assert route is not None, f"{visit}: a form goes to {path}, where nothing is"
            for how in Filled:
                if how is Filled.BLANK or form.typed:
                    yield Sent(visit, form, how, route)


async def send(screens: Screens, wanted: Iterable[Sent], answers: Answers) -> None:
    """Sends each form by itself, without a browser, and notes what comes of it."""
    async with AsyncExitStack() as stack:
        clients = {}
        for sent in wanted:
            who = (sent.route.service, sent.visit.actor.person if sent.visit.actor else None)
            if who not in clients:
                clients[who] = await stack.enter_async_context(client(screens.apps[who[0]], sent.visit.actor, "nl"))
            told = sent.form.filled(sent.how)
            if sent.visit.actor is None:
                # The cookie of a visitor, and the token that goes with it, come with the page.
                shown = await clients[who].get(sent.visit.path)
                if token := re.search(TOKEN, shown.text):
                    told[FIELD] = token[1]
            parts = urlsplit(sent.form.action)
            answer = await clients[who].post(
                parts.path.removeprefix(f"/{sent.route.service}"), params=dict(parse_qsl(parts.query)), data=told
            )
            _judge(answers, sent, answer.status_code, answer.text)


def _judge(answers: Answers, sent: Sent, status: int, text: str) -> None:
    answers.sent.add(str(sent.route))
    says_so = 'role="alert"' in text
    if status < 400:
        answers.taken.setdefault(str(sent.route), sent)
    elif status >= 500 and status != UNAVAILABLE:
        answers.wrong[str(sent)] = f"{status}"
    elif status == 400 and not says_so and sent.form.typed:
        answers.wrong[str(sent)] = "refused, and the page does not say on top what is wrong"
    elif "<main" in text:
        # Of each form once, as far as it says something of its own, and each of the small pages that refuse.
        what = re.sub(UUID_IN_A_PATH, "", urlsplit(sent.form.action).path) if says_so else str(status)
        answers.pages.setdefault(f"{what} {sent.how if says_so else ''}", sent)


async def look_at_answers(
    found: Iterable[Sent], address: str, screens: Screens, open_page: OpenPage, axe: Axe
) -> dict[str, list[str]]:
    """Sends the forms from a browser, in both languages; gives what is wrong with what comes back."""
    waiting = sorted(found, key=lambda sent: str(sent.visit.actor and sent.visit.actor.person))
    wrong: dict[str, list[str]] = {}

    async def tab() -> None:
        opened = await open_page(PHONE)
        await opened.context.add_init_script(COUNTS_PARTS)
        refused: list[str] = []
        opened.on("response", lambda answer: refused.extend(refused_part(answer)))
        while waiting:
            sent = waiting.pop()
            if sent.visit.actor is None:
                await opened.context.clear_cookies(name=next(iter(session_of(screens.front, HENK))))
            else:
                await sign_in(opened, address, screens.front, sent.visit.actor)
            for language, width in (("nl", PHONE), ("en", LAPTOP)):
                await opened.set_viewport_size({"width": width, "height": 900})
                await opened.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])
                # Any page of theirs has a token that this form needs; what else it holds is the same.
                await opened.goto(f"{address}{THEIRS if sent.visit.actor else A_VISITORS}")
                token = await opened.locator(f"input[name={FIELD}]").first.get_attribute("value") or ""
                refused.clear()
                async with opened.expect_navigation():
                    await opened.evaluate(SEND, [sent.form.action, sent.form.filled(sent.how) | {FIELD: token}])
                faults = await faults_of(opened, axe) + await opened.evaluate(UNSAID) + refused
                if faults:
                    wrong[f"{sent}, {language}"] = faults
        await opened.close()

    await asyncio.gather(*(tab() for _ in range(TABS)))
    return wrong


SEND = """([address, told]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address });
  for (const [name, value] of Object.entries(told)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""
UNSAID = """() => {
  const links = [...document.querySelectorAll("[role=alert] a[href^='#']")];
  const wrong = links.filter((link) => {
    const field = document.getElementById(link.hash.slice(1));
    const around = field && (field.closest("fieldset, .utrecht-form-field, .utrecht-form-fieldset") || field);
    return !around || !around.querySelector("[id$='-error'], .utrecht-form-field-error-message");
  }).map((link) => `says at the top: ${link.textContent}; and nothing at ${link.hash}`);
  if (links.length && !/^(Fout|Error):/.test(document.title)) wrong.push(`its title is ${document.title}`);
  return wrong;
}"""


def unsent(routes: Mapping[str, Route], answers: Answers, screens: Screens) -> Iterator[Sent]:
    """The routes to which no form goes that stands on a page now: each is sent nothing at all."""
    for name in sorted(routes.keys() - answers.sent):
        found = next(iter(visits([routes[name]], screens)), None)
        assert found is not None, f"{name}: no family has the ids that it names"
        yield Sent(found, Form(found.address, (), ()), Filled.BLANK, routes[name])
