"""Matching's web part in a process of its own, as a cluster runs it: it needs the database and nothing else."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import LOOPBACK, Ports
from deploy.local.programs import ROOT
from services.shared.settings import Settings

pytestmark = pytest.mark.engines

WAIT_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Alone:
    process: asyncio.subprocess.Process
    web: str
    health: str

    async def until_ready(self) -> dict[str, str]:
        """Its checks by name, as soon as they are all well."""
        async with asyncio.timeout(WAIT_SECONDS), httpx.AsyncClient() as client:
            while True:
                assert self.process.returncode is None
                try:
                    answer = await client.get(f"{self.health}/health/ready")
                    if answer.status_code == httpx.codes.OK:
                        checks: dict[str, str] = answer.json()["checks"]
                        return checks
                except httpx.TransportError:
                    pass
                await asyncio.sleep(LOOK_AGAIN_SECONDS)


@pytest.fixture
async def alone(migrated_settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Alone]:
    """Its broker and its Temporal are named by addresses where nothing listens."""
    settings = migrated_settings("matching")
    ports = Ports(tmp_path / "ports.json")
    given = {
        "KANSEN_SECRET": settings.secret.get_secret_value(),
        "KANSEN_DATABASE_URL": settings.owner_database_url(),
        "KANSEN_RABBITMQ_URL": settings.rabbitmq_url.get_secret_value(),
        "KANSEN_TEMPORAL_ADDRESS": settings.temporal_address,
        "KANSEN_HOME": str(tmp_path),
        "KANSEN_HEALTH_PORT": str(ports.choose("health")),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.matching", "--roles", "web", "--port", str(ports.choose("web"))),
        cwd=ROOT,
        env=kept | given,
    )
    yield Alone(
        process=process,
        web=f"http://{LOOPBACK}:{ports.keep('web')}/matching",
        health=f"http://{LOOPBACK}:{ports.keep('health')}",
    )
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_a_process_with_the_web_role_serves_its_screens_without_broker_and_temporal_and_stops_when_told(
    alone: Alone,
) -> None:
    assert await alone.until_ready() == {"database": "ok", "migrations": "ok"}

    async with httpx.AsyncClient(headers={"Accept": "text/html"}) as stranger:
        people = await stranger.get(f"{alone.web}/mensen")
        described = await stranger.get(f"{alone.web}/v1/openapi.json")
    assert (people.status_code, people.headers["location"]) == (303, "/desk/aanmelden?naar=%2Fmatching%2Fmensen")
    assert described.json()["info"]["title"] == "Kansen matching"

    alone.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WAIT_SECONDS):
        assert await alone.process.wait() == 0
