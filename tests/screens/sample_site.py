"""A small room with screens of its own: a form that may be wrong, a wide table, and a panel that loads by itself."""

from datetime import UTC, date, datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.shared.problems import install_problems
from services.shared.screens.assets import Assets
from services.shared.screens.language import router
from services.shared.screens.pages import Screens

SAMPLE_ROOM = Path(__file__).with_name("sample")
HOSTILE = "<script>document.title = 'taken'</script>"
GIVEN = {
    "amount": "",
    "waiting": 3,
    "when": date(2026, 4, 27),
    "cents": 123_456,
    "at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
}


def sample_app(assets: Assets) -> FastAPI:
    """GET and POST /aanvraag, GET /gezinnen (a fragment), the language switch and the assets."""
    screens = Screens(assets, [SAMPLE_ROOM])
    app = FastAPI(openapi_url=None)
    install_problems(app)
    app.include_router(router)

    @app.get("/aanvraag")
    async def blank(request: Request) -> Response:
        return screens.page(request, "form.html", GIVEN | {"errors": {}})

    @app.post("/aanvraag")
    async def refused(request: Request) -> Response:
        async with request.form() as form:
            values = GIVEN | {"amount": form["amount"], "errors": {"amount": HOSTILE}}
            return screens.page(request, "form.html", values, status=400)

    @app.get("/gezinnen")
    async def panel(request: Request) -> Response:
        return screens.page(request, "panel.html", {"said": HOSTILE})

    app.router.routes.append(assets.route())
    return app
