"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import acting, deciding, dossier, notices, search, sessions, sign_in, stream, task, worklist
from services.shared.reading_routes import add_reading_page

router = APIRouter()
for screen in (sign_in, sessions, deciding, notices, worklist, task, stream, search, dossier, acting):
    router.include_router(screen.router)
add_reading_page(router)
