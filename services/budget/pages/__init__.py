"""Money on the screen: asking, deciding, paying and the books."""

from fastapi import APIRouter

from services.budget.pages import asking, batches, books, deciding, panel, payees
from services.shared.reading_routes import add_reading_panels

router = APIRouter()
for each in (asking.router, deciding.router, panel.router, batches.router, books.router, payees.router):
    router.include_router(each)
add_reading_panels(router)
