"""Who is signed in where: one's own sessions for everybody, and everybody's for who keeps the door."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.desk.colleagues import colleague_names, find_colleague
from services.desk.families import families_of
from services.desk.handlers.sessions import (
    Term,
    end_sessions_of,
    known_people,
    let_in_again,
    sessions_of,
    shut_out,
)
from services.desk.store import open_tasks
from services.shared.access import Actor, allowed
from services.shared.permissions import PERMITTED, Permission
from services.shared.problems import Problem
from services.shared.screens.web import PageOf, see_other, sign_in_path
from services.shared.sessions import leave_session
from services.shared.web import DatabaseOf, Now

HERE = "/desk/sessies"
NAME_KEPT_SECONDS = 300
"""How long a browser may remember what a colleague is called."""

router = APIRouter()

Anybody = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]
DoorKeeper = Annotated[Actor, Depends(allowed(Permission.MANAGE_SESSIONS))]


@router.get("/sessies")
async def show(request: Request, actor: Anybody, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Names of colleagues only for who keeps the door."""
    term = Term.of(request.app.state.settings)
    keeps_door = bool(actor.roles & set(PERMITTED[Permission.MANAGE_SESSIONS]))
    async with database.transaction() as tx:
        own = await sessions_of(tx, actor.person, term, now=now)
        people = await known_people(tx, term, now=now) if keeps_door else []
    return page("sessions.html", {"own": own, "people": people, "keeps_door": keeps_door})


@router.post("/sessies/einde")
async def end_own(request: Request, actor: Anybody, database: DatabaseOf, now: Now) -> Response:
    """Signed out everywhere, here too."""
    async with database.transaction() as tx:
        await end_sessions_of(tx, actor.person, by=actor.person, now=now)
    response = see_other(sign_in_path(HERE))
    leave_session(response, sealed=request.app.state.sealed)
    return response


@router.post("/sessies/{person}/einde")
async def end_others(person: UUID, actor: DoorKeeper, database: DatabaseOf, now: Now) -> Response:
    """Somebody's sessions end, within a minute everywhere; they may sign in again."""
    async with database.transaction() as tx:
        await end_sessions_of(tx, person, by=actor.person, now=now)
    return see_other(HERE)


@router.get("/sessies/{person}/vertrek")
async def ask_leave(person: UUID, actor: DoorKeeper, page: PageOf, database: DatabaseOf) -> Response:
    """What follows when somebody does not work here any more, before it is so. Nobody shuts themselves out."""
    async with database.transaction() as tx:
        name = (await colleague_names(tx, [person])).get(person)
        if name is None or person == actor.person:
            raise Problem(404, "unknown-colleague")
        here = await find_colleague(tx, person) is not None
        tasks = len(await open_tasks(tx, taken_by=person))
        families = await families_of(tx, person)
    return page("leaves.html", {"name": name, "here_still": here, "tasks": tasks, "families": families})


@router.post("/sessies/{person}/vertrek")
async def leave(person: UUID, actor: DoorKeeper, database: DatabaseOf, now: Now) -> Response:
    """Somebody does not work here any more."""
    async with database.transaction() as tx:
        await shut_out(tx, person, by=actor.person, now=now)
    return see_other(HERE)


@router.post("/sessies/{person}/terug")
async def come_back(person: UUID, _: DoorKeeper, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        await let_in_again(tx, person)
    return see_other(HERE)


@router.get("/collega/{person}")
async def name(person: UUID, _: Anybody, page: PageOf, database: DatabaseOf) -> Response:
    """A fragment: what a colleague is called, for the screens of every service."""
    async with database.transaction() as tx:
        names = await colleague_names(tx, [person])
    response = page("colleague.html", {"name": names.get(person)})
    response.headers["Cache-Control"] = f"private, max-age={NAME_KEPT_SECONDS}"
    return response
