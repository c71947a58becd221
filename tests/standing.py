"""Where a family stands in a service that heard of it, whoever may see it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.shared.database import Transaction


async def standing(tx: Transaction, trajectory_id: UUID) -> Row[Any]:
    """The row of `family_scope` by which the filter decides."""
    scope = tx.tables.family_scope
    return (await tx.execute(select(scope).where(scope.c.trajectory_id == trajectory_id))).one()
