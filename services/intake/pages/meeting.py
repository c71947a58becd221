"""The quick form of a first meeting: what may be chosen, what was typed, and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from programmes.places import ANY_OTHER
from programmes.places import channels as channels_of
from programmes.schema import Area, Category, ChannelKind, OutreachChannel, Programme, Spender
from services.intake.commands import LIST_MAX, ReceiveSignal
from services.intake.domain import ELSEWHERE, areas_on, dialled, is_email, number_fault
from services.shared.types import Code

LINE_MAX = 120
TILES_MAX = 12
"""More choices than this stand in a list instead of beside each other."""
REACH = "phone"
"""The field at which it is told that nobody can be reached this way."""
CONTACT = ("name", REACH, "other")
"""The fields that say who was met, and how that family is reached."""

type Errors = dict[str, Code]


@dataclass(frozen=True)
class Typed:
    """What somebody typed, as it is shown again when it is not right."""

    key: str = ""
    programme: str = ""
    channel: str = ""
    area: str = ""
    name: str = ""
    phone: str = ""
    other: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What may be chosen in one programme, always in the same order; a family may also live elsewhere."""

    programme: Programme
    channels: Sequence[OutreachChannel]
    areas: Sequence[Area]
    needs: Sequence[Category] = field(default=())


def choices(programme: Programme, day: date) -> Choices:
    """Places stand before partners, "somewhere else" last; a family's own sign-up is not a meeting."""
    met_at = [channel for channel in channels_of(programme) if channel.kind is not ChannelKind.FAMILY]
    met_at.sort(key=lambda channel: (channel.code == ANY_OTHER, channel.kind is not ChannelKind.PLACE))
    return Choices(
        programme=programme,
        channels=met_at,
        areas=areas_on(programme, day),
        needs=[each for each in programme.categories if each.urgent_allowed and each.spender is Spender.FAMILY],
    )


def typed(fields: Iterable[tuple[str, Any]]) -> Typed:
    """What was sent, field by field; what is no text or no field of this form is passed over."""
    sent = [(name, value.strip()) for name, value in fields if isinstance(value, str)]
    single = {name: value for name, value in sent if name in _SINGLE}
    return Typed(**single, needs=tuple(value for name, value in sent if name == "needs")[:LIST_MAX])


_SINGLE = frozenset({"key", "programme", "channel", "area", "name", "phone", "other"})


def read(told: Typed, programmes: Mapping[Code, Programme], day: date) -> ReceiveSignal | Errors:
    """The signal that was told, or a code for each field that is wrong."""
    programme = programmes.get(told.programme)
    if programme is None:
        return {"programme": "choose"}
    errors: Errors = {}
    may_be = choices(programme, day)
    if told.channel not in {channel.code for channel in may_be.channels}:
        errors["channel"] = "choose"
    if told.area not in {ELSEWHERE, *(area.code for area in may_be.areas)}:
        errors["area"] = "choose"
    errors |= contact_errors(told)
    signal_id = _id(told.key)
    if signal_id is None:
        errors["key"] = "broken"
    if errors or signal_id is None:
        return errors
    return ReceiveSignal(
        signal_id=signal_id,
        programme=programme.id,
        area=told.area,
        channel=told.channel,
        **contact_told(told),
        needs=tuple(need for need in dict.fromkeys(told.needs) if need in {each.code for each in may_be.needs}),
    )


def contact_errors(told: Typed, *, reached: bool = True) -> Errors:
    """What is wrong with what a family is called and how it is reached; not all need be `reached` themselves."""
    errors: Errors = {}
    if not told.name:
        errors["name"] = "missing"
    for name, value in (("name", told.name), ("other", told.other)):
        if len(value) > LINE_MAX:
            errors[name] = "too-long"
    if told.phone and (wrong := number_fault(told.phone)):
        errors[REACH] = wrong
    elif reached and not told.phone and not told.other:
        errors[REACH] = "no-way"
    elif (wrong := number_fault(told.other)) and wrong != "no-number":
        errors["other"] = wrong
    return errors


def contact_told(told: Typed) -> dict[str, str | None]:
    """What a family is called and how it is reached, as a command has it."""
    number, by_mail = dialled(told.phone), is_email(told.other)
    return {
        "contact_name": told.name,
        "contact_phone": number or dialled(told.other),
        "contact_email": told.other if by_mail else None,
        "contact_via": told.other or None if not by_mail and (number or not dialled(told.other)) else None,
    }


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
