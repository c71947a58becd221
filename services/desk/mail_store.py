"""Rows about mail to staff: where to, what they chose, and what was sent; the mail itself is kept nowhere."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.desk.store import metadata
from services.shared.database import Transaction

ALARM = "alarm"
"""What is mailed at once begins with this; it goes before a digest."""
ATTEMPTS_MAX = 5
RETRY = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""How long a try has before somebody else tries: longer than sending takes, so that no two send at once."""
ALARM_ATTEMPTS_MAX = 12
ALARM_RETRY = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
KEPT = timedelta(days=90)
"""How long it stays known who was mailed when."""
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

    @property
    def is_last(self) -> bool:
        """Refused once more, it is given up."""
        return self.attempts >= (ALARM_ATTEMPTS_MAX if is_alarm(self.about) else ATTEMPTS_MAX)


def is_alarm(about: str) -> bool:
    return about.startswith(f"{ALARM}/")


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
    alarms_first = mail.c.about.startswith(f"{ALARM}/").desc()
    found = select(mail).where(waiting).order_by(alarms_first, mail.c.try_at).limit(1)
    found = found.with_for_update(skip_locked=True)
    row = (await tx.execute(found)).one_or_none()
    if row is None:
        return None
    attempts = row.attempts + 1
    waits = ALARM_RETRY if is_alarm(row.about) else RETRY
    until = now + waits[min(row.attempts, len(waits) - 1)]
    await tx.execute(update(mail).where(_is(row.person, row.about)).values(attempts=attempts, try_at=until))
    return Mail(person=row.person, about=row.about, wanted_at=row.wanted_at, attempts=attempts)


async def put_back(tx: Transaction, tried: Mail) -> None:
    """The server could not be used at all: this was no try of this mail."""
    mine = _is(tried.person, tried.about) & mail.c.ended_at.is_(None)
    await tx.execute(update(mail).where(mine).values(attempts=tried.attempts - 1, try_at=tried.wanted_at))


async def end(tx: Transaction, tried: Mail, *, sent: bool, now: datetime) -> None:
    """It went out, or there is no use in trying again."""
    mine = _is(tried.person, tried.about) & mail.c.ended_at.is_(None)
    await tx.execute(update(mail).where(mine).values(ended_at=now, sent=sent))


async def count_waiting(tx: Transaction, *, since: datetime) -> int:
    """How many mails wait that had to go before this moment."""
    waiting = mail.c.ended_at.is_(None) & (mail.c.wanted_at < since)
    return int((await tx.execute(select(func.count()).select_from(mail).where(waiting))).scalar_one())


async def forget_old(tx: Transaction, *, now: datetime) -> None:
    """What was sent, or given up, longer ago than KEPT."""
    await tx.execute(delete(mail).where(mail.c.ended_at < now - KEPT))


def _is(person: UUID, about: str) -> ColumnElement[bool]:
    return (mail.c.person == person) & (mail.c.about == about)
