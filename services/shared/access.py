"""Who is asking: a signed token, the roles it carries, and the refusal of everything that is not named."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.secrets import derive_key

ALGORITHM = "HS256"
ISSUER = "kansen"
AUDIENCE = "kansen-api"
TOKEN_LIFE = timedelta(hours=8)
LEEWAY_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person who acts, by opaque id, with the roles that they have."""

    person: UUID
    roles: frozenset[Role]


def _key(secret: str) -> OctKey:
    return OctKey.import_key(derive_key(secret, "api-token"))


def issue_token(secret: str, actor: Actor, *, now: datetime, life: timedelta = TOKEN_LIFE) -> str:
    """A bearer token for one person (JWT, HS256), valid for `life`."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(actor.person),
        "roles": sorted(actor.roles),
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
        return Actor(person=UUID(claims["sub"]), roles=frozenset(Role(role) for role in claims["roles"]))
    except (JoseError, ValueError, KeyError, TypeError):
        return None


_bearer = HTTPBearer(auto_error=False, description="A token of `./kansen token`")


async def current_actor(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """The one who asks. Answers 401 without a valid token."""
    state = request.app.state
    actor = read_token(state.secret, credentials.credentials, now=state.clock()) if credentials else None
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
