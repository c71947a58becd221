"""Rows about mail to staff: where to, what they chose, and what was sent; the mail itself is kept nowhere."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.desk.store import metadata
from services.shared.database import Transaction

ATTEMPTS_MAX = 5
RETRY = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""How long a try has before somebody else tries: longer than sending takes, so that no two send at once."""
ADDRESS_MAX = 254
DUTCH = "nl"
_ADDRESS = re.compile(r"^[^@\s<>,;:\"()\[\]]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")

_MOMENT = DateTime(timezone=True)

mail_address = Table(
    "mail_address",
    metadata,
    Column("person", Uuid, primary_key=True),
    Column("address", Text, nullable=False),
    Column("kept_at", _MOMENT, nullable=False),
)

mail_choice = Table(
    "mail_choice",
    metadata,
    Column("person", Uuid, primary_key=True),
    Column("daily", Boolean, nullable=False),
    Column("language", Text, nullable=False),
    Column("chosen_at", _MOMENT, nullable=False),
    CheckConstraint("language IN ('nl', 'en')", name="mail_language"),
)

mail = Table(
    "mail",
    metadata,
    Column("person", Uuid, nullable=False),
    Column("about", Text, nullable=False),
    Column("wanted_at", _MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("try_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("sent", Boolean),
    PrimaryKeyConstraint("person", "about"),
    CheckConstraint("(ended_at IS NULL) = (sent IS NULL)", name="mail_ended"),
    comment="What must be mailed to whom, once; the mail itself is kept nowhere",
)
Index("mail_waiting", mail.c.try_at, postgresql_where=mail.c.ended_at.is_(None))


def is_address(text: str) -> bool:
    """Whether mail can be addressed to it: one @, a domain, and nothing that could end a line of a header."""
    return len(text) <= ADDRESS_MAX and _ADDRESS.match(text) is not None


@dataclass(frozen=True, kw_only=True)
class MailChoice:
    """What somebody wants: a digest on working days or none, and in which language. Alarms always come."""

    daily: bool = True
    language: str = DUTCH


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail that is being tried; `about` names a day's digest or an alarm."""

    person: UUID
    about: str
    wanted_at: datetime
    attempts: int


async def keep_address(tx: Transaction, person: UUID, address: str, *, now: datetime) -> None:
    kept = insert(mail_address).values(person=person, address=address[:ADDRESS_MAX], kept_at=now)
    changed = {"address": kept.excluded.address, "kept_at": kept.excluded.kept_at}
    await tx.execute(
        kept.on_conflict_do_update(
            index_elements=[mail_address.c.person],
            set_=changed,
            where=mail_address.c.address != kept.excluded.address,
        )
    )


async def address_of(tx: Transaction, person: UUID) -> str | None:
    found = await tx.execute(select(mail_address.c.address).where(mail_address.c.person == person))
    address: str | None = found.scalar_one_or_none()
    return address


async def choice_of(tx: Transaction, person: UUID) -> MailChoice:
    row = (await tx.execute(select(mail_choice).where(mail_choice.c.person == person))).one_or_none()
    return MailChoice(daily=row.daily, language=row.language) if row is not None else MailChoice()


async def keep_choice(tx: Transaction, person: UUID, choice: MailChoice, *, now: datetime) -> None:
    values = {"daily": choice.daily, "language": choice.language, "chosen_at": now}
    kept = insert(mail_choice).values(person=person, **values)
    await tx.execute(kept.on_conflict_do_update(index_elements=[mail_choice.c.person], set_=values))


async def want(tx: Transaction, person: UUID, about: str, *, now: datetime) -> bool:
    """Somebody must be mailed; False when they were, or are being, already."""
    added = await tx.execute(
        insert(mail)
        .values(person=person, about=about, wanted_at=now, attempts=0, try_at=now)
        .on_conflict_do_nothing()
        .returning(mail.c.person)
    )
    return added.first() is not None


async def take(tx: Transaction, *, now: datetime) -> Mail | None:
    """The next mail to try, for this process alone until its time has passed; None when there is none.

    Whoever dies between sending and saying so makes a mail go out again: rather twice than never.
    """
    waiting = mail.c.ended_at.is_(None) & (mail.c.try_at <= now)
    found = select(mail).where(waiting).order_by(mail.c.try_at).limit(1).with_for_update(skip_locked=True)
    row = (await tx.execute(found)).one_or_none()
    if row is None:
        return None
    attempts = row.attempts + 1
    key = tuple_(mail.c.person, mail.c.about) == tuple_(row.person, row.about)
    until = now + RETRY[min(row.attempts, len(RETRY) - 1)]
    await tx.execute(update(mail).where(key).values(attempts=attempts, try_at=until))
    return Mail(person=row.person, about=row.about, wanted_at=row.wanted_at, attempts=attempts)


async def end(tx: Transaction, tried: Mail, *, sent: bool, now: datetime) -> None:
    """It went out, or there is no use in trying again."""
    mine = (mail.c.person == tried.person) & (mail.c.about == tried.about) & mail.c.ended_at.is_(None)
    await tx.execute(update(mail).where(mine).values(ended_at=now, sent=sent))
