"""The one web front door: every service's application under its own name, a landing page, assets, and health."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deploy.services import FRONT, SERVICES, package_of, part_of
from services.shared.database import Database
from services.shared.health import OK, Check, Health, server
from services.shared.logs import configure_logs, logger
from services.shared.places import BEGIN
from services.shared.problems import Problem, install_problems, told_in_json
from services.shared.screens.assets import Assets, AssetsError
from services.shared.screens.language import router as language_router
from services.shared.screens.pages import Screens
from services.shared.service import EXIT_BAD_SETTINGS, Service
from services.shared.settings import Settings, SettingsError, load_settings
from services.shared.web import packed_assets, secured

STOP_SECONDS = 10

_log = logger(__name__)

HERE = Path(__file__).parent
DESK = "desk"


def front_app(applications: Mapping[str, FastAPI], health: Health, assets: Assets) -> FastAPI:
    """One application: every service under `/<service>`, and `/`, `/over`, `/taal`, `/assets/...`, `/health/...`."""
    screens = Screens(assets, [HERE])
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    def present(request: Request, problem: Problem) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return told_in_json(request, problem)
        values = {"status": problem.status, "code": problem.code, "trace": None}
        return screens.page(request, "problem.html", values, status=problem.status)

    install_problems(app, present)

    @app.get("/")
    async def begin() -> Response:
        return RedirectResponse(BEGIN, 303)

    @app.get("/over")
    async def about(request: Request) -> Response:
        results = await health.results()
        parts = [(name, results.get(name) == OK) for name in applications]
        return screens.page(request, "landing.html", {"parts": parts})

    app.include_router(language_router)

    @app.middleware("http")
    async def dress(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # Also what no service answers: an address that nobody knows, and health.
        return secured(await call_next(request))

    for name, application in applications.items():
        app.mount(f"/{name}", application)
    # Its routes and not a mount: an address that nobody knows must stay our 404.
    app.router.routes.extend([assets.route(), *health.app().routes])
    return app


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
    for application in applications.values():
        # One process: whichever part is asked first renews a session where the desk keeps it.
        application.state.renew = applications[DESK].state.renew
    return applications, databases


async def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT."""
    assets = packed_assets(settings.theme_file)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    applications, databases = await open_applications(settings)
    for name, database in databases.items():
        health.add(name, _reaches(database))
    health.started = True
    web = server(front_app(applications, health, assets), settings.front_host, settings.front_port)
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
    try:
        return asyncio.run(run(settings))
    except AssetsError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS


if __name__ == "__main__":
    sys.exit(main())
