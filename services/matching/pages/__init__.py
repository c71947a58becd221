"""The screens of matching: the tandem in the dossier, the family's choice, and what came of the trial."""

from fastapi import APIRouter

from services.matching.pages import answers, panels

router = APIRouter()
for part in (panels, answers):
    router.include_router(part.router)
