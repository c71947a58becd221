"""Who is asking: a signed token, the roles it carries, and the refusal of everything that is not named."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.shared.permissions import PERMITTED, Permission
from services.shared.places import SAFE_METHODS, is_page
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.secrets import derive_key
from services.shared.types import Code

ALGORITHM = "HS256"
ISSUER = "kansen"
AUDIENCE = "kansen-api"
TOKEN_LIFE = timedelta(hours=8)
LEEWAY_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person who acts, by opaque id, with the roles that they have and where they work.

    Without programmes, areas or a team somebody reaches their own families and nothing more. `name` is for the screen.
    """

    person: UUID
    roles: frozenset[Role]
    name: str = ""
    programmes: frozenset[Code] = frozenset()
    areas: frozenset[Code] = frozenset()
    team: Code | None = None
    session: UUID | None = None


def claims_of(actor: Actor) -> dict[str, Any]:
    """What a token or a session's cookie says of an actor."""
    return {
        "sub": str(actor.person),
        "roles": sorted(actor.roles),
        "name": actor.name,
        "programmes": sorted(actor.programmes),
        "areas": sorted(actor.areas),
        "team": actor.team,
    }


def actor_in(claims: dict[str, Any]) -> Actor:
    """The other way round. Raises KeyError, ValueError or TypeError for what says no such thing."""
    return Actor(
        person=UUID(claims["sub"]),
        roles=frozenset(Role(role) for role in claims["roles"]),
        name=claims.get("name", ""),
        programmes=frozenset(claims.get("programmes", ())),
        areas=frozenset(claims.get("areas", ())),
        team=claims.get("team"),
    )


def _key(secret: str) -> OctKey:
    return OctKey.import_key(derive_key(secret, "api-token"))


def issue_token(secret: str, actor: Actor, *, now: datetime, life: timedelta = TOKEN_LIFE) -> str:
    """A bearer token for one person (JWT, HS256), valid for `life`."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        **claims_of(actor),
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key(secret))


def read_token(secret: str, token: str, *, now: datetime) -> Actor | None:
    """The actor that a token names; None for one that is forged, expired, or meant for another place."""
    try:
        claims = jwt.decode(token, _key(secret), algorithms=[ALGORITHM]).claims
        moment = int(now.timestamp())
        if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
            return None
        if not claims["iat"] - LEEWAY_SECONDS <= moment < claims["exp"] + LEEWAY_SECONDS:
            return None
        return actor_in(claims)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


_bearer = HTTPBearer(auto_error=False, description="A token of `./kansen token`")


async def known_actor(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor | None:
    """The one who asks, None for a visitor: by session on pages and for reading, by token under /v1."""
    state = request.app.state
    if credentials and not is_page(request):
        return read_token(state.secret, credentials.credentials, now=state.clock())
    if is_page(request) or request.method in SAFE_METHODS:
        # Another site can make a browser send the cookie along: under /v1 it changes nothing.
        signed_in: Actor | None = getattr(request.state, "signed_in", None)
        return signed_in
    return None


async def current_actor(actor: Annotated[Actor | None, Depends(known_actor)]) -> Actor:
    """The one who asks. Answers 401 to a visitor; on a page the way to sign in."""
    if actor is None:
        raise Problem(401, "not-signed-in", headers={"WWW-Authenticate": "Bearer"})
    return actor


def requires(*roles: Role) -> Callable[[Actor], Awaitable[Actor]]:
    """A dependency for a route: one of these roles, or 403. Every route names its own."""
    allowed = frozenset(roles)

    async def check(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
        if not actor.roles & allowed:
            raise Problem(403, "role-not-allowed")
        return actor

    check.allowed_roles = allowed  # type: ignore[attr-defined]  # for the matrix test
    return check


def allowed(permission: Permission) -> Callable[[Actor], Awaitable[Actor]]:
    """A dependency for a route: whoever has this permission at all, or 403. Which families is for `scopes` to say."""
    check = requires(*PERMITTED[permission])
    check.permission = permission  # type: ignore[attr-defined]  # for the matrix test
    return check
