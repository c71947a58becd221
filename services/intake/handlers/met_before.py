"""Families that were met before: under the same name, with the same number or e-mail address.

Nobody is stopped by it: a first meeting is written down in a playground, and a person looks afterwards.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from services.intake import store
from services.intake.domain import ALREADY_KNOWN, SignalState, called_alike
from services.shared.database import Transaction

NUMBER_DIGITS = 9
"""A Dutch number without what may stand before it: 06, +31 6 and 0031 6 are one."""
LOOKED_AT_MAX = 500


@dataclass(frozen=True, kw_only=True)
class MetBefore:
    """A sign-up of what may be the same family."""

    signal_id: UUID
    family_id: UUID | None
    name: str
    row: Any
    """Where, when and by whom, as the sign-up's own row has it."""


async def met_before(
    tx: Transaction,
    signals: Collection[UUID],
    *,
    within: Select[tuple[UUID]],
    state: SignalState = SignalState.OPEN,
) -> dict[UUID, list[MetBefore]]:
    """Of each of these sign-ups in this state: the others that may be of its family, the last one first.

    Each family is named once; only sign-ups `within` what the asker may know of. None of them: not in the answer.
    """
    signal = store.signal
    mine = (signal.c.id.in_(signals), signal.c.state == state, signal.c.contact_name.is_not(None))
    asked = list(await tx.execute(select(signal).where(*mine)))
    numbers = {number for row in asked if (number := _number(row.contact_phone))}
    mails = {mail for row in asked if (mail := _mail(row.contact_email))}
    if not numbers and not mails:
        return {}
    known = [each async for each in _known(tx, numbers, mails, within)]
    found: dict[UUID, list[MetBefore]] = {}
    for row in asked:
        alike: dict[UUID, MetBefore] = {}
        for number, mail, other in known:
            is_another = other.signal_id != row.id and (row.family_id is None or other.family_id != row.family_id)
            same_way = (number and number == _number(row.contact_phone)) or (mail and mail == _mail(row.contact_email))
            if is_another and same_way and called_alike(row.contact_name, other.name):
                alike.setdefault(other.family_id or other.signal_id, other)
        if alike:
            found[row.id] = list(alike.values())
    return found


async def _known(
    tx: Transaction, numbers: set[str], mails: set[str], within: Select[tuple[UUID]]
) -> AsyncIterator[tuple[str, str, MetBefore]]:
    """Number, mail and sign-up: as it was told when a family was met, and as its own people told it since."""
    signal, family, member = store.signal, store.family, store.household_member
    goes_on = select(signal.c.switched_from).where(signal.c.switched_from.is_not(None))
    seen = (signal.c.id.in_(within), signal.c.id.not_in(goes_on), ~signal.c.reasons.contains([ALREADY_KNOWN]))

    def reached(phone: ColumnElement[str | None], mail: ColumnElement[str | None]) -> ColumnElement[bool]:
        digits = func.regexp_replace(phone, r"\D", "", "g")
        return or_(func.right(digits, NUMBER_DIGITS).in_(numbers), func.lower(mail).in_(mails))

    latest = (signal.c.received_at.desc(), signal.c.id)
    as_met = select(signal).where(*seen, reached(signal.c.contact_phone, signal.c.contact_email))
    for row in await tx.execute(as_met.order_by(*latest).limit(LOOKED_AT_MAX)):
        if row.contact_name:
            yield _number(row.contact_phone), _mail(row.contact_email), _met(row, row.contact_name)
    as_told = (
        select(signal, family.c.phone, family.c.email, member.c.given_name)
        .join(family, family.c.id == signal.c.family_id)
        .join(member, member.c.family_id == family.c.id)
        .where(*seen, reached(family.c.phone, family.c.email))
    )
    for row in await tx.execute(as_told.order_by(*latest, member.c.number).limit(LOOKED_AT_MAX)):
        yield _number(row.phone), _mail(row.email), _met(row, row.given_name)


def _met(row: Any, name: str) -> MetBefore:
    return MetBefore(signal_id=row.id, family_id=row.family_id, name=name, row=row)


def _number(phone: str | None) -> str:
    return "".join(filter(str.isdigit, phone or ""))[-NUMBER_DIGITS:]


def _mail(email: str | None) -> str:
    return (email or "").strip().lower()
