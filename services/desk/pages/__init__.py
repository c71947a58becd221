"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import (
    acting,
    assigning,
    deciding,
    dossier,
    newcomers,
    notices,
    readings,
    search,
    sessions,
    sign_in,
    standing_in,
    stream,
    task,
    worklist,
)
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
_OF_ONESELF = (sign_in, sessions, notices, standing_in)
_OF_WORK = (deciding, worklist, assigning, task, stream, search, dossier, readings, acting, newcomers)
for screen in (*_OF_ONESELF, *_OF_WORK):
    router.include_router(screen.router)
add_reading_panels(router)
