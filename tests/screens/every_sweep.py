"""Every page of every service, in every situation that a family can be in: there, readable, and fit for everybody."""

from tests.architecture.sources import SERVICES
from tests.screens.conftest import Axe, OpenPage, Site
from tests.screens.every_family import Screens
from tests.screens.every_life import begin, come_in, find_tandems
from tests.screens.every_look import Seen, ask, look, pages, visits, with_something_new
from tests.screens.every_year import go_on

STREAMS = frozenset({"GET /desk/stroom"})
"""An answer that never ends; the worklist shows what comes of it."""
LEAD_AWAY = frozenset({"GET /desk/begin", "GET /desk/aanmelden/naar-aanbieder", "GET /desk/aanmelden/terug"})
"""They are no page: on to one's own first page; and to and from an OpenID provider, which is not here."""
PARTS = frozenset(
    {
        "GET /budget/panelen/lopend/{trajectory_id}",
        "GET /budget/panelen/nieuws",
        "GET /budget/panelen/voorstel/{payee_id}",
        "GET /desk/alarmen",
        "GET /desk/collega/{person}",
        "GET /intake/panelen/naam/{trajectory_id}",
        "GET /plans/panelen/doel/{trajectory_id}/{goal_id}",
        "GET /plans/panelen/doelen/{trajectory_id}",
    }
)
"""A part of other pages, and looked at there."""
FILES = frozenset(
    {
        "GET /budget/betalingen/{batch_id}/bestand",
        *(f"GET /{name}/inzagen/bestand" for name in SERVICES if name != "monitor"),
        "GET /desk/agenda/{task_id}.ics",
        "GET /intake/kennismaking/verbinding",
        "GET /intake/sw.js",
        "GET /plans/documenten/{trajectory_id}/{document_id}",
    }
)
"""For programs: what is saved, put in a calendar, or asked by a script."""


async def sweep(screens: Screens, site: Site, open_page: OpenPage, axe: Axe, language: str) -> None:
    """Before anybody was met, and with families in every stage; fails with all that is wrong."""
    wanted = [route for route in pages("GET") if str(route) not in STREAMS]
    async with site(screens.front) as address:
        nobody_yet = await ask(screens, visits(wanted, screens), language)
        empty = [*with_something_new(nobody_yet.pages), *nobody_yet.frames.values()]
        wrong = await look(empty, address, screens, open_page, axe, language)
        for live in (begin, come_in, find_tandems, go_on):
            await live(screens)
        seen = await ask(screens, visits(wanted, screens), language)
        new = {looks: visit for looks, visit in seen.pages.items() if looks not in nobody_yet.pages}
        wrong |= await look(with_something_new(new), address, screens, open_page, axe, language)
    assert nothing_is_missing({str(route) for route in wanted}, seen) == {}
    assert wrong == {}


def nothing_is_missing(wanted: set[str], seen: Seen) -> dict[str, object]:
    """Each route was shown to somebody, in one of the ways that it may be; gives those of which that is not so."""
    found: dict[str, object] = {}
    for route in sorted(wanted):
        statuses, kinds = seen.statuses.get(route, set()), seen.kinds.get(route, set())
        if any(status >= 500 for status in statuses):
            found[route] = statuses
        elif route in LEAD_AWAY:
            found |= {} if statuses <= {303, 404} else {route: statuses}
        elif 200 not in statuses:
            found[route] = statuses or "nobody asked for it: no family has the ids that it names"
        elif route in PARTS | FILES:
            found |= {route: "a page, and not looked at"} if kinds == {"text/html"} else {}
        elif "text/html" not in kinds or "part" in kinds:
            found[route] = kinds
    return found
