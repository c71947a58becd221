"""What a service does with others' events: a queue, and a handler for each type."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from services.shared.database import Transaction
from services.shared.events import Envelope, Event

Handler = Callable[[Transaction, Any, datetime], Awaitable[None]]


class Away(Exception):
    """Raised by a handler: what it needs is away for a while. Its event waits in its place, uncounted."""


@dataclass(frozen=True)
class Heard[E: Event]:
    """An event with what its envelope says of it, for handlers that keep more than the event itself."""

    event: E
    envelope: Envelope
    body: bytes


@dataclass(frozen=True)
class Message:
    """Bytes from the queue; `deliveries` is how often the broker delivered them before."""

    body: bytes
    deliveries: int = 0


class Consumer:
    """What one service does with others' events: a queue, and a handler for each type.

    A handler is `async def on_family_enrolled(tx, event, now)`; `now` is the event's own time, so that a late message
    has the effect it would have had. It must not commit. One consumer has one queue and one inbox name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.handlers: dict[str, Handler] = {}
        self.on_everything: Callable[[Transaction, Heard[Event]], Awaitable[None]] | None = None

    def handles[E: Event](
        self, kind: type[E]
    ) -> Callable[[Callable[[Transaction, E, datetime], Awaitable[None]]], Callable[..., Awaitable[None]]]:
        """Register a handler; its name must be the event's (`on_family_enrolled`). Raises TypeError otherwise."""

        def register(handler: Callable[[Transaction, E, datetime], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
            name = getattr(handler, "__name__", "")
            if name != kind.handler_name:
                raise TypeError(f"{name} handles {kind.__name__}: call it {kind.handler_name}")
            if kind.type in self.handlers:
                raise TypeError(f"{self.name} handles {kind.type} already")
            self.handlers[kind.type] = cast(Handler, handler)
            return handler

        return register

    def hears_everything(
        self, handler: Callable[[Transaction, Heard[Event]], Awaitable[None]]
    ) -> Callable[[Transaction, Heard[Event]], Awaitable[None]]:
        """Register one handler for every type there is."""
        self.on_everything = handler
        return handler

    @property
    def routing_keys(self) -> list[str]:
        """What its queue is bound to."""
        if self.on_everything is not None:
            return ["#"]
        return sorted(Event.known[kind].routing_key for kind in self.handlers)

    def hears(self, kind: str) -> bool:
        return self.on_everything is not None or kind in self.handlers
