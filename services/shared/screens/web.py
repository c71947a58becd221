"""What a page route is written with: its page, its form, who asks; and the small pages that tell of a refusal."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import Depends, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.shared.access import Actor, known_actor
from services.shared.permissions import PERMITTED, Permission
from services.shared.places import SAFE_METHODS, SIGN_IN, is_our_path, is_page
from services.shared.problems import Problem, told_in_json
from services.shared.roles import Role
from services.shared.screens.csrf import (
    FIELD,
    VISITOR,
    refuse_foreign,
    refuse_forged,
    says_of_a_person,
    token_for,
)
from services.shared.screens.language import language_of
from services.shared.screens.menu import menu_for
from services.shared.screens.pages import Screens
from services.shared.sealed_forms import owner_of, public_key
from services.shared.sessions import keep_cookie
from services.shared.trace import current_trace_id

KEEPS_FORMS = frozenset({Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR})
"""They meet families where there is no connection."""
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
SAVED = "bewaard"
"""What the address of a dossier says when something was just kept."""
SENT_AGAIN = frozenset({"not-signed-in", "form-not-ours"})
UPLOAD_BYTES_MAX = 12 * 1024 * 1024
FIELDS_MAX = 1000
FILES_MAX = 5
FIELD_BYTES_MAX = 64 * 1024


class Page:
    """Renders a template of the service's own room (or a shared one) with its values, in the reader's `language`."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.language = language_of(request)

    def __call__(self, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
        return framed(self._request, template, values, status=status)


def framed(request: Request, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
    """A page with who is signed in, what they may open, and what its forms must carry."""
    screens: Screens = request.app.state.screens
    actor: Actor | None = getattr(request.state, "signed_in", None)
    token, visitor = token_for(request)
    asked = False

    def csrf_token() -> str:
        nonlocal asked
        asked = True
        return token

    def csrf_field() -> Markup:
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())

    frame = {
        "actor": actor,
        "menu": menu_for(actor),
        "permits": lambda code: actor is not None and not actor.roles.isdisjoint(PERMITTED[Permission(code)]),
        "kept": kept_for(request, getattr(request.state, "keeps_for", actor)),
        "csrf_token": csrf_token,
        "csrf_field": csrf_field,
    }
    response = screens.page(request, template, values, status=status, frame=frame)
    if asked and visitor is not None:
        keep_cookie(response, VISITOR, visitor, sealed=request.app.state.sealed)
    return response


def kept_for(request: Request, actor: Actor | None) -> Mapping[str, str] | None:
    """How a page keeps forms that cannot be sent now, for those who fill them in where there is no connection."""
    if actor is None or not actor.roles & KEEPS_FORMS:
        return None
    secret: str = request.app.state.secret
    return {"key": public_key(secret), "owner": owner_of(secret, actor.person)}


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form that came from a page of ours; empty for what sends none. Stands before every page route."""
    if request.method in SAFE_METHODS:
        yield FormData()
        return
    refuse_foreign(request)
    form = await request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX, max_part_size=FIELD_BYTES_MAX)
    try:
        if any("\x00" in name or (isinstance(value, str) and "\x00" in value) for name, value in form.multi_items()):
            # No keyboard makes it, and no database keeps it.
            raise Problem(400, "invalid-input")
        request.state.sent = form
        refuse_forged(request, form.get(FIELD))
        yield form
    finally:
        await form.close()


def see_other(path: str) -> Response:
    """After a form: on to a page, so that reloading it sends nothing again."""
    return RedirectResponse(path, 303)


def saved_in_dossier(trajectory_id: UUID) -> Response:
    """After a form about one family: back to its dossier, which says that it was kept."""
    return see_other(f"/desk/gezinnen/{trajectory_id}?{SAVED}=ja")


def sign_in_path(here: str) -> str:
    """The sign-in page that leads back to a path of ours."""
    return f"{SIGN_IN}?{urlencode({'naar': here})}"


def present(request: Request, problem: Problem) -> Response:
    """Tells people of a refusal on a page, a part of a page in its place, and programs in JSON."""
    if not is_page(request) or getattr(request.app.state, "screens", None) is None:
        return told_in_json(request, problem)
    part = request.headers.get("hx-request") == "true"
    if problem.status == 401 and part:
        seen = urlsplit(request.headers.get("hx-current-url", "")).path
        return Response(status_code=401, headers={"HX-Redirect": sign_in_path(seen if is_our_path(seen) else "/")})
    if problem.status == 401 and request.method in SAFE_METHODS:
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(sign_in_path(f"{request.url.path}{query}"))
    values = {"status": problem.status, "code": problem.code, "trace": current_trace_id()}
    again = None if part else _to_send_again(request, problem)
    if again is not None:
        return framed(request, "form_again.html", values | again, status=problem.status)
    response = framed(request, "problem_part.html" if part else "problem.html", values, status=problem.status)
    for name, value in (problem.headers or {}).items():
        if name.lower() != "www-authenticate":
            response.headers[name] = value
    return response


def _to_send_again(request: Request, problem: Problem) -> dict[str, Any] | None:
    """What somebody typed in a form that was refused only for who sent it: it goes back into their page, nowhere else.

    Under the mark that it came with, so that nobody else can send it; a visitor, who may do nothing that others may
    not, gets a new one.
    """
    form: FormData | None = getattr(request.state, "sent", None)
    if form is None or problem.code not in SENT_AGAIN:
        return None
    mark = form.get(FIELD)
    by_visitor = not says_of_a_person(mark) and problem.status != 401
    if by_visitor and request.state.signed_in is not None:
        return None
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    query = f"?{request.url.query}" if request.url.query else ""
    return {
        "path": f"{request.url.path}{query}",
        "typed": [(name, value) for name, value in typed if not (by_visitor and name == FIELD)],
        "by_visitor": by_visitor,
        "with_file": len(typed) < len(form.multi_items()),
    }


PageOf = Annotated[Page, Depends(Page)]
FormOf = Annotated[FormData, Depends(checked_form)]
ActorOf = Annotated[Actor | None, Depends(known_actor)]
