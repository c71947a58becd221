"""Waiting until nothing moves: every event published, handled by all who hear it, and no workflow at work."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
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
        self._holes: dict[str, set[int]] = {schema: set() for schema in self._schemas}
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
                # Nobody is in the middle of a transaction now: what is missing was rolled back.
                for holes in self._holes.values():
                    holes.clear()
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
            parameters: dict[str, object] = {}
            for schema in self._schemas:
                parameters |= {f"{schema}_after": self._read_to[schema], f"{schema}_holes": sorted(self._holes[schema])}
            unpublished = 0
            for row in await connection.execute(text(self._outboxes), parameters):
                unpublished += row.waiting
                if row.event_id is not None:
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

    @cached_property
    def _outboxes(self) -> str:
        """New rows of every outbox, and one row each with how many are not published."""
        new = (
            f"SELECT '{schema}' AS schema, position, event_id, type, 0 AS waiting FROM {schema}.outbox"  # noqa: S608  # names of ours
            f" WHERE position > :{schema}_after OR position = ANY(:{schema}_holes)"
            for schema in self._schemas
        )
        waiting = (
            f"SELECT '{schema}', 0, NULL, '', count(*) FROM {schema}.outbox WHERE published_at IS NULL"  # noqa: S608  # names of ours
            for schema in self._schemas
        )
        return " UNION ALL ".join((*new, *waiting))

    def _take_in(self, schema: str, position: int, event_id: UUID, kind: str) -> None:
        holes = self._holes[schema]
        if position > self._read_to[schema]:
            # Positions are given out before they are committed: a lower one may still appear.
            holes.update(range(self._read_to[schema] + 1, position))
            self._read_to[schema] = position
        holes.discard(position)
        self.events += 1
        for listener, waiting in self._unheard.items():
            if listener.hears(kind):
                waiting.add(event_id)

    def _what_moves(self) -> str:
        unheard = ", ".join(
            f"{listener.consumer}: {len(waiting)}" for listener, waiting in self._unheard.items() if waiting
        )
        return f"after {QUIET_MAX_SECONDS:.0f} s: {self._unpublished} events not published; not handled by {unheard}"
