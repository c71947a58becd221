"""Searches of the worklist that somebody keeps for themselves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.desk import store
from services.desk.commands import SaveSearch
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.outcomes import Refused

SEARCHES_MAX = 20
"""More than this nobody finds back."""


async def save_search(tx: Transaction, command: SaveSearch, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Keep a search. The same name again takes the place of the earlier one; gives the id of what is kept."""
    table = store.saved_search
    looked_for = command.model_dump(exclude={"search_id", "name"})
    mine = table.c.person == actor.person
    known = (await tx.execute(select(table.c.name, table.c.id).where(mine))).all()
    if len(known) >= SEARCHES_MAX and command.name not in {row.name for row in known}:
        return Refused("too-many-searches")
    kept = insert(table).values(
        id=command.search_id, person=actor.person, name=command.name, saved_at=now, **looked_for
    )
    renewed = kept.on_conflict_do_update(index_elements=[table.c.person, table.c.name], set_=looked_for)
    taken = select(func.count()).where(table.c.id == command.search_id, ~(mine & (table.c.name == command.name)))
    if (await tx.execute(taken)).scalar_one():
        return Refused("id-already-used")
    return UUID(str((await tx.execute(renewed.returning(table.c.id))).scalar_one()))


async def forget_search(tx: Transaction, search_id: UUID, *, actor: Actor) -> UUID | Refused:
    """Take a search of one's own away."""
    table = store.saved_search
    gone = await tx.execute(delete(table).where(table.c.id == search_id, table.c.person == actor.person))
    return search_id if gone.rowcount else Refused("unknown-search")


async def searches_of(tx: Transaction, actor: Actor) -> Sequence[SaveSearch]:
    """What somebody keeps, by name."""
    table = store.saved_search
    query = select(table).where(table.c.person == actor.person).order_by(table.c.name).limit(SEARCHES_MAX)
    return [
        SaveSearch(
            search_id=row.id,
            name=row.name,
            whose=row.whose,
            kind=row.kind,
            programme=row.programme,
            area=row.area,
            due=row.due,
        )
        for row in await tx.execute(query)
    ]
