"""The screens of plans: panels of the dossier, the plan itself, meetings, the contact journal and documents."""

from fastapi import APIRouter

from services.plans.pages import documents, goal_choice, goals, journal, meetings, panels, plan, task_notes
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for part in (panels, plan, goals, goal_choice, meetings, journal, documents, task_notes):
    router.include_router(part.router)
add_reading_panels(router)
