"""Intake's screens, one file for each piece of work."""

from fastapi import APIRouter

from services.intake.pages import (
    changes,
    closing,
    consents,
    correcting,
    duplicates,
    history,
    intake,
    kept,
    outreach,
    panels,
    public,
    search,
    signals,
    switching,
)
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for _part in (
    outreach,
    correcting,
    kept,
    public,
    signals,
    closing,
    consents,
    intake,
    switching,
    duplicates,
    panels,
    changes,
    search,
    history,
):
    router.include_router(_part.router)
add_reading_panels(router)
