"""What was told when a family was met, and how many public forms came in lately."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.intake.commands import ReachFirst, ReceiveSignal, Referral
from services.intake.tables import first_contact, public_form, public_salt, signal
from services.shared.database import Transaction
from services.shared.types import Code

PERSONAL_OF_FIRST_CONTACT = ("via", "referrer_name", "referrer_phone", "referrer_email")
LATEST_MAX = 50
_ONE_AT_A_TIME = 0x6B616E73
"""Key of the lock under which public forms are counted."""


@dataclass(frozen=True, kw_only=True)
class FirstContact:
    """What was told besides who and where; what identifies somebody is None once it was erased."""

    signal_id: UUID
    needs: tuple[Code, ...]
    via: str | None
    language: Code | None
    call_consent: int | None
    """The version of the text under which the family agreed to be called."""
    referral: Referral | None


@dataclass(frozen=True, kw_only=True)
class ContactTold:
    """What a family is called and how it is reached, as it was told before its intake."""

    name: str | None
    phone: str | None
    email: str | None
    via: str | None


@dataclass(frozen=True)
class Meeting:
    """Where somebody met a family."""

    programme: Code
    area: Code
    channel: Code


def _first_contact(row: Any) -> FirstContact:
    referral = None
    if row.referrer_name is not None:
        referral = Referral(
            name=row.referrer_name,
            phone=row.referrer_phone,
            email=row.referrer_email,
            reach_first=ReachFirst(row.reach_first),
        )
    return FirstContact(
        signal_id=row.signal_id,
        needs=tuple(row.needs),
        via=row.via,
        language=row.language,
        call_consent=row.call_consent,
        referral=referral,
    )


async def write_first_contact(tx: Transaction, told: ReceiveSignal) -> None:
    """Keep what was told besides who and where, where there is anything."""
    if not (told.needs or told.contact_via or told.contact_language or told.call_consent or told.referral):
        return
    referral = told.referral
    await tx.execute(
        insert(first_contact).values(
            signal_id=told.signal_id,
            needs=list(told.needs),
            via=told.contact_via,
            language=told.contact_language,
            call_consent=told.call_consent,
            referrer_name=referral.name if referral else None,
            referrer_phone=referral.phone if referral else None,
            referrer_email=referral.email if referral else None,
            reach_first=referral.reach_first if referral else None,
        )
    )


async def contact_of(tx: Transaction, signal_id: UUID) -> ContactTold:
    """What stands there of a signal that is known."""
    query = (
        select(signal.c.contact_name, signal.c.contact_phone, signal.c.contact_email, first_contact.c.via)
        .outerjoin(first_contact, first_contact.c.signal_id == signal.c.id)
        .where(signal.c.id == signal_id)
    )
    row = (await tx.execute(query)).one()
    return ContactTold(name=row.contact_name, phone=row.contact_phone, email=row.contact_email, via=row.via)


async def write_contact(tx: Transaction, signal_id: UUID, told: ContactTold) -> None:
    """How a family is reached is mended; the rest of what was told stays."""
    reached = {"contact_name": told.name, "contact_phone": told.phone, "contact_email": told.email}
    await tx.execute(update(signal).where(signal.c.id == signal_id).values(**reached))
    added = insert(first_contact).values(signal_id=signal_id, via=told.via)
    await tx.execute(added.on_conflict_do_update(index_elements=[first_contact.c.signal_id], set_={"via": told.via}))


async def first_contact_of(tx: Transaction, signal_id: UUID) -> FirstContact | None:
    """What was told at a first meeting, None where nothing was told besides who and where."""
    row = (await tx.execute(select(first_contact).where(first_contact.c.signal_id == signal_id))).one_or_none()
    return _first_contact(row) if row is not None else None


async def carry_first_contact(tx: Transaction, old_id: UUID, new_id: UUID, *, needs: set[Code]) -> tuple[Code, ...]:
    """What was told at a meeting is told of its signal in another programme too, as far as that has such `needs`."""
    row = (await tx.execute(select(first_contact).where(first_contact.c.signal_id == old_id))).one_or_none()
    if row is None:
        return ()
    kept = [code for code in row.needs if code in needs]
    await tx.execute(insert(first_contact).values(dict(row._mapping) | {"signal_id": new_id, "needs": kept}))
    return tuple(kept)


async def is_same_meeting(tx: Transaction, told: ReceiveSignal, by: UUID) -> bool | None:
    """Whether the signal of this id says what is told now, by the same person; None when there is no such signal.

    What was told about the family may have been erased since: then it is not compared.
    """
    query = select(signal, first_contact.c.needs, first_contact.c.via).outerjoin(
        first_contact, first_contact.c.signal_id == signal.c.id
    )
    row = (await tx.execute(query.where(signal.c.id == told.signal_id))).one_or_none()
    if row is None:
        return None
    if (row.programme, row.area, row.channel, row.received_by) != (told.programme, told.area, told.channel, by):
        return False
    if row.contact_erased_at is not None:
        return True
    before = (row.contact_name, row.contact_phone, row.contact_email, row.via, tuple(row.needs or ()))
    return before == (told.contact_name, told.contact_phone, told.contact_email, told.contact_via, told.needs)


async def received_by(tx: Transaction, signal_id: UUID) -> UUID | None:
    """Who met the family; None for a signal of nobody who was signed in, and for none at all."""
    query = select(signal.c.received_by).where(signal.c.id == signal_id)
    return (await tx.execute(query)).scalar_one_or_none()


async def latest_meetings(tx: Transaction, person: UUID) -> list[Meeting]:
    """Where somebody met families, latest first."""
    query = (
        select(signal.c.programme, signal.c.area, signal.c.channel)
        .where(signal.c.received_by == person)
        .order_by(signal.c.received_at.desc(), signal.c.id)
        .limit(LATEST_MAX)
    )
    return [Meeting(row.programme, row.area, row.channel) for row in await tx.execute(query)]


async def erase_first_contacts(tx: Transaction, wanted: ColumnElement[bool]) -> None:
    """Let go of whoever stands in what was told, for the signals that are wanted."""
    nothing = dict.fromkeys(PERSONAL_OF_FIRST_CONTACT)
    await tx.execute(update(first_contact).where(wanted).values(**nothing))


async def lock_public_forms(tx: Transaction) -> None:
    """Count and add one form at a time, so that many at once do not pass a bound together."""
    await tx.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


async def salt_of(tx: Transaction, day: date, fresh: bytes) -> bytes:
    """The day's salt; `fresh` becomes it when there is none yet. Salts of earlier days are gone from then on."""
    await tx.execute(delete(public_salt).where(public_salt.c.day < day))
    await tx.execute(insert(public_salt).values(day=day, salt=fresh).on_conflict_do_nothing())
    salt: bytes = (await tx.execute(select(public_salt.c.salt).where(public_salt.c.day == day))).scalar_one()
    return salt


async def public_forms_since(tx: Transaction, since: datetime, digest: bytes) -> tuple[int, int]:
    """How many public forms came from one address, and how many in all; earlier ones are forgotten."""
    await tx.execute(delete(public_form).where(public_form.c.at <= since))
    from_here = func.count().filter(public_form.c.address_digest == digest).label("from_here")
    query = select(from_here, func.count().label("everywhere")).select_from(public_form)
    row = (await tx.execute(query)).one()
    return int(row.from_here), int(row.everywhere)


async def forget_public_forms(tx: Transaction, *, until: datetime, today: date) -> None:
    """Let go of what was counted until then, and of the salts of earlier days, also when nobody sends anything."""
    await tx.execute(delete(public_form).where(public_form.c.at <= until))
    await tx.execute(delete(public_salt).where(public_salt.c.day < today))


async def add_public_form(tx: Transaction, digest: bytes, *, now: datetime) -> None:
    await tx.execute(insert(public_form).values(at=now, address_digest=digest))
