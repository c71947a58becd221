"""Structured logs: one JSON object a line, with the trace id, without personal data."""

import logging
import sys
from typing import Any

import structlog

from services.shared.trace import current_trace_id

VALUE_LENGTH_MAX = 200
"""A log value is an id, a code or a number; what is longer is no such thing and is cut."""


def _add_trace(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    trace_id = current_trace_id()
    if trace_id:
        entry["trace"] = trace_id
    return entry


def _only_names_of_errors(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception's text may quote a row (and so a name): keep its class and where it was raised."""
    info = entry.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info if isinstance(info, BaseException) else None
    if error is not None:
        entry.update(describe(error))
    return entry


def _cut(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: value[:VALUE_LENGTH_MAX] if isinstance(value, str) else value for key, value in entry.items()}


def describe(error: BaseException) -> dict[str, str]:
    """What may be told of an error: its class and the line that raised it, never its text."""
    place = "?"
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        name = str(frame.f_globals.get("__name__", ""))
        if place == "?" or name.startswith(("services.", "workflows.", "programmes.", "simulation.", "deploy.")):
            place = f"{name}:{step.tb_lineno}"
        step = step.tb_next
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "at": place}


def configure_logs(process: str, level: str = "info") -> None:
    """Send everything, libraries included, to standard output as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _only_names_of_errors,
        _cut,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Libraries quote what they were handed (SQL parameters, payloads): only their warnings, and those cut.
    for noisy in ("aio_pika", "aiormq", "temporalio", "uvicorn", "uvicorn.access", "httpx", "sqlalchemy", "faststream"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
