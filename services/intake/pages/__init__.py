"""Intake's screens, one file for each piece of work."""

from fastapi import APIRouter

from services.intake.pages import add_reading_page, changes, duplicates, from, history, import, intake, kept, outreach, panels, public, reading_routes, search, services, shared, signals

router = APIRouter()
for _part in (outreach, kept, public, signals, intake, duplicates, panels, changes, search, history):
    router.include_router(_part.router)
add_reading_page(router)
