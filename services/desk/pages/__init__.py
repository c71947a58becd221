"""The desk's screens, one file each."""

from fastapi import APIRouter

from services.desk.pages import sign_in

router = APIRouter()
router.include_router(sign_in.router)
