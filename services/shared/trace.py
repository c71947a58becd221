"""The W3C trace context that ties a click, an event and a workflow step together."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str:
    """The traceparent of what is going on; a new trace where nothing is."""
    return _current.get() or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_trace_id() -> str | None:
    """The trace id for a log line, None outside a trace."""
    found = TRACEPARENT.match(_current.get() or "")
    return found.group(1) if found else None


@contextmanager
def trace(incoming: str | None = None) -> Iterator[str]:
    """Go on in an incoming trace (a fresh span of it), or start one; rubbish starts a new one."""
    found = TRACEPARENT.match(incoming or "")
    trace_id = found.group(1) if found else secrets.token_hex(16)
    traceparent = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    token = _current.set(traceparent)
    try:
        yield traceparent
    finally:
        _current.reset(token)
