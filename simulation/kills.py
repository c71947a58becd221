"""Processes that are killed halfway, as a crash would, to see that the outcome stays the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.stack import Stack
from deploy.services import OWNERS

CONNECTIONS = "connections"
KILLABLE = (*OWNERS, CONNECTIONS)


@dataclass(frozen=True)
class Kill:
    """`what` is a process of ours, or `connections`: every connection to the database. Days count from 1."""

    what: str
    day: int


def read_kill(asked: str) -> Kill:
    """`budget@120`. Raises ValueError that says what is wrong."""
    what, _, day = asked.partition("@")
    if what not in KILLABLE:
        raise ValueError(f"{what}: one of {', '.join(KILLABLE)}")
    if not day.isdigit() or int(day) < 1:
        raise ValueError(f"{asked}: say on which day, {what}@120")
    return Kill(what, int(day))


def not_reached(kills: Sequence[Kill], days: int) -> list[str]:
    """The kills that were asked for a day that never came."""
    return [f"{kill.what} was to be killed on day {kill.day} of {days}" for kill in kills if kill.day > days]


class Killer:
    """Does what was asked, in the middle of a day's work."""

    def __init__(self, stack: Stack, engine: AsyncEngine, kills: Sequence[Kill]) -> None:
        self._stack = stack
        self._engine = engine
        self._kills = kills

    async def strike(self, day: int) -> bool:
        """Kill what is to be killed on this day; whether anything was."""
        today = [kill for kill in self._kills if kill.day == day]
        for kill in today:
            if kill.what == CONNECTIONS:
                await self._cut_connections()
            else:
                await asyncio.to_thread(self._stack.kill, kill.what)
        return bool(today)

    async def recovered(self) -> None:
        """All processes are back and ready. Raises StartError when one does not come back."""
        await asyncio.to_thread(self._stack.wait_until_ready)

    async def _cut_connections(self) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'kansen\\_%'")
            )
