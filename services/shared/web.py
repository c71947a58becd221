"""The web application of a service, after the NLGov REST API Design Rules 2.2."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from temporalio.client import Client

from services.shared.database import Database
from services.shared.description import ANSWERS_TOO, API, DescribedApp
from services.shared.places import is_page
from services.shared.problems import Problem, bug, install_problems
from services.shared.screens.assets import Assets, load_assets
from services.shared.screens.pages import Screens
from services.shared.screens.renewing import to_renewal
from services.shared.screens.web import FORM_TYPES, UPLOAD_BYTES_MAX, checked_form, present
from services.shared.sessions import recognise, set_session
from services.shared.settings import Settings
from services.shared.trace import trace

API_VERSION = "1.0.0"
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
BODY_BYTES_MAX = 1024 * 1024
JSON_TYPE = "application/json"
MULTIPART = "multipart/form-data"


def wall_clock() -> datetime:
    """The time now; only web entries read it."""
    return datetime.now(UTC)


def web_app(
    name: str,
    summary: str,
    router: APIRouter,
    *,
    pages: APIRouter | None = None,
    room: Path | None = None,
    settings: Settings,
    database: Database,
    temporal: Client | None = None,
    clock: Callable[[], datetime] = wall_clock,
) -> FastAPI:
    """One service's API under /v1, and its pages beside it, made of the templates of `room`.

    Refusals are problems or pages; `API-Version` and security headers are on everything; a slash is never added.
    """
    app = DescribedApp(
        name,
        contact_email=settings.contact_email,
        title=f"Kansen {name}",
        summary=summary,
        version=API_VERSION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    app.state.secret = settings.secret.get_secret_value()
    app.state.database = database
    app.state.temporal = temporal
    app.state.clock = clock
    app.state.settings = settings
    app.state.sealed = settings.environment == "production"
    app.state.renew = None
    app.state.screens = None
    install_problems(app, present)
    app.include_router(router, prefix=API, responses=ANSWERS_TOO)
    if pages is not None and room is not None:
        app.state.screens = Screens(packed_assets(settings.theme_file), [room])
        app.include_router(pages, include_in_schema=False, dependencies=[Depends(checked_form)])

    install_dressing(app)
    return app


@cache
def packed_assets(theme_file: Path | None) -> Assets:
    """Styles and scripts, packed once a process. Raises AssetsError."""
    return load_assets(theme_file)


def install_dressing(app: FastAPI) -> None:
    """Before each route: who asks, and whether the body can be read. After it: the headers that all answers have."""

    @app.middleware("http")
    async def dress(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        with trace(request.headers.get("traceparent")):
            renewed = None
            try:
                renewed = await recognise(request)
                refuse_unreadable(request)
                if request.state.to_renew and is_page(request):
                    response = to_renewal(request)
                else:
                    response = await call_next(request)
            except Problem as problem:
                response = present(request, problem)
            except ClientDisconnect:
                # Who pressed twice, or went on, while a form was under way: nothing failed, and nobody hears this.
                response = Response(status_code=HTTPStatus.BAD_REQUEST)
            except Exception as error:
                # Caught here and not outside: this answer too has the headers and the trace that all have.
                response = present(request, bug(error))
        if renewed is not None and "set-cookie" not in response.headers:
            set_session(response, renewed, sealed=app.state.sealed)
        response.headers["API-Version"] = API_VERSION
        return secured(response)


def secured(response: Response) -> Response:
    """The response with the security headers that it does not set itself."""
    for header, value in SECURITY_HEADERS.items():
        response.headers.setdefault(header, value)
    return response


def refuse_unreadable(request: Request) -> None:
    """Raises a Problem for a body that is not read: too large, of unknown length, or no JSON (on a page: no form)."""
    if "transfer-encoding" in request.headers:
        raise Problem(411, "length-required")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) == 0:
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    page = is_page(request)
    if int(length) > (UPLOAD_BYTES_MAX if page and kind == MULTIPART else BODY_BYTES_MAX):
        raise Problem(413, "body-too-large")
    if kind not in (FORM_TYPES if page else {JSON_TYPE}):
        raise Problem(415, "form-only" if page else "json-only")


def current_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def current_time(request: Request) -> datetime:
    now: datetime = request.app.state.clock()
    return now


def current_temporal(request: Request) -> Client:
    client: Client = request.app.state.temporal
    return client


DatabaseOf = Annotated[Database, Depends(current_database)]
Now = Annotated[datetime, Depends(current_time)]
TemporalOf = Annotated[Client, Depends(current_temporal)]
