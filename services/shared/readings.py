"""Who looked at which family's data, when, and at what: one line a reading, written with the reading or not at all."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.scopes import Scope, must_see
from services.shared.trace import current_trace_id
from services.shared.types import Code


async def log_reading(tx: Transaction, actor: Actor, family_id: UUID, *, what: Code, now: datetime) -> None:
    """Write down that an actor read this of a family (a code: `plan`, `household`). Fails when it cannot be written.

    It stands in the transaction of the reading itself: without the line there is no answer.
    """
    await log_readings(tx, actor, [family_id], what=what, now=now)


async def log_readings(tx: Transaction, actor: Actor, family_ids: Iterable[UUID], *, what: Code, now: datetime) -> None:
    """A line for each family of whom a list or a search showed something."""
    rows = [
        {
            "id": uuid4(),
            "at": now,
            "person": actor.person,
            "roles": sorted(actor.roles),
            "family_id": family_id,
            "what": what,
            "trace_id": current_trace_id(),
        }
        for family_id in sorted(set(family_ids))
    ]
    if rows:
        await tx.execute(tx.tables.reading.insert(), rows)


async def must_read(
    tx: Transaction,
    actor: Actor,
    permission: Permission,
    *,
    what: Code,
    now: datetime,
    trajectory_id: UUID | None = None,
    family_id: UUID | None = None,
    signal_id: UUID | None = None,
) -> Scope:
    """`must_see`, and the line that says so: for every route and page that shows what is kept of one family.

    A signal of whom nobody knows the family yet is logged under its own id.
    """
    scope = await must_see(tx, actor, permission, trajectory_id=trajectory_id, family_id=family_id, signal_id=signal_id)
    whom = scope.family_id or scope.signal_id
    if whom is not None:
        await log_reading(tx, actor, whom, what=what, now=now)
    return scope
