"""Waiting until nothing moves: every event published, handled by all who hear it, and no workflow at work."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.shared.database import is_unavailable
from simulation.clock import VirtualClock

LOOK_SECONDS = 0.005
LOOK_SECONDS_MAX = 0.03
QUIET_MAX_SECONDS = 180.0
"""Long enough for a killed process to be back and an activity of its to be tried again; then something is wrong."""

ROUNDS_MAX = 200
"""News leads to work and work to news; a day that never ends is a fault."""

BREATH = timedelta(seconds=60)
"""Virtual time for workflows' own retries; passes at once when there is nothing to do."""

LOOK_BACK = 500
"""Outbox positions are given out before they are committed, so a lower one can appear after a higher one."""


class NeverQuiet(Exception):
    """Something still moved when the wait was over; the text says what."""


@dataclass(frozen=True)
class Listener:
    """One consumer: the schema with its inbox, its name, and the types it hears (None: all of them)."""

    schema: str
    consumer: str
    types: frozenset[str] | None

    def hears(self, kind: str) -> bool:
        return self.types is None or kind in self.types


class Quiet:
    """Follows every outbox, and asks each listener's inbox for what it should have handled."""

    def __init__(
        self, engine: AsyncEngine, clock: VirtualClock, schemas: Iterable[str], listeners: Iterable[Listener]
    ) -> None:
        self.events = 0
        self._engine = engine
        self._clock = clock
        self._schemas = sorted(schemas)
        self._listeners = sorted(listeners, key=lambda listener: (listener.schema, listener.consumer))
        self._read_to = dict.fromkeys(self._schemas, 0)
        self._seen: dict[str, dict[int, UUID]] = {schema: {} for schema in self._schemas}
        self._unheard: dict[Listener, set[UUID]] = {listener: set() for listener in self._listeners}
        self._unpublished = 0

    async def settle(self) -> None:
        """Return when nothing moves. Raises NeverQuiet or TimeStuck."""
        for _ in range(ROUNDS_MAX):
            await self._until_heard()
            before = self.events
            await self._clock.sleep(BREATH)
            await self._look()
            if self.events == before and not self._is_moving:
                return
        raise NeverQuiet(f"news kept leading to news {ROUNDS_MAX} times in one day")

    @property
    def _is_moving(self) -> bool:
        return bool(self._unpublished) or any(self._unheard.values())

    async def _until_heard(self) -> None:
        until, pause = monotonic() + QUIET_MAX_SECONDS, LOOK_SECONDS
        while True:
            try:
                await self._look()
            except (DBAPIError, OSError) as error:
                if not is_unavailable(error):
                    raise
                self._unpublished = max(1, self._unpublished)
            if not self._is_moving:
                return
            if monotonic() > until:
                raise NeverQuiet(self._what_moves())
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LOOK_SECONDS_MAX)

    async def _look(self) -> None:
        """Read what is new in the outboxes, and strike off what has been handled."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SET TRANSACTION READ ONLY"))
            parameters = {f"from_{schema}": self._read_to[schema] - LOOK_BACK for schema in self._schemas}
            unpublished = 0
            for row in await connection.execute(text(self._outboxes), parameters):
                unpublished += row.waiting
                self._take_in(row.schema, row.position, row.event_id, row.type)
            self._unpublished = unpublished
            for listener, waiting in self._unheard.items():
                if waiting:
                    heard = await connection.execute(
                        text(
                            f"SELECT event_id FROM {listener.schema}.inbox WHERE consumer = :consumer"  # noqa: S608  # names of ours
                            " AND state IN ('done', 'parked') AND event_id = ANY(:events)"
                        ),
                        {"consumer": listener.consumer, "events": sorted(waiting)},
                    )
                    waiting.difference_update(row.event_id for row in heard)

    @property
    def _outboxes(self) -> str:
        return " UNION ALL ".join(
            f"SELECT '{schema}' AS schema, position, event_id, type, (published_at IS NULL)::int AS waiting"  # noqa: S608  # names of ours
            f" FROM {schema}.outbox WHERE position > :from_{schema}"
            for schema in self._schemas
        )

    def _take_in(self, schema: str, position: int, event_id: UUID, kind: str) -> None:
        seen = self._seen[schema]
        if position in seen:
            return
        seen[position] = event_id
        self.events += 1
        self._read_to[schema] = max(self._read_to[schema], position)
        for old in [known for known in seen if known <= self._read_to[schema] - 2 * LOOK_BACK]:
            del seen[old]
        for listener, waiting in self._unheard.items():
            if listener.hears(kind):
                waiting.add(event_id)

    def _what_moves(self) -> str:
        unheard = ", ".join(
            f"{listener.consumer}: {len(waiting)}" for listener, waiting in self._unheard.items() if waiting
        )
        return f"after {QUIET_MAX_SECONDS:.0f} s: {self._unpublished} events not published; not handled by {unheard}"
