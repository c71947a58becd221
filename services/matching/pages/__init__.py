"""The screens of matching: the tandem in the dossier, the family's choice and trial, and who there is."""

from fastapi import APIRouter

from services.matching.pages import answers, panels, people, person
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for part in (panels, answers, people, person):
    router.include_router(part.router)
add_reading_panels(router)
