"""What colleagues write for one another at a task of the desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from services.plans.commands import WriteTaskNote
from services.plans.tables import task_note
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.outcomes import Refused

NOTES_MAX = 50
"""So many at one task; after that people talk, or write in the journal."""


@dataclass(frozen=True, kw_only=True)
class TaskNote:
    """`words` are gone once the family's texts were erased."""

    id: UUID
    words: str | None
    written_by: UUID
    written_at: datetime


async def write_task_note(tx: Transaction, command: WriteTaskNote, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Add a note; the same id again changes nothing."""
    held = select(func.count()).where(task_note.c.task_id == command.task_id, task_note.c.id != command.note_id)
    if (await tx.execute(held)).scalar_one() >= NOTES_MAX:
        return Refused("enough-notes")
    values = command.model_dump(exclude={"note_id"})
    added = insert(task_note).values(id=command.note_id, written_by=actor.person, written_at=now, **values)
    await tx.execute(added.on_conflict_do_nothing())
    return command.note_id


async def notes_of_task(tx: Transaction, trajectory_id: UUID, task_id: UUID) -> list[TaskNote]:
    """Newest first; only those of this family, whatever task is named."""
    query = select(task_note).where(task_note.c.trajectory_id == trajectory_id, task_note.c.task_id == task_id)
    return [
        TaskNote(id=row.id, words=row.words, written_by=row.written_by, written_at=row.written_at)
        for row in await tx.execute(query.order_by(task_note.c.written_at.desc(), task_note.c.id).limit(NOTES_MAX))
    ]
