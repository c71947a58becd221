"""New work as it comes: server-sent events with the ids of tasks, for as long as somebody is signed in."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response, StreamingResponse

from services.desk.following import Place, news_for, place_now
from services.desk.handlers.sessions import Term
from services.desk.session_store import session
from services.shared.access import Actor, allowed
from services.shared.database import Database, Transaction
from services.shared.logs import logger
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.web import DatabaseOf

LOOK_EVERY_SECONDS = 1.0
"""How often the desk looks whether anything changed: once a process, however many follow."""
BEAT_EVERY_SECONDS = 15.0
"""A line of nothing, so that nobody in between hangs up; the session is looked at again then."""
STREAMS_OF_ONE_MAX = 4
STREAMS_MAX = 300
AGAIN_MILLISECONDS = 5_000
FOLLOWERS_AT_ONCE = 2
"""So many connections to the database serve all who follow together: however many they are, pages keep the rest."""
EVENT_STREAM = "text/event-stream"

_log = logger(__name__)

router = APIRouter()

Worker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]


@router.get("/stroom")
async def follow(request: Request, actor: Worker, database: DatabaseOf) -> Response:
    """Events after a place (`vanaf`, or where the browser was): `nieuw` (ids of tasks), `zorg`, `einde`.

    `zorg`: something happened to a concern about safety; `einde`: signed out.
    """
    bell = _bell_of(database)
    bell.refuse_when_full(actor.person)
    told = request.headers.get("last-event-id") or request.query_params.get("vanaf", "")
    try:
        since = Place.read(told)
    except ValueError:
        async with database.transaction() as tx:
            since = await place_now(tx)
    term, clock = Term.of(request.app.state.settings), request.app.state.clock
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = tell_on(actor, since, database, bell, term, clock)
    return StreamingResponse(lines, media_type=EVENT_STREAM, headers=headers)


async def tell_on(
    actor: Actor, since: Place, database: Database, bell: "Bell", term: Term, clock: Callable[[], datetime]
) -> AsyncIterator[str]:
    """What the browser reads, until the session is over or nobody reads it any more."""
    async with bell.heard_by(actor.person):
        yield f"retry: {AGAIN_MILLISECONDS}\n\n"
        while True:
            changed = await bell.changed_since(since, within=BEAT_EVERY_SECONDS)
            try:
                async with bell.turns, database.transaction() as tx:
                    if not await _lasts(tx, actor, term, now=clock()):
                        yield "event: einde\ndata:\n\n"
                        return
                    news = await news_for(tx, actor, since) if changed else None
            except (DBAPIError, OSError) as error:
                _log.info("cannot tell of new tasks now", exc_info=error)
                yield ":\n\n"
                continue
            if news is None:
                yield ":\n\n"
                continue
            since = news.place
            if news.tasks:
                ids = " ".join(str(task) for task in news.tasks)
                yield f"id: {since}\nevent: nieuw\ndata: {ids}\n\n"
            if news.concern:
                yield f"id: {since}\nevent: zorg\ndata:\n\n"


async def _lasts(tx: Transaction, actor: Actor, term: Term, *, now: datetime) -> bool:
    """Whether somebody is still signed in. Looking on does not count as using a session."""
    query = select(session.c.id).where(session.c.id == actor.session, term.open_at(now))
    return (await tx.execute(query)).first() is not None


class Bell:
    """Wakes all who follow when the history of tasks has grown: one question to the database for all of them."""

    def __init__(self, database: Database) -> None:
        self.turns = asyncio.Semaphore(FOLLOWERS_AT_ONCE)
        self._database = database
        self._followers: Counter[UUID] = Counter()
        self._changed = asyncio.Condition()
        self._place: Place | None = None
        self._looking: asyncio.Task[None] | None = None

    def refuse_when_full(self, person: UUID) -> None:
        """Answers 429 to who follows in many windows already, and to everybody where too many follow."""
        if self._followers[person] >= STREAMS_OF_ONE_MAX or self._followers.total() >= STREAMS_MAX:
            raise Problem(429, "too-many-streams")

    @asynccontextmanager
    async def heard_by(self, person: UUID) -> AsyncIterator[None]:
        """The desk looks for changes for as long as anybody follows."""
        self._followers[person] += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._followers -= Counter({person: 1})
            if not self._followers:
                self._looking.cancel()
                self._looking = None

    async def changed_since(self, place: Place, *, within: float) -> bool:
        """Waits until something came after a place; False when nothing did in so many seconds."""
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: self._place is not None and self._place > place)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        while True:
            try:
                async with self._database.transaction() as tx:
                    place = await place_now(tx)
            except (DBAPIError, OSError) as error:
                _log.info("cannot look for new tasks now", exc_info=error)
            else:
                async with self._changed:
                    self._place = place
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_EVERY_SECONDS)


_bells: WeakKeyDictionary[Database, Bell] = WeakKeyDictionary()


def _bell_of(database: Database) -> Bell:
    """One for each database of this process."""
    if database not in _bells:
        _bells[database] = Bell(database)
    return _bells[database]
