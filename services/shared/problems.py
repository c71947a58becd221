"""Errors over HTTP: `application/problem+json` (RFC 9457) for every 4xx and 5xx."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from services.shared.database import gave_up_waiting, is_unavailable
from services.shared.logs import logger
from services.shared.trace import current_trace_id

MEDIA_TYPE = "application/problem+json"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Why, in the words of the code"},
        "code": {"type": "string", "description": "Why, for a program"},
        "trace": {"type": "string", "description": "To find this request in the logs"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("place", "code", "message")},
            },
        },
    },
}

_log = logger(__name__)


class Problem(Exception):
    """Refuse a request: a status, a code that says why, and, for 400, each thing that is wrong (place, code)."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.errors = errors
        self.headers = headers


def problem_response(
    status: int, code: str, *, errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    content: dict[str, Any] = {
        "type": f"urn:kansen:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": code.replace("-", " "),
        "code": code,
    }
    if errors:
        content["errors"] = errors
    if trace_id := current_trace_id():
        content["trace"] = trace_id
    return JSONResponse(content, status, headers, MEDIA_TYPE)


Present = Callable[[Request, Problem], Response]
"""How a refusal is told: in JSON to a program, on a page to people."""


def told_in_json(_: Request, problem: Problem) -> Response:
    return problem_response(problem.status, problem.code, errors=problem.errors, headers=problem.headers)


def bug(error: Exception) -> Problem:
    """What is told of what nobody foresaw; where it went wrong stands in the log, under the same trace.

    503 while the database is away or too slow: nothing is wrong with what was asked, and later it works.
    """
    if is_unavailable(error) or gave_up_waiting(error):
        _log.warning("database is away or too slow", error=type(error).__name__)
        return Problem(503, "not-available-now")
    _log.error("request failed", exc_info=error)
    return Problem(500, "internal-server-error")


def install_problems(app: FastAPI, present: Present = told_in_json) -> None:
    """Make every error of an application a problem; what was sent is never repeated in it."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101  # registered for this class
        return present(request, error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
        errors = [
            {"place": ".".join(str(part) for part in item["loc"]), "code": item["type"], "message": _plain(item)}
            for item in error.errors()
        ]
        return present(request, Problem(400, "invalid-input", errors=errors))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return present(request, Problem(error.status_code, code, headers=dict(error.headers or {})))

    async def on_bug(request: Request, error: Exception) -> Response:
        return present(request, bug(error))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)


def _plain(item: dict[str, Any]) -> str:
    """Pydantic's message; a custom validator's may quote the input, so that one is its class of error only."""
    return "invalid value" if item["type"] in ("value_error", "assertion_error") else str(item["msg"])
