"""An ID token lets somebody in only when everything about it is right."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr

from services.desk.oidc import KEYS_AGAIN_AFTER, KNOWN_FOR, OpenIdProvider, SignInError
from services.shared.roles import Role
from services.shared.settings import Settings

ISSUER = "https://sign-in.example"
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
STATE = "a state"


class Pretender:
    """Answers as a provider would, with an ID token as a test wants it."""

    def __init__(self) -> None:
        self.keys = [KEY]
        self.token: Callable[[str], str] = lambda nonce: ""
        self.userinfo: dict[str, Any] = {"sub": "sanne", "roles": ["supporter"]}
        self.described: dict[str, Any] = {}
        self.nonce = ""
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        answers: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/me",
                "jwks_uri": f"{ISSUER}/keys",
            }
            | self.described,
            "/keys": KeySet([*self.keys]).as_dict(private=False),
            "/token": {"id_token": self.token(self.nonce), "access_token": "a token"},
            "/me": self.userinfo,
        }
        return httpx.Response(200, json=answers[request.url.path])


def claims(for_nonce: str, /, **changes: object) -> dict[str, object]:
    moment = int(NOW.timestamp())
    right = {"iss": ISSUER, "aud": "kansen", "sub": "sanne", "nonce": for_nonce, "iat": moment, "exp": moment + 60}
    return {name: value for name, value in (right | changes).items() if value is not None}


def signed(for_nonce: str, /, **changes: object) -> str:
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims(for_nonce, **changes), KEY)


@pytest.fixture
def pretender() -> Pretender:
    return Pretender()


@pytest.fixture
def provider(pretender: Pretender, placeholder_settings: Settings) -> OpenIdProvider:
    told = {"oidc_issuer": ISSUER, "oidc_client_id": "kansen", "oidc_client_secret": SecretStr("a secret")}
    return OpenIdProvider(placeholder_settings.model_copy(update=told), httpx.MockTransport(pretender.answer))


async def come_back(provider: OpenIdProvider, pretender: Pretender, *, now: datetime = NOW) -> frozenset[Role]:
    way_in = await provider.way_in(STATE, now=now)
    pretender.nonce = parse_qs(urlsplit(way_in).query)["nonce"][0]
    return (await provider.person({"code": "a code"}, STATE, now=now)).roles


async def test_the_right_token_lets_in(provider: OpenIdProvider, pretender: Pretender) -> None:
    pretender.token = signed
    assert await come_back(provider, pretender) == {Role.SUPPORTER}


def by_hand(nonce: str, algorithm: str, secret: bytes | None) -> str:
    """What no library would sign."""
    parts = [json.dumps(each).encode() for each in ({"alg": algorithm, "kid": "ours"}, claims(nonce))]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(secret, text, "sha256").digest() if secret is not None else b""
    return (text + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def unsigned(nonce: str) -> str:
    return by_hand(nonce, "none", None)


def signed_with_what_all_know(nonce: str) -> str:
    return by_hand(nonce, "HS256", KEY.as_pem(private=False))


def signed_with_the_client_secret(nonce: str) -> str:
    return by_hand(nonce, "HS256", b"a secret")


def signed_by_somebody_else(nonce: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims(nonce), OTHER_KEY)


MOMENT = int(NOW.timestamp())
WRONG: dict[str, Callable[[str], str]] = {
    "of another provider": lambda nonce: signed(nonce, iss="https://elsewhere.example"),
    "for another client": lambda nonce: signed(nonce, aud="another"),
    "for many, by another": lambda nonce: signed(nonce, aud=["kansen", "another"], azp="another"),
    "of another sign-in": lambda nonce: signed("another"),
    "without a nonce": lambda nonce: signed(nonce, nonce=None),
    "over": lambda nonce: signed(nonce, exp=MOMENT - 60),
    "without an end": lambda nonce: signed(nonce, exp=None),
    "from the future": lambda nonce: signed(nonce, iat=MOMENT + 600),
    "of nobody": lambda nonce: signed(nonce, sub=None),
    "not signed": unsigned,
    "signed with the public key as a secret": signed_with_what_all_know,
    "signed with the client's secret": signed_with_the_client_secret,
    "signed by somebody else": signed_by_somebody_else,
    "no token": lambda nonce: "no token",
    "empty": lambda nonce: "",
}


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG)
async def test_any_other_token_does_not(
    provider: OpenIdProvider, pretender: Pretender, token: Callable[[str], str]
) -> None:
    pretender.token = token
    with pytest.raises(SignInError, match="token-not-valid"):
        await come_back(provider, pretender)


async def test_what_is_told_of_somebody_else_is_not_taken(provider: OpenIdProvider, pretender: Pretender) -> None:
    pretender.token = signed
    pretender.userinfo = {"sub": "otto", "roles": ["administrator"]}
    with pytest.raises(SignInError, match="token-not-valid"):
        await come_back(provider, pretender)


async def test_a_provider_that_changes_its_keys_is_asked_again_but_not_for_every_token(
    provider: OpenIdProvider, pretender: Pretender
) -> None:
    pretender.token = signed_by_somebody_else
    with pytest.raises(SignInError):
        await come_back(provider, pretender)
    pretender.keys = [OTHER_KEY]
    with pytest.raises(SignInError):
        await come_back(provider, pretender)
    assert pretender.asked.count("/keys") == 1

    assert await come_back(provider, pretender, now=NOW + KEYS_AGAIN_AFTER) == {Role.SUPPORTER}
    pretender.token = lambda nonce: jwt.encode(
        {"alg": "RS256", "kid": "ours"}, claims(nonce, exp=MOMENT + 2 * 3600), OTHER_KEY
    )
    await come_back(provider, pretender, now=NOW + KEYS_AGAIN_AFTER + KNOWN_FOR)
    assert pretender.asked.count("/keys") == 3


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://sign-in.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_not_used(
    provider: OpenIdProvider, pretender: Pretender, described: dict[str, Any]
) -> None:
    pretender.described = described
    with pytest.raises(SignInError, match="provider-not-reachable"):
        await provider.way_in(STATE, now=NOW)
