"""What a phone sends that kept forms while there was no connection: each is opened, received once, or told back."""

from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from services.intake.pages.meeting import Typed, read, typed
from services.intake.pages.outreach import Met, form_page, open_programmes, receive
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.problems import Problem
from services.shared.screens.csrf import token_for
from services.shared.screens.pages import PAGE_POLICY
from services.shared.screens.web import FormOf, PageOf
from services.shared.sealed_forms import open_form, owner_of
from services.shared.web import DatabaseOf, Now

WORKER = Path(__file__).with_name("worker.js").read_text(encoding="utf-8")
SAVED, REFUSED, UNREADABLE = "saved", "refused", "unreadable"

router = APIRouter()


@router.get("/sw.js")
async def worker() -> Response:
    """The service worker: for everybody, since it knows nothing. It may ask only what a page may."""
    return Response(WORKER, headers={"Content-Type": "text/javascript; charset=utf-8"} | _POLICY)


_POLICY = {"Content-Security-Policy": PAGE_POLICY}


@router.get("/kennismaking/verbinding")
async def session(request: Request, actor: Met) -> Response:
    """Whose forms may be sent now, and the token for them: the page that asks may be as old as its cache."""
    token, _ = token_for(request)
    return JSONResponse({"owner": owner_of(request.app.state.secret, actor.person), "token": token})


@router.post("/kennismaking/nazending")
async def send_later(request: Request, actor: Met, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    """A kept form arrives, perhaps again: `saved`, `refused` (it stays there until corrected) or `unreadable`.

    With `saved` comes the signal that it is, so that who wrote it can read it back.
    """
    told = _opened(request, actor, form)
    if told is None:
        return JSONResponse({"outcome": UNREADABLE})
    async with database.transaction() as tx:
        outcome = await receive(tx, actor, told, now=now, changed_is_another=True)
    if isinstance(outcome, UUID):
        return JSONResponse({"outcome": SAVED, "signal": str(outcome)})
    return JSONResponse({"outcome": REFUSED})


@router.post("/kennismaking/verbeteren")
async def correct(request: Request, actor: Met, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    """A kept form that was refused is shown as it was typed, with what is wrong; it keeps its id."""
    told = _opened(request, actor, form)
    if told is None:
        raise Problem(400, "invalid-input")
    command = read(told, open_programmes(actor, now), local_date(now))
    async with database.transaction() as tx:
        return await form_page(tx, page, actor, now, told, errors=command if isinstance(command, dict) else None)


def _opened(request: Request, actor: Actor, form: FormData) -> Typed | None:
    """What was typed into a kept form; None where this person did not seal it, or it is no longer readable."""
    secret: str = request.app.state.secret
    owner = owner_of(secret, actor.person)
    try:
        form_id = UUID(str(form.get("id", "")))
    except ValueError:
        return None
    fields = open_form(secret, str(form.get("sealed", "")), owner=owner, form_id=form_id)
    told = typed(fields) if fields is not None else None
    return told if told is not None and told.key == str(form_id) else None
