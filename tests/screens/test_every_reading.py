"""Whoever is shown something that is kept of one family is written down: on every page, part and answer there is."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Row, select

from deploy.services import OWNERS
from services.shared.database import Database
from services.shared.permissions import PERMITTED, Reach
from services.shared.settings import Settings
from tests.architecture.routes import Route, routes
from tests.architecture.sources import SERVICES
from tests.screens.every_family import Stage, open_screens
from tests.screens.every_life import begin, come_in, find_tandems
from tests.screens.every_look import GENERAL, Visit, client, names_of, visits
from tests.screens.every_sweep import STREAMS
from tests.screens.every_year import go_on

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

STAGES = frozenset({Stage.MET, Stage.DECLINED, Stage.CHOOSING, Stage.TOGETHER})
SHOW_NOTHING_OF_A_FAMILY = frozenset(
    {
        "GET /desk/agenda/{task_id}.ics",
        "GET /desk/gezinnen/{trajectory_id}/inzagen",
        "GET /desk/gezinnen/{trajectory_id}/zorg/gemeld",
        *(f"GET /{name}/panelen/inzagen/{{trajectory_id}}" for name in SERVICES if name != "monitor"),
    }
)
"""An hour and a link; who looked, which is the log itself; and that a colleague hears of it."""
OF_NOBODY_YET = frozenset(
    {"GET /desk/taken/{task_id}", "GET /desk/v1/tasks/{task_id}", "GET /desk/v1/tasks/{task_id}/changes"}
)
"""A task can be about a sign-up; who that is, is shown and written down by intake."""


def _is_of_a_family(route: Route) -> bool:
    return (
        route.method == "GET"
        and route.permission is not None
        and Reach.NO_FAMILY not in PERMITTED[route.permission].values()
        and bool(names_of(route) - GENERAL.keys())
        and str(route) not in STREAMS
    )


async def _lines(database: Database, after: int) -> list[Row[tuple[int, UUID, UUID]]]:
    reading = database.tables.reading
    query = select(reading.c.position, reading.c.person, reading.c.family_id).where(reading.c.position > after)
    async with database.transaction() as tx:
        return list(await tx.execute(query.order_by(reading.c.position)))


def _first_of_each(found: list[Visit]) -> list[Visit]:
    """One look at each address in each stage, by whoever may first."""
    return list({(str(visit.route), visit.path): visit for visit in reversed(found)}.values())


async def test_whoever_is_shown_what_is_kept_of_a_family_is_written_down(
    migrated_settings: Callable[..., Settings],
) -> None:
    wanted = [route for name in SERVICES for route in routes(name) if _is_of_a_family(route)]
    shown, silent = set(), set()
    async with open_screens(migrated_settings(*OWNERS)) as screens, AsyncExitStack() as stack:
        for live in (begin, come_in, find_tandems, go_on):
            await live(screens)
        clients: dict[tuple[str, UUID], httpx.AsyncClient] = {}
        last = dict.fromkeys(SERVICES, 0)
        for visit in _first_of_each([each for each in visits(wanted, screens) if each.situation in STAGES]):
            name, actor = visit.route.service, visit.actor
            assert actor is not None
            if (name, actor.person) not in clients:
                someone = await stack.enter_async_context(client(screens.apps[name], actor, "nl"))
                clients[name, actor.person] = someone
            answer = await clients[name, actor.person].get(visit.path)
            lines = await _lines(screens.town.databases[name], last[name])
            last[name] = lines[-1].position if lines else last[name]
            if answer.status_code == 200:
                shown.add(str(visit.route))
                if actor.person not in {line.person for line in lines}:
                    silent.add(str(visit.route))

    assert {str(route) for route in wanted} - shown == set()
    assert silent - OF_NOBODY_YET == SHOW_NOTHING_OF_A_FAMILY
