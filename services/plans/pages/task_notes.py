"""Notes at a task of the desk: a part of the task's page, and a page of its own without scripts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.plans import handlers
from services.plans.commands import WORDS_MAX, WriteTaskNote
from services.plans.handlers.task_notes import notes_of_task
from services.plans.pages.entry import opened
from services.shared.access import Actor, allowed
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.screens.part import PartOf
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

JournalReader = Annotated[Actor, Depends(allowed(Permission.READ_JOURNAL))]


@router.get("/notities/{trajectory_id}/{task_id}")
async def show(
    trajectory_id: UUID, task_id: UUID, actor: JournalReader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    return await _page(trajectory_id, task_id, actor=actor, page=page, part=part, database=database, now=now)


@router.post("/notities/{trajectory_id}/{task_id}")
async def write(
    trajectory_id: UUID,
    task_id: UUID,
    form: FormOf,
    actor: JournalReader,
    page: PageOf,
    part: PartOf,
    database: DatabaseOf,
    now: Now,
) -> Response:
    """Add a note; sent twice it stands there once."""
    said = Said(form)
    note_id, words = said.id(), said.words("words", length_max=WORDS_MAX)
    error = said.errors.get("words")
    if error is None:
        async with database.transaction() as tx:
            await opened(tx, actor, Permission.READ_JOURNAL, trajectory_id, what="task-notes", now=now)
            command = WriteTaskNote(note_id=note_id, trajectory_id=trajectory_id, task_id=task_id, words=words)
            written = await handlers.write_task_note(tx, command, now=now, actor=actor)
        error = written.code if isinstance(written, Refused) else None
    if error is None and not part:
        return see_other(f"/plans/notities/{trajectory_id}/{task_id}")
    return await _page(
        trajectory_id,
        task_id,
        actor=actor,
        page=page,
        part=part,
        database=database,
        now=now,
        words=words if error else "",
        error=error,
    )


async def _page(
    trajectory_id: UUID,
    task_id: UUID,
    *,
    actor: Actor,
    page: Page,
    part: bool,
    database: Database,
    now: datetime,
    words: str = "",
    error: Code | None = None,
) -> Response:
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.READ_JOURNAL, trajectory_id, what="task-notes", now=now)
        notes = await notes_of_task(tx, trajectory_id, task_id)
    values = {
        "trajectory_id": trajectory_id,
        "task_id": task_id,
        "notes": notes,
        "words": words,
        "error": error,
        "part": part,
        "key": uuid4(),
        "mine": actor.person,
    }
    return page("task_notes.html", values, status=400 if error and not part else 200)
