"""Screens for whoever is not signed in: a family signs up itself, a partner refers a family."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from programmes.load import all_programmes
from programmes.schema import ChannelKind, Programme
from programmes.words import in_language
from services.intake import handlers
from services.intake.commands import ReceiveSignal
from services.intake.domain import ELSEWHERE, open_on, referral_channels
from services.intake.domain.told import OTHER_LANGUAGE
from services.intake.pages.meeting import Errors
from services.intake.pages.public_forms import (
    TRAP,
    YES,
    Told,
    areas,
    languages,
    referral,
    sign_up,
    stamp,
    stamp_fault,
    told_in,
)
from services.shared.calendar import local_date
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

SIGN_UP, REFERRAL = "sign-up", "referral"
THANKS = {SIGN_UP: "/intake/aanmelden/bedankt", REFERRAL: "/intake/verwijzen/bedankt"}
TEMPLATES = {SIGN_UP: "public_sign_up.html", REFERRAL: "public_referral.html"}
FORM_BYTES_MAX = 16 * 1024
TOO_MANY_REQUESTS = 429
_READ: dict[str, Callable[[Told, Sequence[Programme], datetime], ReceiveSignal | Errors]] = {
    SIGN_UP: sign_up,
    REFERRAL: referral,
}

router = APIRouter()


@router.get("/aanmelden")
async def show_sign_up(request: Request, page: PageOf, now: Now) -> Response:
    return _form(request, page, SIGN_UP, now, Told())


@router.post("/aanmelden")
async def send_sign_up(request: Request, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    return await _receive(request, page, SIGN_UP, form, database, now)


@router.get("/aanmelden/bedankt")
async def thank_family(page: PageOf) -> Response:
    return page("public_thanks.html", {"kind": SIGN_UP})


@router.get("/verwijzen")
async def show_referral(request: Request, page: PageOf, now: Now) -> Response:
    return _form(request, page, REFERRAL, now, Told())


@router.post("/verwijzen")
async def send_referral(request: Request, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    return await _receive(request, page, REFERRAL, form, database, now)


@router.get("/verwijzen/bedankt")
async def thank_partner(page: PageOf) -> Response:
    return page("public_thanks.html", {"kind": REFERRAL})


async def _receive(
    request: Request, page: Page, kind: str, form: FormData, database: Database, now: datetime
) -> Response:
    """The same thanks for whoever sends a form that is right: it tells nobody whether a family is known here."""
    if int(request.headers.get("content-length") or 0) > FORM_BYTES_MAX:
        return _form(request, page, kind, now, Told(), fault="too-large", status=413)
    told = told_in(form.multi_items())
    if only_language(form):
        return _form(request, page, kind, now, told)
    secret: str = request.app.state.secret
    command = _READ[kind](told, open_on(all_programmes(), local_date(now)), now)
    if isinstance(command, dict):
        return _form(request, page, kind, now, told, errors=command)
    # Nobody is sent away for good: whoever was too fast, or whose browser filled in everything, sends it once more.
    fault = "filled-in" if getattr(told, TRAP) else stamp_fault(secret, kind, told.stamp, now)
    if fault is not None:
        return _form(request, page, kind, now, told, fault=fault)
    async with database.transaction() as tx:
        address = request.client.host if request.client else ""
        fresh_salt = secrets.token_bytes(handlers.SALT_BYTES)
        received = await handlers.receive_public_form(tx, command, address=address, fresh_salt=fresh_salt, now=now)
    if isinstance(received, Refused):
        return _form(request, page, kind, now, told, fault=received.code, status=TOO_MANY_REQUESTS)
    return see_other(THANKS[kind])


def _form(
    request: Request,
    page: Page,
    kind: str,
    now: datetime,
    told: Told,
    *,
    errors: Errors | None = None,
    fault: Code | None = None,
    status: int = 400,
) -> Response:
    known = (in_language(each, page.language) for each in open_on(all_programmes(), local_date(now)))
    programmes = [each for each in known if kind == REFERRAL or _open_to(each)]
    if kind == REFERRAL:
        programmes = [each for each in programmes if referral_channels([each])]
    if not programmes:
        return page("public_closed.html", {"kind": kind})
    secret: str = request.app.state.secret
    if fault is not None or stamp_fault(secret, kind, told.stamp, now) in ("broken", "too-old"):
        opened = stamp(secret, kind, str(uuid4()), now)
    else:
        opened = told.stamp
    values = {
        "told": replace(told, stamp=opened, website=""),
        "area_options": [(each.code, each.name) for each in areas(programmes, now)],
        "elsewhere": ELSEWHERE,
        "other_language": OTHER_LANGUAGE,
        "language_options": [(each.code, each.name) for each in languages(programmes)],
        "channel_options": [(each.code, each.name) for each in referral_channels(programmes)],
        "errors": errors or {},
        "fault": fault,
        "yes": YES,
        "trap": TRAP,
    }
    return page(TEMPLATES[kind], values, status=status if errors or fault else 200)


def _open_to(programme: Programme) -> bool:
    """Whether families may sign up themselves."""
    return any(channel.kind is ChannelKind.FAMILY for channel in programme.outreach)
