"""A session that is older than its cookie says, at a service in a process of its own: to the desk and straight back.

Both ways by 307, with which a browser sends a form on as it was: nobody types anything twice.
"""

from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.shared.access import Actor
from services.shared.places import BEGIN, RENEWAL, is_our_path
from services.shared.sessions import issue_session, leave_session, set_session

AGAIN = 307


def to_renewal(request: Request) -> Response:
    """To where the session is known."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{RENEWAL}?{urlencode({'naar': f'{request.url.path}{query}'})}", AGAIN)


def add_renewal(app: FastAPI) -> None:
    """The address of it, at the service that keeps sessions. It changes nothing, so no form of ours is asked for."""

    async def renewed(request: Request) -> Response:
        naar = request.query_params.get("naar", BEGIN)
        response = RedirectResponse(naar if is_our_path(naar) else BEGIN, AGAIN)
        actor: Actor | None = request.state.signed_in
        state = request.app.state
        if actor is None or actor.session is None:
            leave_session(response, sealed=state.sealed)
        else:
            # Also where we held the old one good: the other's clock may be ahead of ours.
            token = issue_session(state.secret, actor, actor.session, now=state.clock())
            set_session(response, token, sealed=state.sealed)
        return response

    path = RENEWAL.removeprefix(f"/{RENEWAL.split('/')[1]}")
    app.add_route(path, renewed, methods=["GET", "POST"], include_in_schema=False)
