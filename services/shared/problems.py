"""Errors over HTTP: `application/problem+json` (RFC 9457) for every 4xx and 5xx."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from services.shared.logs import logger
from services.shared.trace import current_trace_id

MEDIA_TYPE = "application/problem+json"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
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
        "code": code,
    }
    if errors:
        content["errors"] = errors
    if trace_id := current_trace_id():
        content["trace"] = trace_id
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def bug_response(error: Exception) -> JSONResponse:
    """The answer to what nobody foresaw; where it went wrong stands in the log, under the same trace."""
    _log.error("request failed", exc_info=error)
    return problem_response(500, "internal-server-error")


def install_problems(app: FastAPI) -> None:
    """Make every error of an application a problem; what was sent is never repeated in it."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)  # noqa: S101  # registered for this class
        return problem_response(error.status, error.code, errors=error.errors, headers=error.headers)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
        errors = [
            {"place": ".".join(str(part) for part in item["loc"]), "code": item["type"], "message": _plain(item)}
            for item in error.errors()
        ]
        return problem_response(400, "invalid-input", errors=errors)

    async def on_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return problem_response(error.status_code, code, headers=dict(error.headers or {}))

    async def on_bug(_: Request, error: Exception) -> JSONResponse:
        return bug_response(error)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)


def _plain(item: dict[str, Any]) -> str:
    """Pydantic's message; a custom validator's may quote the input, so that one is its class of error only."""
    return "invalid value" if item["type"] in ("value_error", "assertion_error") else str(item["msg"])
