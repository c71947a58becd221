"""Intake's screens, one file for each piece of work."""

from fastapi import APIRouter

from services.intake.pages import changes, kept, outreach, panels, public, search

router = APIRouter()
for _part in (outreach, kept, public, panels, changes, search):
    router.include_router(_part.router)
