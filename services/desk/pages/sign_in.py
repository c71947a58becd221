"""The door: who signs in, where their day begins, and signing out."""

from fastapi import APIRouter
from starlette.responses import Response

from services.shared.places import BEGIN
from services.shared.screens.menu import menu_for
from services.shared.screens.web import ActorOf, PageOf, see_other, sign_in_path

router = APIRouter()


@router.get("/begin")
async def begin(actor: ActorOf, page: PageOf) -> Response:
    """On to the first thing that somebody's menu has."""
    if actor is None:
        return see_other(sign_in_path(BEGIN))
    entries = menu_for(actor)
    return see_other(entries[0].path) if entries else page("nothing_here.html")
