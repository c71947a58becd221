"""Money on the screen: asking, deciding, paying and the books."""

from fastapi import APIRouter

from services.budget.pages import asking, batches, books, deciding, panel, payees, request_names, under_way
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for screen in (asking, deciding, panel, request_names, batches, books, payees, under_way):
    router.include_router(screen.router)
add_reading_panels(router)
