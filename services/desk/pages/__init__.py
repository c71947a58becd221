"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import deciding, sessions, sign_in

router = APIRouter()
for screen in (sign_in, sessions, deciding):
    router.include_router(screen.router)
