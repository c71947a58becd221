"""One family under all its ids: files that turned out to be of one family, from `family_alias`."""

from uuid import UUID

from sqlalchemy import Select, Uuid, exists, literal, select

from services.shared.database import Transaction


def ids_of(tx: Transaction, family_id: UUID) -> Select[tuple[UUID]]:
    """Every id under which this family was ever known, for `IN`; its own among them."""
    alias = tx.tables.family_alias
    down = _kept(tx, family_id).cte("of_one_family", recursive=True)
    down = down.union(select(alias.c.merged_id).join(down, alias.c.family_id == down.c.id))
    return select(down.c.id)


async def kept_id(tx: Transaction, family_id: UUID) -> UUID:
    """The id of the file that keeps what is known of this family: its own, unless that went into another."""
    kept: UUID = (await tx.execute(_kept(tx, family_id))).scalar_one()
    return kept


def _kept(tx: Transaction, family_id: UUID) -> Select[tuple[UUID]]:
    """From file to file that it went into, until the one that went into none. UNION: no id is visited twice."""
    alias = tx.tables.family_alias
    up = select(literal(family_id, Uuid).label("id")).cte("went_into", recursive=True)
    up = up.union(select(alias.c.family_id).join(up, alias.c.merged_id == up.c.id))
    return select(up.c.id).where(~exists().where(alias.c.merged_id == up.c.id))
