"""A fresh time-skipping server for every test: time has one owner."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from deploy.local.ports import Ports
from deploy.local.temporal import TemporalTestServer
from tests.workflows.stage import Stage, stage


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of an empty time-skipping server."""
    engine = TemporalTestServer(tmp_path / "temporal", ports=Ports(tmp_path / "ports.json"))
    engine.start()
    yield engine.address
    engine.stop()


@pytest.fixture
async def town(server: str) -> AsyncIterator[Stage]:
    """Our workflows with services in memory."""
    async with stage(server) as made:
        yield made


@pytest.fixture
def town_with(server: str) -> Callable[..., AbstractAsyncContextManager[Stage]]:
    """A stage whose worker a test sets up, and takes down, itself."""
    return lambda **options: stage(server, **options)
