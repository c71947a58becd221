"""Forms without sign-in: proof of when a page was opened, what may be chosen, what was typed, and what is wrong."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from programmes.schema import Area, Named, Programme
from services.intake.commands import ReachFirst, ReceiveSignal, Referral
from services.intake.domain import (
    ELSEWHERE,
    Destination,
    areas_on,
    dialled,
    is_email,
    number_fault,
    own_sign_up,
    referred,
)
from services.intake.domain.told import OTHER_LANGUAGE
from services.intake.pages.meeting import LINE_MAX, Errors
from services.shared.calendar import local_date
from services.shared.secrets import derive_key
from services.shared.types import Code, stable_id

OPEN_AT_LEAST = timedelta(seconds=3)
"""Nobody fills in a form faster; a machine does."""
OPEN_AT_MOST = timedelta(hours=24)
TRAP = "website"
"""A field that people do not see: what fills it in is a machine."""
CALL_CONSENT_VERSION = 1
"""Of the text under which somebody agrees to be called, in `templates/public_parts.html`."""
YES = "yes"
FIELDS = (
    *("stamp", TRAP, "area", "young", "name", "phone", "email", "language", "agreed"),
    *("channel", "referrer_name", "referrer_phone", "referrer_email", "first"),
)


@dataclass(frozen=True)
class Told:
    """What somebody typed, as it is shown again when it is not right."""

    stamp: str = ""
    website: str = ""
    area: str = ""
    young: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "nl"
    agreed: str = ""
    channel: str = ""
    referrer_name: str = ""
    referrer_phone: str = ""
    referrer_email: str = ""
    first: str = ReachFirst.FAMILY.value


def told_in(fields: Iterable[tuple[str, Any]]) -> Told:
    """What was sent, field by field; what is no field of these forms is passed over."""
    return Told(**{name: value.strip() for name, value in fields if name in FIELDS and isinstance(value, str)})


def stamp(secret: str, kind: str, nonce: str, now: datetime) -> str:
    """What a form carries: which one it is and when it was opened, signed."""
    opened = f"{nonce}.{int(now.timestamp())}"
    return f"{opened}.{_signature(secret, kind, opened)}"


def stamp_fault(secret: str, kind: str, value: str, now: datetime) -> Code | None:
    """Why a form's stamp does not count: `broken`, `too-fast` or `too-old`; None when it does."""
    opened, _, signature = value.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, kind, opened).encode()):
        return "broken"
    age = now - datetime.fromtimestamp(int(opened.rpartition(".")[2]), tz=UTC)
    if age < OPEN_AT_LEAST:
        return "too-fast"
    return "too-old" if age > OPEN_AT_MOST else None


def _signature(secret: str, kind: str, opened: str) -> str:
    key = derive_key(secret, "public-form")
    return hmac.new(key, f"{kind}/{opened}".encode(), hashlib.sha256).hexdigest()


def areas(programmes: Sequence[Programme], now: datetime) -> list[Area]:
    """Every area where a programme works today, each once, by name."""
    found = {area.code: area for each in programmes for area in areas_on(each, local_date(now))}
    return sorted(found.values(), key=lambda area: area.name.casefold())


def languages(programmes: Sequence[Programme]) -> list[Named]:
    """The languages that somebody speaks in any of these programmes, Dutch first."""
    found = {language.code: language for each in programmes for language in each.languages}
    return sorted(found.values(), key=lambda language: (language.code != "nl", language.name.casefold()))


def sign_up(told: Told, programmes: Sequence[Programme], now: datetime) -> ReceiveSignal | Errors:
    """The signal of a family that signs up itself, or a code for each field that is wrong."""
    errors = _family_errors(told, programmes, now)
    errors |= _reach_errors("", told.phone, told.email)
    destination = own_sign_up(programmes, told.area, young=told.young == YES)
    return _signal(told, destination, errors)


def referral(told: Told, programmes: Sequence[Programme], now: datetime) -> ReceiveSignal | Errors:
    """The signal of a family that a partner refers, or a code for each field that is wrong.

    The family itself may be hard to reach: then the partner is.
    """
    errors = _family_errors(told, programmes, now)
    if told.phone or told.email or told.first == ReachFirst.FAMILY:
        errors |= _reach_errors("", told.phone, told.email)
    errors |= _reach_errors("referrer_", told.referrer_phone, told.referrer_email)
    errors |= _line_error("referrer_name", told.referrer_name)
    destination = referred(programmes, told.channel, told.area, young=told.young == YES)
    if destination is None:
        errors["channel"] = "choose"
    if told.first not in set(ReachFirst):
        errors["first"] = "choose"
    if errors:
        return errors
    who = Referral(
        name=told.referrer_name,
        phone=dialled(told.referrer_phone),
        email=told.referrer_email or None,
        reach_first=ReachFirst(told.first),
    )
    return _signal(told, destination, errors, who)


def _signal(
    told: Told, destination: Destination | None, errors: Errors, who: Referral | None = None
) -> ReceiveSignal | Errors:
    if destination is None:
        errors.setdefault("area", "choose")
    if errors or destination is None:
        return errors
    # The same form sent twice is one signal; changed and sent again, it is another.
    return ReceiveSignal(
        signal_id=stable_id("public-form", *astuple(told)),
        programme=destination.programme.id,
        area=told.area,
        channel=destination.channel,
        contact_name=told.name,
        contact_phone=dialled(told.phone),
        contact_email=told.email or None,
        contact_language=told.language,
        call_consent=CALL_CONSENT_VERSION,
        referral=who,
    )


def _family_errors(told: Told, programmes: Sequence[Programme], now: datetime) -> Errors:
    errors = _line_error("name", told.name)
    if told.area not in {ELSEWHERE, *(area.code for area in areas(programmes, now))}:
        errors["area"] = "choose"
    if told.language not in {OTHER_LANGUAGE, *(language.code for language in languages(programmes))}:
        errors["language"] = "choose"
    if told.agreed != YES:
        errors["agreed"] = "missing"
    return errors


def _line_error(name: str, value: str) -> Errors:
    if not value:
        return {name: "missing"}
    return {name: "too-long"} if len(value) > LINE_MAX else {}


def _reach_errors(whose: str, phone: str, email: str) -> Errors:
    errors: Errors = {}
    if wrong := number_fault(phone):
        errors[f"{whose}phone"] = wrong
    if email and not (is_email(email) and len(email) <= LINE_MAX):
        errors[f"{whose}email"] = "no-email"
    if not phone and not email:
        errors[f"{whose}phone"] = "no-way"
    return errors
