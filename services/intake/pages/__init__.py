"""Intake's screens, one file for each piece of work."""

from fastapi import APIRouter

from services.intake.pages import changes, duplicates, intake, kept, outreach, panels, public, search, signals

router = APIRouter()
for _part in (outreach, kept, public, signals, intake, duplicates, panels, changes, search):
    router.include_router(_part.router)
