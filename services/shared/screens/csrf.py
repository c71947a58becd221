"""Knows a form that we handed out ourselves, so that no other site makes a browser send one."""

import hashlib
import hmac
import secrets
from datetime import date, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request

from services.shared.calendar import local_date
from services.shared.problems import Problem
from services.shared.secrets import derive_key
from services.shared.sessions import cookie_name

FIELD = "csrf"
HEADER = "X-CSRF-Token"
VISITOR = "kansen-visitor"
VISITOR_BYTES = 16
PERSON = "person"
DAYS_VALID = 7
"""A form that was opened before the weekend may still be sent: also by who signed in again since."""
OUR_OWN = frozenset({"same-origin", "none"})


def form_token(secret: str, holder: str, day: date) -> str:
    """What stands in every form of one holder (`person/<id>` or `visitor/<cookie>`) on one day."""
    mark = hmac.new(derive_key(secret, "form"), f"{day.isoformat()}/{holder}".encode(), hashlib.sha256).hexdigest()
    return f"{holder.partition('/')[0]}.{mark}"


def says_of_a_person(token: object) -> bool:
    """Whether a form says that somebody who was signed in opened it; whether that is true is for `refuse_forged`."""
    return isinstance(token, str) and token.startswith(f"{PERSON}.")


def token_for(request: Request) -> tuple[str, str | None]:
    """The token for the forms of this page, and, for a visitor who has none yet, the cookie to set."""
    state = request.app.state
    today = local_date(state.clock())
    actor = getattr(request.state, "signed_in", None)
    if actor is not None:
        return form_token(state.secret, f"{PERSON}/{actor.person}", today), None
    visitor = request.cookies.get(cookie_name(VISITOR, sealed=state.sealed))
    if visitor:
        return form_token(state.secret, f"visitor/{visitor}", today), None
    visitor = secrets.token_urlsafe(VISITOR_BYTES)
    return form_token(state.secret, f"visitor/{visitor}", today), visitor


def from_elsewhere[Endpoint](endpoint: Endpoint) -> Endpoint:
    """For a route to which a program elsewhere sends a form, and which knows by itself whether to believe it."""
    endpoint.asks_no_mark = True  # type: ignore[attr-defined]  # read below
    return endpoint


def refuse_foreign(request: Request) -> None:
    """Raises 403 where the browser itself says that another site sends this."""
    if request.headers.get("sec-fetch-site", "same-origin") not in OUR_OWN:
        raise Problem(403, "form-from-elsewhere")
    origin = request.headers.get("origin")
    # A page that tells nobody where it came from (our Referrer-Policy) sends `null`, also to ourselves.
    if origin not in (None, "null") and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "form-from-elsewhere")


def refuse_forged(request: Request, sent: object) -> None:
    """Raises 403 unless the form, or the header of a script of ours, holds the token of who sends it.

    401 for who was signed in when the form was opened, and is no more.
    """
    if getattr(request.scope.get("endpoint"), "asks_no_mark", False):
        return
    state = request.app.state
    given = sent if isinstance(sent, str) else request.headers.get(HEADER, "")
    actor = getattr(request.state, "signed_in", None)
    visitor = request.cookies.get(cookie_name(VISITOR, sealed=state.sealed))
    holders = [f"{PERSON}/{actor.person}"] if actor is not None else []
    holders += [f"visitor/{visitor}"] if visitor else []
    today = local_date(state.clock())
    for holder in holders:
        for days in range(DAYS_VALID):
            if hmac.compare_digest(given.encode(), form_token(state.secret, holder, today - timedelta(days)).encode()):
                return
    if actor is None and says_of_a_person(given):
        raise Problem(401, "not-signed-in", headers={"WWW-Authenticate": "Bearer"})
    raise Problem(403, "form-not-ours")
