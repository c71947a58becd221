"""Families that turn out to be one, and two again: their tasks and courses go along."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import update

from services.desk.dossier_store import course
from services.desk.store import task
from services.shared.database import Transaction


async def follow_merge(tx: Transaction, *, merged_id: UUID, family_id: UUID) -> None:
    """What was of the one file is of the other."""
    for table in (task, course):
        await tx.execute(update(table).where(table.c.family_id == merged_id).values(family_id=family_id))


async def follow_unmerge(
    tx: Transaction, *, merged_id: UUID, family_id: UUID, trajectory_ids: Iterable[UUID], signal_ids: Iterable[UUID]
) -> None:
    """What is of these trajectories and signals goes back; what names neither stays with the file that kept."""
    theirs = list(trajectory_ids)
    went_back = task.c.trajectory_id.in_(theirs) | task.c.subject_id.in_(list(signal_ids))
    await tx.execute(update(task).where(went_back, task.c.family_id == family_id).values(family_id=merged_id))
    moved = course.c.trajectory_id.in_(theirs) & (course.c.family_id == family_id)
    await tx.execute(update(course).where(moved).values(family_id=merged_id))
