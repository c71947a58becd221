"""How fast the screens are: a list out of thousands of families, a whole dossier, and what a first visit weighs."""

import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from deploy.bench.families import Town, settle
from deploy.front import front_app, open_applications
from deploy.migrate import migrate
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Database
from services.shared.health import Health
from services.shared.sessions import cookie_name, issue_session
from services.shared.settings import Settings
from services.shared.web import packed_assets

WARM_UP = 3
WHOLE_RUN = timedelta(hours=1)
LIST = "/desk/gezinnen"
FIRST_VISIT = "/desk/werklijst"
PANEL = re.compile(r'hx-get="([^"]+)"')
LOADED_WITH_A_PAGE = re.compile(r'(?:src|href)="(/[^"]*assets/[^"]+)"')


async def measure_screens(
    folder: Path, database_url: str, broker_url: str, *, families: int, rounds: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Times in milliseconds of server time, bytes as a browser receives them; medians over rounds."""
    settings = Settings.model_validate(
        {
            "home": folder,
            "secret": "bench-" * 8,
            "database_url": database_url,
            "rabbitmq_url": broker_url,
            "temporal_address": "127.0.0.1:1",
        }
    )
    migrate(settings)
    applications, databases = await open_applications(settings)
    try:
        tell(f"{families} families")
        now = datetime.now(UTC)
        town = await settle(databases, families, today=local_date(now))
        await _count_rows(databases)
        front = front_app(applications, Health(), packed_assets(settings.theme_file))
        async with _visitor(front, settings, town.some) as some, _visitor(front, settings, town.everyone) as everyone:
            return await _measure(town, some, everyone, families=families, rounds=rounds)
    finally:
        for database in databases.values():
            await database.close()


async def _measure(
    town: Town, some: httpx.AsyncClient, everyone: httpx.AsyncClient, *, families: int, rounds: int
) -> dict[str, Any]:
    dossier = f"{LIST}/{town.trajectory_id}"
    panels = [unescape(each) for each in PANEL.findall((await _get(some, dossier)).text)]
    times: dict[str, list[float]] = {"some": [], "everyone": [], "dossier": []}

    async def whole_dossier() -> None:
        for address in (dossier, *panels):
            await _get(some, address)

    arms: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("some", lambda: _get(some, LIST)),
        ("everyone", lambda: _get(everyone, LIST)),
        ("dossier", whole_dossier),
    ]
    for number in range(WARM_UP + rounds):
        for name, arm in arms if number % 2 else reversed(arms):
            start = time.perf_counter()
            await arm()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - start) * 1000)
    list_ms = statistics.median(times["some"])
    return {
        "list_families": families,
        "list_share_seen": town.seen_by_some / families,
        "list_ms": list_ms,
        "list_over_one_who_sees_all": list_ms / statistics.median(times["everyone"]),
        "dossier_panels": len(panels),
        "dossier_ms": statistics.median(times["dossier"]),
        "first_visit_kilobytes": await _first_visit(some),
    }


async def _first_visit(visitor: httpx.AsyncClient) -> float:
    """A page and everything that it loads, as sent: a browser asks for gzip."""
    page, weight = await _weighed(visitor, FIRST_VISIT)
    loaded = {unescape(address) for address in LOADED_WITH_A_PAGE.findall(page)}
    for address in sorted(loaded):
        weight += (await _weighed(visitor, address))[1]
    return weight / 1000


async def _weighed(visitor: httpx.AsyncClient, address: str) -> tuple[str, int]:
    async with visitor.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        answer.raise_for_status()
        length, encoding = len(raw), answer.headers.get("content-encoding")
    plain = httpx.Response(200, headers={"content-encoding": encoding} if encoding else {}, content=raw)
    return plain.text, length


async def _get(visitor: httpx.AsyncClient, address: str) -> httpx.Response:
    answer = await visitor.get(address)
    answer.raise_for_status()
    return answer


async def _count_rows(databases: dict[str, Database]) -> None:
    """What autovacuum would have done by the time that so many families are there."""
    for database in databases.values():
        async with database.connection() as connection:
            await connection.execute(text("ANALYZE"))


@asynccontextmanager
async def _visitor(front: Any, settings: Settings, actor: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in for the whole run."""
    token = issue_session(settings.secret.get_secret_value(), actor, uuid4(), now=datetime.now(UTC), life=WHOLE_RUN)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(front),
        base_url="http://127.0.0.1",
        cookies={cookie_name("kansen", sealed=False): token},
    ) as client:
        yield client
