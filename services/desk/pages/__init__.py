"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import (
    acting,
    deciding,
    dossier,
    notices,
    readings,
    search,
    sessions,
    sign_in,
    stream,
    task,
    worklist,
)
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for screen in (sign_in, sessions, deciding, notices, worklist, task, stream, search, dossier, readings, acting):
    router.include_router(screen.router)
add_reading_panels(router)
