"""The one web front door: every service's application under its own name, a landing page, and health."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module

from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from deploy.services import FRONT, SERVICES, package_of, part_of
from services.shared.database import Database
from services.shared.health import OK, Check, Health, server
from services.shared.logs import configure_logs, logger
from services.shared.problems import install_problems
from services.shared.service import EXIT_BAD_SETTINGS, Service
from services.shared.settings import Settings, SettingsError, load_settings
from services.shared.web import secured

STOP_SECONDS = 10

_log = logger(__name__)

# What people read on the landing page, by service.
TITLES = {
    "intake": "Aanmelding en intake",
    "matching": "Tandems",
    "plans": "Gezinsplannen",
    "budget": "Gezinsbudget",
    "monitor": "Cijfers",
    "desk": "Werklijst",
}


def front_app(applications: Mapping[str, FastAPI], health: Health) -> FastAPI:
    """One application with every service under `/<service>`, `/` and `/health/...`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    install_problems(app)

    @app.get("/")
    async def landing(request: Request) -> Response:
        return HTMLResponse(landing_page(list(applications), await health.results()))

    @app.middleware("http")
    async def dress(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # Also what no service answers: an address that nobody knows, and health.
        return secured(await call_next(request))

    for name, application in applications.items():
        app.mount(f"/{name}", application)
    # Its routes and not a mount: an address that nobody knows must stay our 404.
    app.router.routes.extend(health.app().routes)
    return app


def landing_page(names: list[str], checks: Mapping[str, str]) -> str:
    """The landing page, in Dutch: which parts there are, how they are, and where their API is described."""
    rows = "".join(
        f"<li>{TITLES[name]}: {'werkt' if checks.get(name) == OK else 'werkt nu niet'}. "
        f'<a href="/{name}/v1/openapi.json">Beschrijving van de API van {TITLES[name].lower()}</a></li>'
        for name in names
    )
    return (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Kansen</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>'
        "<h1>Kansen</h1><p>Kansen helpt gemeenten om gezinnen te ondersteunen. Dit zijn de onderdelen.</p>"
        f'<ul>{rows}</ul><p><a href="/health/ready">Hoe het met het systeem gaat</a></p></main></body></html>'
    )


async def open_applications(settings: Settings) -> tuple[dict[str, FastAPI], dict[str, Database]]:
    """Each service's application on its own database role. Call it inside a running loop."""
    applications, databases = {}, {}
    for name in SERVICES:
        if part_of(name, "__main__") is None:
            continue
        service: Service = import_module(f"{package_of(name)}.__main__").SERVICE
        database = service.database(settings)
        application = await service.web(settings, database=database)
        databases[name] = database
        if application is not None:
            applications[name] = application
    return applications, databases


async def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    applications, databases = await open_applications(settings)
    for name, database in databases.items():
        health.add(name, _reaches(database))
    health.started = True
    web = server(front_app(applications, health), settings.front_host, settings.front_port)
    serving = asyncio.create_task(web.serve())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
            return 1
        web.should_exit = True
        await asyncio.wait({serving}, timeout=STOP_SECONDS)
        return 0
    finally:
        stopping.cancel()
        serving.cancel()
        for database in databases.values():
            await database.close()
        _log.info("stopped")


def _reaches(database: Database) -> Check:
    async def check() -> str:
        async with database.connection() as connection:
            await connection.execute(text("SELECT 1"))
        return OK

    return check


def main() -> int:
    """`python -m deploy.front`."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS
    configure_logs(FRONT, settings.log_level)
    return asyncio.run(run(settings))


if __name__ == "__main__":
    sys.exit(main())
