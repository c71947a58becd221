"""Signing in with an OpenID provider: Authorization Code with PKCE (RFC 7636), an ID token that is checked in full."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.desk.handlers.sessions import AtProvider
from services.desk.mail_store import is_address
from services.shared.access import Actor
from services.shared.logs import logger
from services.shared.places import is_loopback
from services.shared.roles import Role
from services.shared.secrets import derive
from services.shared.settings import Settings
from services.shared.types import CODE_PATTERN, Code, stable_id

RETURN_PATH = "/desk/aanmelden/terug"
LOGOUT_PATH = "/desk/aanmelden/beeindigd"
"""Where the provider itself, not a browser, tells that somebody's session there has ended."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
SIGNED_OUT_PATH = "/desk/afgemeld"
ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY_SECONDS = 30
KNOWN_FOR = timedelta(hours=1)
"""How long what a provider says of itself, its keys too, is believed without asking again."""
KEYS_AGAIN_AFTER = timedelta(minutes=1)
"""How soon, at most, a token of an unknown key makes us ask for the keys again."""
PROVIDER_TIMEOUT_SECONDS = 10
ANSWER_BYTES_MAX = 256 * 1024
NAME_LENGTH_MAX = 120
CODES_MAX = 60
"""Programmes or areas of one person: they travel in a cookie, of which browsers keep 4 kB."""

_log = logger(__name__)


class SignInError(Exception):
    """Nobody was signed in; `code` says why: sign-in-refused, provider-not-reachable, token-not-valid."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class _Provider:
    authorize: str
    token: str
    userinfo: str | None
    end_session: str | None
    keys: KeySet
    asked_at: datetime
    names_itself: bool
    takes_post_only: bool


class OpenIdProvider:
    """The provider that the settings name, as it describes itself."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            raise ValueError("no oidc_issuer in the settings")
        self.issuer: str = settings.oidc_issuer
        self._client_id: str = settings.oidc_client_id
        self._settings = settings
        self._secret = settings.secret.get_secret_value()
        self._transport = transport
        self._known: _Provider | None = None

    async def way_in(self, state: str, *, now: datetime) -> str:
        """Where the browser goes to sign in. `state` stays with the browser; what is secret follows from it."""
        provider = await self._provider(now)
        verifier = derive(self._secret, f"oidc-verifier/{state}")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._settings.link(RETURN_PATH),
            "scope": self._settings.oidc_scopes,
            "state": state,
            "nonce": self._nonce(state),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with(provider.authorize, query)

    async def way_out(self, *, now: datetime) -> str | None:
        """Where somebody ends their session with the provider too; None where it offers none."""
        try:
            provider = await self._provider(now)
        except SignInError:
            return None
        if provider.end_session is None:
            return None
        back = self._settings.link(SIGNED_OUT_PATH)
        return _with(provider.end_session, {"client_id": self._client_id, "post_logout_redirect_uri": back})

    async def person(self, answer: Mapping[str, str], state: str, *, now: datetime) -> Actor:
        """Who came back. `answer`: what the provider put in the address. Raises SignInError."""
        return actor_of(await self.claims(answer, state, now=now), self._settings)

    async def claims(self, answer: Mapping[str, str], state: str, *, now: datetime) -> Mapping[str, Any]:
        """What the provider says of who came back, checked. Raises SignInError."""
        provider = await self._provider(now)
        if (provider.names_itself or "iss" in answer) and answer.get("iss") != self.issuer:
            # Another provider's answer, meant to be taken for ours (RFC 9207).
            raise SignInError("token-not-valid")
        if "error" in answer or "code" not in answer:
            _log.warning("sign-in refused by the provider", refusal=_code(answer.get("error", "no-code")))
            raise SignInError("sign-in-refused")
        tokens = await self._exchange(provider, answer["code"], state)
        claims = await self._checked(tokens.get("id_token"), state, now)
        if provider.userinfo and isinstance(tokens.get("access_token"), str):
            claims = await self._told_more(provider.userinfo, tokens["access_token"], claims)
        return claims

    async def ended(self, token: object, *, now: datetime) -> Mapping[str, Any]:
        """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6), checked. Raises SignInError."""
        return await self._read(token, self._logout_claims, now)

    async def _provider(self, now: datetime, *, not_before: datetime | None = None) -> _Provider:
        known = self._known
        if (
            known is not None
            and known.asked_at > now - KNOWN_FOR
            and (not_before is None or known.asked_at > not_before)
        ):
            return known
        found = await self._json("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            _log.error("the provider names another issuer than oidc_issuer")
            raise SignInError("provider-not-reachable")
        keys = await self._json("GET", self._address(found, "jwks_uri"))
        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        try:
            self._known = _Provider(
                authorize=self._address(found, "authorization_endpoint"),
                token=self._address(found, "token_endpoint"),
                userinfo=self._address(found, "userinfo_endpoint") if "userinfo_endpoint" in found else None,
                end_session=self._address(found, "end_session_endpoint") if "end_session_endpoint" in found else None,
                keys=KeySet.import_key_set({"keys": [key for key in keys["keys"] if key.get("use", "sig") == "sig"]}),
                asked_at=now,
                names_itself=found.get("authorization_response_iss_parameter_supported") is True,
                takes_post_only="client_secret_basic" not in ways,
            )
        except (JoseError, KeyError, TypeError, AttributeError, ValueError) as error:
            _log.error("the provider's keys cannot be read", exc_info=error)
            raise SignInError("provider-not-reachable") from error
        return self._known

    def _address(self, found: Mapping[str, Any], name: str) -> str:
        """An address of the provider; sealed, unless the provider is on this machine as a whole."""
        address = found.get(name)
        parts = urlsplit(address if isinstance(address, str) else "")
        plain_here = self.issuer.startswith("http:") and is_loopback(parts.hostname)
        if parts.scheme != "https" and not (parts.scheme == "http" and plain_here):
            _log.error("the provider has no such address over https", name=name)
            raise SignInError("provider-not-reachable")
        return str(address)

    async def _exchange(self, provider: _Provider, code: str, state: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.link(RETURN_PATH),
            "code_verifier": derive(self._secret, f"oidc-verifier/{state}"),
        }
        auth = None
        secret = self._settings.oidc_client_secret
        if secret is None or provider.takes_post_only:
            form["client_id"] = self._client_id
            if secret is not None:
                form["client_secret"] = secret.get_secret_value()
        else:
            quoted = urlencode({"": self._client_id})[1:], urlencode({"": secret.get_secret_value()})[1:]
            auth = httpx.BasicAuth(*quoted)
        return await self._json("POST", provider.token, data=form, auth=auth, refusal="sign-in-refused")

    async def _checked(self, token: object, state: str, now: datetime) -> dict[str, Any]:
        """The claims of an ID token that is this provider's, for us, for this sign-in, and not over."""
        claims = await self._read(token, lambda text, keys, at: self._claims(text, keys, state, at), now)
        if claims.get("azp", self._client_id) != self._client_id:
            raise SignInError("token-not-valid")
        return claims

    async def _read(
        self, token: object, claims_of: Callable[[str, KeySet, datetime], dict[str, Any]], now: datetime
    ) -> dict[str, Any]:
        """The claims of a token by the provider's keys, which are asked for once more where they do not fit."""
        if not isinstance(token, str):
            raise SignInError("token-not-valid")
        provider = await self._provider(now)
        try:
            return claims_of(token, provider.keys, now)
        except (JoseError, ValueError, TypeError):
            # Keys change: ask once more, then it is not valid.
            fresh = await self._provider(now, not_before=now - KEYS_AGAIN_AFTER)
            try:
                return claims_of(token, fresh.keys, now)
            except (JoseError, ValueError, TypeError) as error:
                _log.warning("a token was refused", exc_info=error)
                raise SignInError("token-not-valid") from error

    def _logout_claims(self, token: str, keys: KeySet, now: datetime) -> dict[str, Any]:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        event = claims["events"].get(LOGOUT_EVENT) if isinstance(claims.get("events"), dict) else None
        # An ID token has a nonce, and can never be taken for one of these.
        if not isinstance(event, dict) or "nonce" in claims or not (claims.get("sub") or claims.get("sid")):
            raise ValueError("no logout token")
        return dict(claims)

    def _claims(self, token: str, keys: KeySet, state: str, now: datetime) -> dict[str, Any]:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": self._nonce(state)},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
        return dict(claims)

    async def _told_more(self, address: str, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        """What the provider says of this person besides, where the ID token leaves it out; the ID token wins."""
        more = await self._json("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise SignInError("token-not-valid")
        return more | claims

    def _nonce(self, state: str) -> str:
        return derive(self._secret, f"oidc-nonce/{state}")

    async def _json(
        self, method: str, url: str, *, refusal: Code = "provider-not-reachable", **how: Any
    ) -> dict[str, Any]:
        """An answer of the provider; what it says in a refusal is not logged, for it may repeat what we sent."""
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=PROVIDER_TIMEOUT_SECONDS) as http:
                answer = await http.request(method, url, follow_redirects=False, **how)
                found = answer.json() if answer.is_success and len(answer.content) <= ANSWER_BYTES_MAX else None
        except (httpx.HTTPError, ValueError) as error:
            _log.error("the provider does not answer as it should", exc_info=error)
            raise SignInError("provider-not-reachable") from error
        if not isinstance(found, dict):
            _log.error("the provider refused", status=answer.status_code)
            raise SignInError(refusal if answer.is_client_error else "provider-not-reachable")
        return found


def actor_of(claims: Mapping[str, Any], settings: Settings) -> Actor:
    """Who the claims name, with the roles that we know; what we do not know is left out."""
    subject = str(_at(claims, settings.oidc_person_claim) or claims["sub"])
    name = _at(claims, settings.oidc_name_claim)
    team = _codes(_at(claims, settings.oidc_team_claim))
    return Actor(
        person=_person(str(claims["iss"]), subject),
        roles=_roles(_at(claims, settings.oidc_role_claim), settings.oidc_role_names),
        name=str(name)[:NAME_LENGTH_MAX] if isinstance(name, str) else "",
        programmes=frozenset(_codes(_at(claims, settings.oidc_programme_claim))),
        areas=frozenset(_codes(_at(claims, settings.oidc_area_claim))),
        team=team[0] if team else None,
    )


def at_provider(claims: Mapping[str, Any]) -> AtProvider:
    """What the provider calls them, and its session of them; the same in an ID token and in a logout token."""
    subject, its_session = (claims.get(name) for name in ("sub", "sid"))
    issuer = str(claims["iss"])
    return AtProvider(
        subject=stable_id("oidc-subject", issuer, subject) if isinstance(subject, str) and subject else None,
        session=stable_id("oidc-session", issuer, its_session)
        if isinstance(its_session, str) and its_session
        else None,
    )


def address_in(claims: Mapping[str, Any]) -> str | None:
    """Where somebody can be mailed, unless the provider says that the address was never checked."""
    address = claims.get("email")
    if not isinstance(address, str) or claims.get("email_verified") is False:
        return None
    return address if is_address(address) else None


def _person(issuer: str, subject: str) -> UUID:
    """The provider's own id where it is a UUID; otherwise one that follows from it, always the same."""
    try:
        return UUID(subject)
    except ValueError:
        return stable_id("oidc", issuer, subject)


def _roles(told: object, names: Mapping[str, Role]) -> frozenset[Role]:
    known = {str(role): role for role in Role} | dict(names)
    return frozenset(known[name] for name in _texts(told) if name in known)


def _codes(told: object) -> list[Code]:
    return [text for text in _texts(told) if re.match(CODE_PATTERN, text)][:CODES_MAX]


def _texts(told: object) -> list[str]:
    if isinstance(told, str):
        return told.split()
    return [each for each in told if isinstance(each, str)] if isinstance(told, list) else []


def _at(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its name, or, where there is none of that name, by the steps that its dots are."""
    if path in claims:
        return claims[path]
    found: object = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _code(text: str) -> Code:
    """A provider's error code, where it looks like one (RFC 6749 has lower case and underscores)."""
    plain = text.replace("_", "-")
    return plain if re.match(CODE_PATTERN, plain) else "unreadable"


def _with(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
