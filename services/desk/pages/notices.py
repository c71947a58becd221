"""What somebody is mailed, as they choose; and appointments for their own calendar."""

from datetime import date, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.desk import mail_store, reach, store
from services.desk.appointments import MEDIA_TYPE, TALKS, YEARS_AHEAD_MAX, Appointment, calendar_file
from services.desk.mail_store import MailChoice
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.screens.language import LANGUAGES
from services.shared.screens.web import FormOf, PageOf, see_other
from services.shared.settings import Settings
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Anyone = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]
Worker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_TASKS))]
TITLE = "Kansen: gesprek"
DAYS_A_YEAR = 366


@router.get("/berichten")
async def show(request: Request, actor: Anyone, page: PageOf, database: DatabaseOf, bewaard: str = "") -> Response:
    async with database.transaction() as tx:
        choice = await mail_store.choice_of(tx, actor.person)
        address = await mail_store.address_of(tx, actor.person)
    settings: Settings = request.app.state.settings
    values = {"choice": choice, "address": address, "saved": bool(bewaard), "mails": settings.mail_host is not None}
    return page("notices.html", values)


@router.post("/berichten")
async def choose(form: FormOf, actor: Anyone, database: DatabaseOf, now: Now) -> Response:
    language = str(form.get("language", ""))
    if language not in LANGUAGES:
        raise Problem(400, "invalid-input")
    choice = MailChoice(daily=form.get("daily") == "ja", language=language)
    async with database.transaction() as tx:
        await mail_store.keep_choice(tx, actor.person, choice, now=now)
    return see_other("/desk/berichten?bewaard=ja")


@router.get("/agenda/{task_id}.ics")
async def appointment(
    request: Request,
    task_id: UUID,
    actor: Worker,
    database: DatabaseOf,
    now: Now,
    on: Annotated[date | None, Query(alias="dag")] = None,
    at: Annotated[str, Query(alias="tijd", pattern=r"^(?:([01]\d|2[0-3]):[0-5]\d)?$")] = "",
) -> Response:
    """A talk on a day and at an hour that somebody chose; else on the day that the task is due."""
    async with database.transaction() as tx:
        task = await store.task_by_id(tx, task_id)
        if task is None or not await reach.may(tx, actor, task, Permission.WORK_ON_TASKS) or task.kind not in TALKS:
            raise Problem(404, "unknown-task")
    day = on or task.due_on
    if abs((day - local_date(now)).days) > YEARS_AHEAD_MAX * DAYS_A_YEAR:
        raise Problem(400, "invalid-input")
    settings: Settings = request.app.state.settings
    content = calendar_file(
        Appointment(task_id=task_id, on=day, at=time.fromisoformat(at) if at else None),
        title=TITLE,
        link=settings.link(f"/desk/taken/{task_id}"),
        now=now,
    )
    disposition = f'attachment; filename="{task_id}.ics"'
    return Response(content, headers={"Content-Type": MEDIA_TYPE, "Content-Disposition": disposition})
