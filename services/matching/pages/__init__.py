"""The screens of matching: the tandem in the dossier, the family's choice, and what came of the trial."""

from fastapi import APIRouter

from services.matching.pages import answers, panels
from services.shared.reading_routes import add_reading_page

router = APIRouter()
for part in (panels, answers):
    router.include_router(part.router)
add_reading_page(router)
