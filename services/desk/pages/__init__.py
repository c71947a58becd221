"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import deciding, search, sessions, sign_in, stream, task, worklist

router = APIRouter()
for screen in (sign_in, sessions, deciding, worklist, task, stream, search):
    router.include_router(screen.router)
