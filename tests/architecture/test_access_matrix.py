"""Every route x every role x every relation to a family, against the one table; whatever is not named is refused.

The families of `relations.py` stand in every service's own database; each call is made and its transaction undone. A
new route is taken up by itself: it names a permission, or stands below as one for everybody.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.desk import decisions, reach
from services.desk import handlers as desk
from services.desk.commands import Reason
from services.desk.contracts import OpenTask, OpenTasks, TaskKind, decision_task_id
from services.desk.pages.task import OUTCOMES
from services.shared import scopes
from services.shared.access import Actor, issue_token
from services.shared.database import Database, Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import PERMITTED, Permission, Reach
from services.shared.roles import Role
from services.shared.screens.csrf import HEADER
from services.shared.settings import Settings, current_settings
from services.shared.types import stable_id
from tests.architecture.filling import DIGEST, Ids, body_of, path_of, query_of
from tests.architecture.relations import (
    STANDS,
    Relation,
    asking_as,
    family_of,
    number_of,
    reached,
    settle,
    signal_of,
    trajectory_of,
)
from tests.architecture.routes import Route, routes, service
from tests.architecture.sources import SERVICES
from tests.budget.town import funded_town
from tests.screens.people import csrf_of, session_of

pytestmark = pytest.mark.engines

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
WITH_FAMILIES = tuple(name for name in SERVICES if name != "monitor")

OPEN = {
    "GET /desk/aanmelden",
    "POST /desk/aanmelden",
    "POST /desk/aanmelden/beeindigd",
    "GET /desk/aanmelden/naar-aanbieder",
    "GET /desk/aanmelden/terug",
    "GET /desk/afgemeld",
    "POST /desk/afmelden",
    "GET /desk/begin",
    "GET /intake/aanmelden",
    "POST /intake/aanmelden",
    "GET /intake/aanmelden/bedankt",
    "GET /intake/sw.js",
    "GET /intake/verwijzen",
    "POST /intake/verwijzen",
    "GET /intake/verwijzen/bedankt",
}
"""For everybody: the door itself, and where a family or a partner comes in by itself."""

STREAMS = {"GET /desk/stroom"}
"""Answers that never end; what they send goes by the condition of the worklist (tests of the desk)."""

SHOW_NOBODY = {
    "GET /desk/zoeken",
    "POST /desk/werklijst/taken",
    "POST /desk/werklijst/zoekopdrachten",
    "POST /desk/werklijst/zoekopdrachten/{search_id}/verwijderen",
}
"""An empty form; tasks by their own ids, each judged by itself (none was sent); and searches of one's own."""

REFUSED = (403, 404)
THROUGH = (200, 201, 409)
"""Somebody got an answer, or heard that it cannot be now; a page can lead away (303) whoever may not."""
FORM = {
    "key": str(stable_id("a key")),
    "other": str(stable_id("another family")),
    "aan": str(stable_id("a colleague")),
    "reden": Reason.TOO_BUSY.value,
    "nu": "1",
    "uitkomst": next(iter(next(iter(OUTCOMES.values())))),
}
"""What some forms must hold before they are looked at any further."""

NAMED = ("trajectory_id", "family_id", "signal_id", "task_id", "request_id", "subject_id")
"""The ids by which a route can name a family, or a thing of one."""


@dataclass
class Doors:
    """What the filter was asked, and what it let through, during one call."""

    asked: set[Permission] = field(default_factory=set)
    opened: set[Permission] = field(default_factory=set)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Doors:
    kept, conditions, seen, within_reach = Doors(), scopes._conditions, scopes._seen, reach.may

    def asked(scope: Any, actor: Actor, permission: Permission) -> Iterator[Any]:
        kept.asked.add(permission)
        return conditions(scope, actor, permission)

    async def opened(tx: Transaction, actor: Actor, permission: Permission, **ids: Any) -> Any:
        found = await seen(tx, actor, permission, **ids)
        if found is not None:
            kept.opened.add(permission)
        return found

    async def within(tx: Transaction, actor: Actor, task: Any, permission: Permission) -> bool:
        may = await within_reach(tx, actor, task, permission)
        kept.opened.update({permission} if may else ())
        return may

    monkeypatch.setattr(reach, "may", within)
    monkeypatch.setattr(scopes, "_conditions", asked)
    monkeypatch.setattr(scopes, "_seen", opened)
    return kept


class Undone(Database):
    """A service's database in which nothing stays: each transaction is given up at its end."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self.engine.connect() as connection:
            given_up = await connection.begin()
            try:
                yield Transaction(self, connection)
            finally:
                await given_up.rollback()


@dataclass
class Caller:
    """Somebody at one service, by token at its API and by session at its pages."""

    app: FastAPI
    http: httpx.AsyncClient
    settings: Settings

    async def call(self, route: Route, actor: Actor, ids: Ids) -> httpx.Response:
        path, query = path_of(route.path, route.route, ids), query_of(route.route)
        if route.is_page:
            cookies = "; ".join(f"{name}={value}" for name, value in session_of(self.app, actor).items())
            headers = {"Cookie": cookies, HEADER: csrf_of(self.app, actor)}
            form = {**FORM, **ids} if route.method == "POST" else None
            return await self.http.request(route.method, path, params=query, headers=headers, data=form)
        token = issue_token(self.settings.secret.get_secret_value(), actor, now=NOW)
        headers = {"Authorization": f"Bearer {token}"}
        body = body_of(route.route, ids)
        return await self.http.request(route.method, path, params=query, headers=headers, json=body)


@pytest.fixture(autouse=True)
def _temporal_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What people decide stops at the desk: here is asked who comes that far."""

    async def away(*_: object) -> Refused:
        return Refused(decisions.NOT_AVAILABLE)

    monkeypatch.setattr(decisions, "send", away)


@pytest.fixture
def open_service(service_database: Callable[[str], Database], placeholder_settings: Settings) -> Callable[[str], Any]:
    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Caller]:
        database = service_database(name)
        if name in WITH_FAMILIES:
            await _furnish(name, database)
        undone = Undone(database.url, tables=database.tables, source=database.source)
        app = await service(name).web(placeholder_settings, database=undone, clock=lambda: NOW)
        assert app is not None
        app.dependency_overrides[current_settings] = lambda: placeholder_settings
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://kansen.example") as http:
            yield Caller(app, http, placeholder_settings)
        await undone.close()

    return opened


async def _furnish(name: str, database: Database) -> None:
    """Things of each family that routes name by an id of their own."""
    if name == "budget":
        town = await funded_town(database)
        for relation in Relation:
            await town.open_envelope(number_of(relation))
            await town.submit(f"of {relation.name}", family=number_of(relation))
    if name == "desk":
        async with database.transaction() as tx:
            await desk.open_tasks(tx, OpenTasks(tasks=tuple(_task(each) for each in Relation)), now=NOW)
    await settle(database)


def _task(relation: Relation) -> OpenTask:
    return OpenTask(
        task_id=decision_task_id(_request_of(relation)),
        kind=TaskKind.DECIDE_REQUEST,
        programme=STANDS[relation]["programme"],
        subject_id=_request_of(relation),
        family_id=family_of(relation),
        trajectory_id=trajectory_of(relation),
        roles=tuple(Role),
        due_on=NOW.date(),
        workflow=_request_of(relation),
        digest=DIGEST,
    )


def _request_of(relation: Relation) -> Any:
    return stable_id("request", f"of {relation.name}")


def _ids(relation: Relation) -> Ids:
    return {
        "trajectory_id": str(trajectory_of(relation)),
        "family_id": str(family_of(relation)),
        "signal_id": str(signal_of(relation)),
        "request_id": str(_request_of(relation)),
        "subject_id": str(_request_of(relation)),
        "task_id": str(decision_task_id(_request_of(relation))),
        "programme": STANDS[relation]["programme"],
    }


def _of_families(route: Route) -> bool:
    return route.permission is not None and Reach.NO_FAMILY not in PERMITTED[route.permission].values()


def _kinds_of_roles(permission: Permission) -> list[Role]:
    """One role for each set of families: that roles alike reach alike is tried with the filter itself."""
    return list({reached(role, permission): role for role in PERMITTED[permission]}.values())


def _names_a_family(route: Route) -> bool:
    body = None if route.is_page else body_of(route.route, {})
    return any(f"{{{name}}}" in route.path or name in (body or {}) for name in NAMED)


def test_every_route_names_a_permission_or_is_for_everybody() -> None:
    without = {str(route) for name in SERVICES for route in routes(name) if route.permission is None}

    assert without == OPEN


def test_the_table_says_of_every_permission_who_has_it() -> None:
    assert set(PERMITTED) == set(Permission)
    assert all(PERMITTED[permission] for permission in Permission)
    mixed = [each for each in Permission if len({reach is Reach.NO_FAMILY for reach in PERMITTED[each].values()}) > 1]
    assert mixed == []


def test_a_buddy_sees_no_bsn_no_money_no_household_and_no_reviews_and_reaches_their_own_families_only() -> None:
    theirs = {permission: row[Role.BUDDY] for permission, row in PERMITTED.items() if Role.BUDDY in row}
    kept_from_them = {
        Permission.READ_BSN,
        Permission.READ_MONEY,
        Permission.READ_BOOKS,
        Permission.READ_HOUSEHOLD,
        Permission.READ_REVIEWS,
        Permission.READ_DOCUMENTS,
    }

    assert theirs.keys().isdisjoint(kept_from_them)
    assert set(theirs.values()) == {Reach.OWN, Reach.NO_FAMILY}


async def test_each_role_reaches_with_each_permission_exactly_the_families_of_the_table(
    service_database: Callable[[str], Database],
) -> None:
    database = service_database("plans")
    await settle(database)
    scope = database.tables.family_scope
    by_id = {trajectory_of(relation): relation for relation in Relation}
    found, expected = {}, {}
    async with database.transaction() as tx:
        for permission in Permission:
            if Reach.NO_FAMILY in PERMITTED[permission].values():
                continue
            for role in Role:
                query = select(scope.c.trajectory_id).where(scopes.visible(tx, asking_as(role), permission))
                found[permission, role] = {by_id[each] for each in (await tx.execute(query)).scalars()}
                expected[permission, role] = reached(role, permission)

    assert found == expected


async def test_two_roles_reach_what_either_reaches_and_no_more(service_database: Callable[[str], Database]) -> None:
    database = service_database("plans")
    await settle(database)
    scope = database.tables.family_scope
    by_id = {trajectory_of(relation): relation for relation in Relation}
    both = asking_as(Role.BUDDY, Role.SUPPORTER)
    async with database.transaction() as tx:
        query = select(scope.c.trajectory_id).where(scopes.visible(tx, both, Permission.READ_PLAN))
        found = {by_id[each] for each in (await tx.execute(query)).scalars()}

    assert found == {Relation.BUDDY, Relation.SUPPORTED, Relation.MET, Relation.TOOK_IN}


@pytest.mark.parametrize("name", SERVICES)
async def test_a_visitor_and_another_role_come_through_no_door(name: str, open_service: Callable[[str], Any]) -> None:
    let_in = []
    ids = _ids(Relation.SUPPORTED)
    nobody = Actor(person=stable_id("nobody"), roles=frozenset())
    async with open_service(name) as caller:
        for route in routes(name):
            if route.roles is None:
                continue
            for role in (None, *(each for each in Role if each not in route.roles)):
                answer = await caller.call(route, asking_as(role) if role else nobody, ids)
                if answer.status_code != 403:
                    let_in.append(f"{role or 'nobody'} at {route}: {answer.status_code}")

    assert let_in == []


@pytest.mark.parametrize("name", WITH_FAMILIES)
async def test_a_route_opens_for_the_families_of_the_table_and_for_no_others(
    name: str, open_service: Callable[[str], Any], doors: Doors
) -> None:
    wrong = []
    async with open_service(name) as caller:
        for route in routes(name):
            if not _of_families(route) or not _names_a_family(route) or str(route) in STREAMS:
                continue
            assert route.permission is not None
            for role in _kinds_of_roles(route.permission):
                may = reached(role, route.permission)
                for relation in Relation:
                    doors.opened.clear()
                    answer = await caller.call(route, asking_as(role), _ids(relation))
                    came_in = route.permission in doors.opened or answer.status_code in THROUGH
                    if came_in != (relation in may) or answer.status_code == 500:
                        wrong.append(f"{role} at {route} for a family {relation}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("name", WITH_FAMILIES)
async def test_a_list_asks_the_filter_before_it_shows_anything(
    name: str, open_service: Callable[[str], Any], doors: Doors
) -> None:
    unasked = []
    async with open_service(name) as caller:
        for route in routes(name):
            if not _of_families(route) or _names_a_family(route) or str(route) in STREAMS | SHOW_NOBODY:
                continue
            assert route.permission is not None
            doors.asked.clear()
            answer = await caller.call(route, asking_as(next(iter(PERMITTED[route.permission]))), {})
            if route.permission not in doors.asked and answer.status_code < 400:
                unasked.append(f"{route}: {answer.status_code}")

    assert unasked == []


@pytest.mark.parametrize("name", SERVICES)
async def test_what_is_of_another_programme_stays_closed(name: str, open_service: Callable[[str], Any]) -> None:
    let_in = []
    async with open_service(name) as caller:
        for route in routes(name):
            if "{programme}" not in route.path or route.roles is None or name == "monitor":
                continue
            answer = await caller.call(route, asking_as(*route.roles), {"programme": "kansrijk-emmen"})
            if answer.status_code not in REFUSED:
                let_in.append(f"{route}: {answer.status_code}")

    assert let_in == []
