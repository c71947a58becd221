"""Intake's screens, one file for each piece of work."""

from fastapi import APIRouter

from services.intake.pages import kept, outreach, public

router = APIRouter()
for _part in (outreach, kept, public):
    router.include_router(_part.router)
