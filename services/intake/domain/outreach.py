"""Where a first meeting leads: the programmes that are open, and which of them somebody's own form is for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from programmes.schema import Area, ChannelKind, EarlyChildhoodRule, OutreachChannel, Programme
from services.shared import permissions
from services.shared.types import Code

ELSEWHERE: Code = permissions.ELSEWHERE
"""The area of somebody who lives in none of the areas that are listed."""
OWN_SIGN_UP: Code = "own-sign-up"
_NOT_DIALLED = re.compile(r"[\s().\-/]+")
_DIGITS = re.compile(r"^\+?[0-9]{3,20}$")
_ABROAD = re.compile(r"^(?:\+|00)(?:31[1-9][0-9]{8}|(?!31)[1-9][0-9]{7,14})$")
"""With its country's code, 8 to 15 digits in all; a Dutch one has nine after its code."""
_DUTCH = re.compile(r"^0[1-9][0-9]{8}$")
"""Ten digits. Numbers of services are shorter: no family is reached there."""
_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}$")


@dataclass(frozen=True)
class Destination:
    """The programme and channel under which a family's own form, or a partner's, is received."""

    programme: Programme
    channel: Code


def open_on(programmes: Iterable[Programme], day: date) -> tuple[Programme, ...]:
    """The programmes that take families in on a day, in their own order."""
    return tuple(programme for programme in programmes if programme.period.is_open(day))


def areas_on(programme: Programme, day: date) -> tuple[Area, ...]:
    """The areas where a programme works on a day."""
    return tuple(area for area in programme.areas if (area.open_from or programme.period.start) <= day)


def dialled(text: str) -> str | None:
    """A phone number as it is dialled, however somebody wrote it; None for what reaches nobody."""
    number = _bare(text)
    return number if _DUTCH.match(number) or _ABROAD.match(number) else None


def number_fault(text: str) -> Code | None:
    """None for what can be dialled, and for nothing; no-number for what is none at all, wrong-length for the rest."""
    if not text.strip() or dialled(text):
        return None
    return "wrong-length" if _DIGITS.match(_bare(text)) else "no-number"


def _bare(text: str) -> str:
    """Without what people write between digits; "+31 (0)6" is how many say that abroad the 0 falls away."""
    return _NOT_DIALLED.sub("", re.sub(r"\(0\)", "", text.strip()))


def is_email(text: str) -> bool:
    return _EMAIL.match(text.strip()) is not None


def own_sign_up(programmes: Sequence[Programme], area: Code, *, young: bool) -> Destination | None:
    """Where a family that signs up itself is received.

    A programme in its area first; with an expected birth or a baby (`young`) one for the first years, otherwise one
    that is not only for those. None when no programme lets families sign up themselves.
    """
    channels = {programme.id: _own_channel(programme) for programme in programmes}
    able = [programme for programme in programmes if channels[programme.id] is not None]
    chosen = _nearest(able, area, young=young)
    channel = channels[chosen.id] if chosen else None
    return Destination(chosen, channel) if chosen and channel else None


def referral_channels(programmes: Sequence[Programme]) -> tuple[OutreachChannel, ...]:
    """The kinds of partner that refer to any of these programmes, each once, by name."""
    found = {
        channel.code: channel
        for programme in reversed(programmes)
        for channel in programme.outreach
        if channel.kind is ChannelKind.PARTNER
    }
    return tuple(sorted(found.values(), key=lambda channel: channel.name.casefold()))


def referred(programmes: Sequence[Programme], channel: Code, area: Code, *, young: bool) -> Destination | None:
    """Where a family is received that a partner refers; None when no programme knows such a partner."""
    able = [each for each in programmes if channel in {known.code for known in referral_channels([each])}]
    chosen = _nearest(able, area, young=young)
    return Destination(chosen, channel) if chosen else None


def _own_channel(programme: Programme) -> Code | None:
    own = [channel.code for channel in programme.outreach if channel.kind is ChannelKind.FAMILY]
    return OWN_SIGN_UP if OWN_SIGN_UP in own else next(iter(own), None)


def _nearest(programmes: Sequence[Programme], area: Code, *, young: bool) -> Programme | None:
    def distance(programme: Programme) -> tuple[bool, bool]:
        elsewhere = area not in {each.code for each in programme.areas}
        early = any(isinstance(rule, EarlyChildhoodRule) for rule in programme.eligibility)
        return elsewhere, early is not young

    return min(programmes, key=distance, default=None)
