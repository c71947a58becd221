"""The door: who signs in, where their day begins, and signing out."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote, unquote
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.desk.handlers.sessions import AtProvider, end_session, end_with_provider, open_session
from services.desk.mail_store import keep_address
from services.desk.oidc import (
    LOGOUT_PATH,
    RETURN_PATH,
    OpenIdProvider,
    SignInError,
    actor_of,
    address_in,
    at_provider,
)
from services.desk.practice import PRACTICE_PEOPLE, practice_person
from services.shared.access import Actor
from services.shared.logs import logger
from services.shared.places import BEGIN, is_loopback, is_our_path
from services.shared.problems import Problem
from services.shared.screens.csrf import from_elsewhere
from services.shared.screens.menu import menu_for
from services.shared.screens.web import ActorOf, FormOf, Page, PageOf, see_other, sign_in_path
from services.shared.sessions import cookie_name, issue_session, keep_cookie, leave_session, set_session
from services.shared.settings import Settings
from services.shared.throttle import Throttle
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

STATE_COOKIE = "kansen-oidc"
STATE_BYTES = 24
STATE_SECONDS = 600
"""How long somebody may take to sign in with the provider."""
ADDRESS_LENGTH_MAX = 2000
TRIES = 20
TRIES_WITHIN = timedelta(minutes=5)
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "via")
FAILURES: Mapping[Code, int] = {
    "sign-in-interrupted": 400,
    "sign-in-refused": 403,
    "token-not-valid": 403,
    "no-role": 403,
    "not-here-any-more": 403,
    "practice-not-here": 403,
    "provider-not-reachable": 503,
}

router = APIRouter()
_log = logger(__name__)

WayBack = Annotated[str, Query(alias="naar", max_length=ADDRESS_LENGTH_MAX)]


def sign_in_provider(request: Request) -> OpenIdProvider | None:
    """The provider of the settings, one for each application; None where there is none."""
    state = request.app.state
    if not hasattr(state, "provider"):
        state.provider = OpenIdProvider(state.settings) if state.settings.oidc_issuer else None
    provider: OpenIdProvider | None = state.provider
    return provider


def sign_in_tries(request: Request) -> Throttle:
    """Counts how often somebody knocks."""
    state = request.app.state
    if not hasattr(state, "tries"):
        state.tries = Throttle(times=TRIES, period=TRIES_WITHIN)
    tries: Throttle = state.tries
    return tries


ProviderOf = Annotated[OpenIdProvider | None, Depends(sign_in_provider)]
TriesOf = Annotated[Throttle, Depends(sign_in_tries)]


@router.get("/begin")
async def begin(actor: ActorOf, page: PageOf) -> Response:
    """On to the first thing that somebody's menu has."""
    if actor is None:
        return see_other(sign_in_path(BEGIN))
    entries = menu_for(actor)
    return see_other(entries[0].path) if entries else page("nothing_here.html")


@router.get("/aanmelden")
async def door(request: Request, actor: ActorOf, page: PageOf, provider: ProviderOf, naar: WayBack = BEGIN) -> Response:
    """Whoever is signed in already goes on."""
    if actor is not None:
        return see_other(_back(naar))
    if provider is None and not practises_here(request):
        return _failed(page, "practice-not-here", naar)
    people = PRACTICE_PEOPLE if provider is None else ()
    return page("sign_in.html", {"people": people, "naar": _back(naar)})


@router.get("/aanmelden/naar-aanbieder")
async def to_provider(
    request: Request, page: PageOf, provider: ProviderOf, tries: TriesOf, now: Now, naar: WayBack = BEGIN
) -> Response:
    """A link and not a form: the policy of our pages lets no form leave this site."""
    if provider is None:
        raise Problem(404, "not-found")
    tries.take(_sender(request), now)
    state = secrets.token_urlsafe(STATE_BYTES)
    try:
        response = see_other(await provider.way_in(state, now=now))
    except SignInError as error:
        return _failed(page, error.code, naar)
    kept = f"{state}.{quote(_back(naar), safe='')}"
    keep_cookie(response, STATE_COOKIE, kept, sealed=request.app.state.sealed, seconds=STATE_SECONDS)
    return response


@router.get(RETURN_PATH.removeprefix("/desk"))
async def from_provider(
    request: Request, page: PageOf, provider: ProviderOf, tries: TriesOf, database: DatabaseOf, now: Now
) -> Response:
    """Whoever comes back from the provider, in the browser that went there."""
    if provider is None:
        raise Problem(404, "not-found")
    tries.take(_sender(request), now)
    kept = request.cookies.get(cookie_name(STATE_COOKIE, sealed=request.app.state.sealed), "")
    state, _, quoted = kept.partition(".")
    naar = unquote(quoted)
    answered = request.query_params.get("state", "")
    if not state or not secrets.compare_digest(state.encode(), answered.encode()):
        return _failed(page, "sign-in-interrupted", naar)
    try:
        claims = await provider.claims(dict(request.query_params), state, now=now)
    except SignInError as error:
        return _failed(page, error.code, naar)
    actor = actor_of(claims, request.app.state.settings)
    return await _let_in(
        request, page, database, actor, naar, now, address=address_in(claims), known_as=at_provider(claims)
    )


@router.post(LOGOUT_PATH.removeprefix("/desk"))
@from_elsewhere
async def ended_at_provider(form: FormOf, provider: ProviderOf, database: DatabaseOf, now: Now) -> Response:
    """The provider says that somebody's session there is over: it is over here, within a minute everywhere."""
    if provider is None:
        raise Problem(404, "not-found")
    try:
        claims = await provider.ended(form.get("logout_token"), now=now)
    except SignInError as error:
        raise Problem(503 if error.code == "provider-not-reachable" else 400, "invalid-input") from error
    told_at = datetime.fromtimestamp(claims["iat"], tz=now.tzinfo)
    async with database.transaction() as tx:
        ended = await end_with_provider(tx, at_provider(claims), told_at=told_at, now=now)
    _log.info("signed out by the provider", sessions=ended)
    return Response(headers={"Cache-Control": "no-store"})


@router.post("/aanmelden")
async def practise(
    request: Request, form: FormOf, page: PageOf, provider: ProviderOf, tries: TriesOf, database: DatabaseOf, now: Now
) -> Response:
    """Go on as one of the made-up people; on this machine only, and never beside a real provider."""
    naar = str(form.get("naar", BEGIN))
    if provider is not None or not practises_here(request):
        return _failed(page, "practice-not-here", naar)
    tries.take(_sender(request), now)
    somebody = practice_person(str(form.get("persoon", "")))
    if somebody is None:
        raise Problem(400, "invalid-input")
    return await _let_in(request, page, database, somebody.actor(), naar, now)


@router.post("/afmelden")
async def sign_out(request: Request, actor: ActorOf, database: DatabaseOf, now: Now) -> Response:
    """Again is fine."""
    if actor is not None and actor.session is not None:
        async with database.transaction() as tx:
            await end_session(tx, actor.session, by=actor.person, now=now)
    response = see_other("/desk/afgemeld")
    leave_session(response, sealed=request.app.state.sealed)
    return response


@router.get("/afgemeld")
async def signed_out(page: PageOf, provider: ProviderOf, now: Now) -> Response:
    """With the way to sign out at the provider too, where it offers that."""
    way_out = await provider.way_out(now=now) if provider is not None else None
    return page("signed_out.html", {"way_out": way_out})


def practises_here(request: Request) -> bool:
    """Whether made-up people may be offered: a local stack that only this machine reaches, asked from this machine."""
    settings: Settings = request.app.state.settings
    asked_from = request.client.host if request.client else None
    return (
        settings.environment == "local"
        and is_loopback(settings.front_host)
        and is_loopback(asked_from)
        and is_loopback(request.url.hostname)
        and not any(name in request.headers for name in FORWARDED)
    )


async def _let_in(
    request: Request,
    page: Page,
    database: DatabaseOf,
    actor: Actor,
    naar: str,
    now: Now,
    *,
    address: str | None = None,
    known_as: AtProvider | None = None,
) -> Response:
    """A new session under a new id, and on to where they wanted to be."""
    if not actor.roles:
        return _failed(page, "no-role", naar)
    before: Actor | None = request.state.signed_in
    session = uuid4()
    async with database.transaction() as tx:
        opened = await open_session(
            tx, actor, session, instead_of=before.session if before else None, at_provider=known_as, now=now
        )
        if opened and address is not None:
            await keep_address(tx, actor.person, address, now=now)
    if not opened:
        return _failed(page, "not-here-any-more", naar)
    response = see_other(_back(naar))
    state = request.app.state
    set_session(response, issue_session(state.secret, actor, session, now=now), sealed=state.sealed)
    response.delete_cookie(cookie_name(STATE_COOKIE, sealed=state.sealed), secure=state.sealed, httponly=True)
    _log.info("signed in", roles=sorted(actor.roles))
    return response


def _failed(page: Page, code: Code, naar: str) -> Response:
    return page("sign_in_failed.html", {"code": code, "naar": _back(naar)}, status=FAILURES[code])


def _back(naar: str) -> str:
    """Where somebody wanted to be, as long as it is a page here and not the door itself."""
    return naar if is_our_path(naar) and not naar.startswith(("/desk/aanmelden", "/desk/afge")) else BEGIN


def _sender(request: Request) -> str:
    return request.client.host if request.client else ""
