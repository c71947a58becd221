"""What a process says of its health: live, ready, start-up; with a name for each check."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.shared.logs import describe

CHECK_TIMEOUT_SECONDS = 3
GRACEFUL_STOP_SECONDS = 5
OK = "ok"

Check = Callable[[], Awaitable[str]]
"""Answers "ok", "degraded: ..." (works, but somebody must look) or anything else (not ready)."""


class Health:
    """Collects a process's checks. Live means that the loop turns; ready that every check is ok or degraded."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.started = False

    def add(self, name: str, check: Check) -> None:
        self.checks[name] = check

    async def results(self) -> dict[str, str]:
        """Every check's answer; one that fails or hangs is an answer too."""

        async def ask(check: Check) -> str:
            try:
                async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
                    return await check()
            except Exception as error:
                return f"failed: {describe(error)['error']}"

        answers = await asyncio.gather(*(ask(check) for check in self.checks.values()))
        return dict(zip(self.checks, answers, strict=True))

    def app(self) -> Starlette:
        """GET /health/live, /health/ready, /health/startup: 200 or 503, with the checks as JSON."""

        async def live(_: Request) -> JSONResponse:
            return JSONResponse({"status": OK})

        async def ready(_: Request) -> JSONResponse:
            results = await self.results()
            return JSONResponse(
                {"status": status_of(results), "checks": results}, 200 if self.started and is_ready(results) else 503
            )

        async def startup(_: Request) -> JSONResponse:
            return JSONResponse({"status": OK if self.started else "starting"}, 200 if self.started else 503)

        return Starlette(
            routes=[
                Route("/health/live", live),
                Route("/health/ready", ready),
                Route("/health/startup", startup),
            ]
        )


def is_ready(results: Mapping[str, str]) -> bool:
    return all(answer == OK or answer.startswith("degraded") for answer in results.values())


def status_of(results: Mapping[str, str]) -> str:
    if not is_ready(results):
        return "not-ready"
    return OK if all(answer == OK for answer in results.values()) else "degraded"


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the process it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: Any, host: str, port: int) -> Server:
    """A server for an ASGI application that logs nothing by itself (a URL is no place to learn from)."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACEFUL_STOP_SECONDS,
        )
    )
