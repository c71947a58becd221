"""Families as they are known: found again, moved, reached another way."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, insert, or_, select, update

from programmes.load import load
from services.intake import store
from services.intake.commands import Address, ChangeContact, Contact, FindLikelyDuplicates, MoveFamily, SearchFamilies
from services.intake.domain import LIKELY_MIN, Person, likeness
from services.intake.domain.names import surname_words
from services.intake.events import FamilyMoved
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code, Digest

FOUND_MAX = 50
DUPLICATES_MAX = 10
LOOKED_AT_MAX = 500
LAST_SWAPPABLE_DAY = 12


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A family that may be the same: the member who resembles, and how much (0 to 100)."""

    family_id: UUID
    given_name: str
    prefix: str
    surname: str
    birth_date: date
    score: int


async def find_likely_duplicates(
    tx: Transaction, command: FindLikelyDuplicates, *, within: Select[tuple[UUID]] | None = None
) -> list[Candidate]:
    """Families with a member who resembles this person, most alike first, at most DUPLICATES_MAX.

    Looked at are people with the same birth date (or day and month swapped), a word of the surname, or the postcode;
    only of the families `within` what the asker may see.
    """
    asked = Person(
        given_name=command.given_name,
        prefix=command.prefix,
        surname=command.surname,
        birth_date=command.birth_date,
        postcode=command.postcode,
    )
    member = store.household_member
    near: list[ColumnElement[bool]] = [
        member.c.birth_date.in_(_birth_dates(command.birth_date)),
        member.c.surname_words.overlap(list(surname_words(command.prefix, command.surname))),
    ]
    if command.postcode:
        near.append(store.family.c.postcode == command.postcode)
    best: dict[UUID, Candidate] = {}
    for row in await _members(tx, or_(*near), *_of(within), limit=LOOKED_AT_MAX, first=near[0]):
        known = Person(
            given_name=row.given_name,
            prefix=row.prefix,
            surname=row.surname,
            birth_date=row.birth_date,
            postcode=row.postcode,
        )
        candidate = _candidate(row, likeness(asked, known))
        so_far = best.get(candidate.family_id)
        if candidate.score >= LIKELY_MIN and (so_far is None or candidate.score > so_far.score):
            best[candidate.family_id] = candidate
    return sorted(best.values(), key=lambda found: (-found.score, found.family_id))[:DUPLICATES_MAX]


async def search_families(
    tx: Transaction, command: SearchFamilies, *, within: Select[tuple[UUID]] | None = None
) -> list[Candidate]:
    """Members of families by the beginning of a name, a postcode, or both; at most FOUND_MAX, by surname.

    Only of the families `within` what the asker may see.
    """
    wanted: list[ColumnElement[bool]] = []
    if command.surname:
        member = store.household_member
        # Typed with or without what stands before it: Anna de Boer is found as "boe", "de b", "anna" and "anna de".
        whole = func.concat_ws(" ", func.nullif(member.c.prefix, ""), member.c.surname)
        called = func.concat_ws(" ", member.c.given_name, whole)
        names = (member.c.surname, whole, called)
        wanted.append(or_(*(each.istartswith(command.surname, autoescape=True) for each in names)))
    if command.postcode:
        wanted.append(store.family.c.postcode == command.postcode)
    if not wanted:
        return []
    return [_candidate(row, 100) for row in await _members(tx, *wanted, *_of(within), limit=FOUND_MAX)]


async def move_family(tx: Transaction, command: MoveFamily, *, now: datetime, by: UUID) -> int | Refused:
    """A family has another address; gives how many of its trajectories heard of it. Only the area is told.

    Refused: unknown-family; changed-meanwhile when another address was seen than there is.
    """
    family = await store.family_by_id(tx, command.family_id, lock=True)
    if family is None or family.erased_at is not None:
        return Refused("unknown-family")
    if address_mark(command.address) == address_mark(family):
        return 0
    if command.seen != address_mark(family):
        return Refused("changed-meanwhile")
    before = family.area
    await write_address(tx, command.family_id, command.address)
    await _remember(tx, command.family_id, "moved", now=now, by=by)
    if before == command.address.area:
        return 0
    enrolments = await store.active_enrolments(tx, command.family_id)
    for enrolment in enrolments:
        programme = load(enrolment.programme, enrolment.programme_version)
        await tx.publish(
            FamilyMoved(
                family_id=command.family_id,
                trajectory_id=enrolment.trajectory_id,
                area=command.address.area,
                within_programme=command.address.area in {area.code for area in programme.areas},
            ),
            now=now,
        )
    return len(enrolments)


async def change_contact(tx: Transaction, command: ChangeContact, *, now: datetime, by: UUID) -> UUID | Refused:
    """A family is reached another way from now on.

    Refused: unknown-family; changed-meanwhile when something else was seen than there is.
    """
    family = await store.family_by_id(tx, command.family_id, lock=True)
    if family is None or family.erased_at is not None:
        return Refused("unknown-family")
    if contact_mark(command.contact) == contact_mark(contact_of(family)):
        return command.family_id
    if command.seen != contact_mark(contact_of(family)):
        return Refused("changed-meanwhile")
    await write_contact(tx, command.family_id, command.contact)
    await _remember(tx, command.family_id, "contact-changed", now=now, by=by)
    return command.family_id


def address_mark(known: Any) -> Digest:
    """Of an address, or of a family with one: another mark once it is another address."""
    told = [str(getattr(known, name)) for name in Address.model_fields]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def address_of(family: Any) -> Address | None:
    """Where a family lives, as it was written down; None where nobody did yet."""
    told = {name: getattr(family, name) for name in Address.model_fields}
    return Address.model_construct(**told) if all(told.values()) else None


def contact_of(family: Any) -> Contact:
    """How a family is reached, as it was written down."""
    return Contact.model_construct(
        phone=family.phone,
        email=family.email,
        languages=tuple(family.languages),
        interpreter=family.interpreter,
        channel=family.contact_channel,
        moment=family.contact_moment,
    )


def contact_mark(contact: Contact) -> Digest:
    """Another mark once a family is reached another way."""
    told = [str(getattr(contact, name)) for name in Contact.model_fields]
    return hashlib.sha256(repr(told).encode()).hexdigest()


async def write_address(tx: Transaction, family_id: UUID, address: Address) -> None:
    """Keep an address in place of an earlier one."""
    await tx.execute(update(store.family).where(store.family.c.id == family_id).values(**address.model_dump()))


async def write_contact(tx: Transaction, family_id: UUID, contact: Contact) -> None:
    """Keep phone, e-mail and languages in place of earlier ones."""
    told = contact.model_dump(exclude={"channel", "moment", "languages"})
    values = told | {
        "languages": list(contact.languages),
        "contact_channel": contact.channel,
        "contact_moment": contact.moment,
    }
    await tx.execute(update(store.family).where(store.family.c.id == family_id).values(**values))


async def _remember(tx: Transaction, family_id: UUID, what: Code, *, now: datetime, by: UUID) -> None:
    """Write in the history of a family who changed what, and when; what stood there is gone."""
    await tx.execute(insert(store.family_change).values(family_id=family_id, at=now, by_person=by, what=what))


async def _members(
    tx: Transaction, *wanted: ColumnElement[bool], limit: int, first: ColumnElement[bool] | None = None
) -> list[Any]:
    """Members of families that stand on their own; those of `first` first, for the number is bounded."""
    member, family = store.household_member, store.family
    order = [] if first is None else [first.desc()]
    query = (
        select(member, family.c.postcode)
        .join(family, family.c.id == member.c.family_id)
        .where(*wanted, family.c.merged_into.is_(None))
        .order_by(*order, member.c.surname, member.c.family_id, member.c.number)
        .limit(limit)
    )
    return list(await tx.execute(query))


def _of(within: Select[tuple[UUID]] | None) -> list[ColumnElement[bool]]:
    return [] if within is None else [store.family.c.id.in_(within)]


def _candidate(row: Any, score: int) -> Candidate:
    return Candidate(
        family_id=row.family_id,
        given_name=row.given_name,
        prefix=row.prefix,
        surname=row.surname,
        birth_date=row.birth_date,
        score=score,
    )


def _birth_dates(told: date) -> set[date]:
    return {told, told.replace(month=told.day, day=told.month)} if told.day <= LAST_SWAPPABLE_DAY else {told}
