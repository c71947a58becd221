"""Which language a reader wants: Dutch until told otherwise, kept in a cookie that says nothing else."""

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.shared.places import is_our_path
from services.shared.problems import Problem

LANGUAGES = {"nl": "Nederlands", "en": "English"}
DUTCH = "nl"
COOKIE = "taal"
COOKIE_SECONDS = 365 * 24 * 3600
FORM_TYPE = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 4096
FIELD = "taal"
AS_IT_WAS = 307
"""With which a browser sends a form on as it was."""

router = APIRouter(include_in_schema=False)


def language_of(request: Request) -> str:
    """`nl` or `en`."""
    asked = request.cookies.get(COOKIE, DUTCH)
    return asked if asked in LANGUAGES else DUTCH


@router.post("/taal")
async def choose_language(request: Request) -> Response:
    """A form with `taal` (nl, en) and `terug` (a path on this site): sets the cookie and goes back there.

    A form that somebody is filling in comes with both in the address (`naar`, not `terug`), and is sent on unread.
    """
    if "naar" in request.query_params:
        return _chosen(request, request.query_params.get(FIELD), request.query_params["naar"], status=AS_IT_WAS)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise Problem(415, "form-only")
    if not 0 < int(request.headers.get("content-length") or 0) <= FORM_BYTES_MAX:
        raise Problem(413, "body-too-large")
    async with request.form() as form:
        return _chosen(request, form.get(FIELD), form.get("terug", "/"), status=303)


def only_language(form: FormData) -> bool:
    """Whether a form was sent to be read in another language: it is shown as it was typed, and nothing is done."""
    return FIELD in form


def _chosen(request: Request, language: object, back: object, *, status: int) -> Response:
    if language not in LANGUAGES:
        raise Problem(400, "invalid-input", errors=[{"place": FIELD, "code": "unknown"}])
    response = RedirectResponse(back if isinstance(back, str) and is_our_path(back) else "/", status)
    response.set_cookie(
        COOKIE,
        str(language),
        max_age=COOKIE_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response
