"""What a browser shows of a session: a short-lived signed cookie that every service reads, and the desk renews."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.datastructures import State
from starlette.requests import HTTPConnection
from starlette.responses import Response

from services.shared.access import ALGORITHM, ISSUER, LEEWAY_SECONDS, Actor, actor_in, claims_of
from services.shared.problems import Problem
from services.shared.secrets import derive_key

AUDIENCE = "kansen-session"
TOKEN_LIFE = timedelta(seconds=60)
"""How long an ended session can still be used at most, at whatever service: until its cookie must be renewed."""

Renewal = Callable[[UUID, datetime], Awaitable[Actor | None]]
"""The person of a session as they are now; None for a session that has ended."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a session's cookie says."""

    actor: Actor
    session: UUID
    until: datetime


def cookie_name(name: str, *, sealed: bool) -> str:
    """`sealed`: bound to this host over TLS. A local stack speaks plain HTTP, where browsers keep no such cookie."""
    return f"__Host-{name}" if sealed else name


def _key(secret: str) -> OctKey:
    return OctKey.import_key(derive_key(secret, "session"))


def issue_session(secret: str, actor: Actor, session: UUID, *, now: datetime, life: timedelta = TOKEN_LIFE) -> str:
    """The value of a session's cookie (JWT, HS256)."""
    times = {"iat": int(now.timestamp()), "exp": int((now + life).timestamp())}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sid": str(session), **claims_of(actor), **times}
    return jwt.encode({"alg": ALGORITHM}, claims, _key(secret))


def read_session(secret: str, token: str, *, now: datetime) -> Shown | None:
    """What a cookie says, also when it must be renewed; None for what we never issued."""
    try:
        claims = jwt.decode(token, _key(secret), algorithms=[ALGORITHM]).claims
        if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
            return None
        if claims["iat"] - LEEWAY_SECONDS > now.timestamp():
            return None
        session = UUID(claims["sid"])
        until = datetime.fromtimestamp(claims["exp"], tz=now.tzinfo)
        return Shown(actor=replace(actor_in(claims), session=session), session=session, until=until)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def set_session(response: Response, token: str, *, sealed: bool) -> None:
    """For as long as the browser is open; how long that may be is the session's own matter."""
    keep_cookie(response, "kansen", token, sealed=sealed)


def leave_session(response: Response, *, sealed: bool) -> None:
    response.delete_cookie(cookie_name("kansen", sealed=sealed), path="/", secure=sealed, httponly=True, samesite="lax")


def keep_cookie(response: Response, name: str, value: str, *, sealed: bool, seconds: int | None = None) -> None:
    """A cookie that no script reads and no other site sends along with a form."""
    response.set_cookie(
        cookie_name(name, sealed=sealed),
        value,
        max_age=seconds,
        path="/",
        secure=sealed,
        httponly=True,
        samesite="lax",
    )


async def recognise(request: HTTPConnection) -> str | None:
    """Find out who asks, for `current_actor`; answers the new value of the cookie where it was renewed.

    `app.state` has secret, clock, sealed and renew (None where the desk is elsewhere: then who comes with an old cookie
    is `to_renew`, and nobody until the desk has done so).
    """
    state: State = request.app.state
    request.state.signed_in = None
    request.state.to_renew = False
    token = request.cookies.get(cookie_name("kansen", sealed=state.sealed))
    now = state.clock()
    shown = read_session(state.secret, token, now=now) if token else None
    if shown is None:
        return None
    if now < shown.until:
        request.state.signed_in = shown.actor
        return None
    if state.renew is None:
        request.state.to_renew = True
        return None
    renew: Renewal = state.renew
    try:
        actor = await renew(shown.session, now)
    except Exception as error:
        # Whoever cannot be checked does not come in, and is told that it is not their fault.
        raise Problem(503, "sign-in-not-available") from error
    if actor is None:
        return None
    request.state.signed_in = replace(actor, session=shown.session)
    return issue_session(state.secret, actor, shown.session, now=now)
