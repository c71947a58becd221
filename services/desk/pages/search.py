"""Looking for a family by name: the form stands here, what it finds comes from intake."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.screens.web import PageOf

router = APIRouter()


@router.get("/zoeken")
async def show(actor: Annotated[Actor, Depends(allowed(Permission.USE_DESK))], page: PageOf) -> Response:
    """An empty form: nothing of what is looked for ever stands in an address."""
    return page("search.html")
