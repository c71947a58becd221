"""The web application of a service, after the NLGov REST API Design Rules 2.2."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response
from temporalio.client import Client

from services.shared.database import Database
from services.shared.problems import MEDIA_TYPE, PROBLEM_SCHEMA, bug_response, install_problems, problem_response
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
PROBLEMS: dict[int | str, dict[str, Any]] = {
    kind: {"description": description, "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}}
    for kind, description in (("4XX", "Refused, with a code that says why"), ("5XX", "Failed"))
}
"""What every route may answer besides its own; named, the description does not promise a 422 that is never given."""


def wall_clock() -> datetime:
    """The time now; only web entries read it."""
    return datetime.now(UTC)


def web_app(
    name: str,
    summary: str,
    router: APIRouter,
    *,
    settings: Settings,
    database: Database,
    temporal: Client | None = None,
    clock: Callable[[], datetime] = wall_clock,
) -> FastAPI:
    """One service's API: problems for errors, `API-Version` and security headers on everything, no redirects."""
    app = FastAPI(
        title=f"Kansen {name}",
        summary=summary,
        version=API_VERSION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        contact={"name": "Kansen", "url": "https://interoperable-europe.ec.europa.eu/collection/eupl"},
    )
    app.state.secret = settings.secret.get_secret_value()
    app.state.database = database
    app.state.temporal = temporal
    app.state.clock = clock
    install_problems(app)
    app.include_router(router, prefix="/v1", responses=PROBLEMS)

    @app.middleware("http")
    async def dress(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        with trace(request.headers.get("traceparent")):
            try:
                response = _unreadable(request) or await call_next(request)
            except Exception as error:
                # Caught here and not outside: this answer too has the headers and the trace that all have.
                response = bug_response(error)
        response.headers["API-Version"] = API_VERSION
        return secured(response)

    return app


def secured(response: Response) -> Response:
    """The response with the security headers that it does not set itself."""
    for header, value in SECURITY_HEADERS.items():
        response.headers.setdefault(header, value)
    return response


def _unreadable(request: Request) -> Response | None:
    """The answer to a body that is not read: too large, of unknown length, or no JSON."""
    if "transfer-encoding" in request.headers:
        return problem_response(411, "length-required")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) == 0:
        return None
    if int(length) > BODY_BYTES_MAX:
        return problem_response(413, "body-too-large")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return None if kind == JSON_TYPE else problem_response(415, "json-only")


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
