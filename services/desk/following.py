"""What changed in the worklist since somebody looked: a position in the history of tasks, and what came after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, and_, cast, literal_column, select, tuple_

from services.desk import reach, store
from services.desk.contracts import TaskKind
from services.desk.handlers.changes import Change
from services.shared.access import Actor
from services.shared.database import Transaction

FOLLOWED_MAX = 500
"""So many changes are looked at in one turn; who was away for longer simply has a list to open."""
NEWS = (Change.OPENED, Change.RELEASED, Change.ESCALATED)
"""Work that anybody within reach may find new on the list."""


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """How far somebody has followed: the transaction and the line that were read last."""

    written_in: int
    position: int

    def __str__(self) -> str:
        return f"{self.written_in}-{self.position}"

    @classmethod
    def read(cls, told: str) -> "Place":
        """Raises ValueError for what is no place."""
        written_in, position = told.split("-")
        return cls(written_in=int(written_in), position=int(position))


@dataclass(frozen=True, kw_only=True)
class News:
    """Tasks that somebody finds new on the list, and the place up to which that is so.

    `concern`: something happened to a concern about safety that they see, whatever and by whomever.
    """

    tasks: Sequence[UUID]
    place: Place
    concern: bool = False


_HORIZON = cast(literal_column("pg_snapshot_xmin(pg_current_snapshot())::text"), BigInteger)
"""Every transaction before this one has ended: nothing before it can still come."""


async def place_now(tx: Transaction) -> Place:
    """Where following begins: before whatever is being written at this moment."""
    table = store.task_change
    newest = select(table.c.written_in, table.c.position).where(table.c.written_in < _HORIZON)
    row = (await tx.execute(newest.order_by(table.c.written_in.desc(), table.c.position.desc()).limit(1))).first()
    return Place(written_in=row.written_in, position=row.position) if row else Place(written_in=0, position=0)


async def news_for(tx: Transaction, actor: Actor, since: Place) -> News:
    """What is new for somebody after a place: opened, given back, handed up or handed to them, and still open."""
    table, task = store.task_change, store.task
    after = and_(
        tuple_(table.c.written_in, table.c.position) > tuple_(since.written_in, since.position),
        table.c.written_in < _HORIZON,
    )
    query = select(table).where(after).order_by(table.c.written_in, table.c.position).limit(FOLLOWED_MAX)
    changes = (await tx.execute(query)).all()
    if not changes:
        return News(tasks=(), place=since)
    place = Place(written_in=changes[-1].written_in, position=changes[-1].position)
    news = {change.task_id for change in changes if _is_news(change, actor)}
    changed = {change.task_id for change in changes}
    seen = select(task.c.id, task.c.kind, task.c.closed_at).where(task.c.id.in_(changed), reach.sees(tx, actor))
    rows = (await tx.execute(seen)).all()
    return News(
        tasks=tuple(row.id for row in rows if row.id in news and row.closed_at is None),
        place=place,
        concern=any(row.kind == TaskKind.SAFETY_CONCERN for row in rows),
    )


def _is_news(change: Any, actor: Actor) -> bool:
    """What somebody did themselves is no news to them."""
    if change.person == actor.person:
        return False
    return change.what in NEWS or (change.what == Change.HANDED_OVER and change.other == actor.person)
