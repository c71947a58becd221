"""The questions that are asked of the contact journal, the documents and the history of a trajectory."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.plans.domain import Change, ContactKind, DocumentKind, Present, Scan
from services.plans.tables import change, document, document_key, journal
from services.shared.database import Transaction
from services.shared.types import Code

PAGE = 50
"""Entries and changes shown at once."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One contact with a family."""

    id: UUID
    on: date
    kind: ContactKind
    present: tuple[Present, ...]
    minutes: int
    words: str | None
    written_by: UUID
    written_at: datetime


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is known of a document without opening it."""

    id: UUID
    kind: DocumentKind
    label: str
    media_type: str
    size_bytes: int
    scan: Scan
    added_by: UUID
    added_at: datetime


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One line of the history; `by` is empty where it followed from the programme by itself."""

    position: int
    at: datetime
    by: UUID | None
    what: Change
    number: int | None
    reason: Code | None


async def entries(tx: Transaction, trajectory_id: UUID, *, limit: int = PAGE, skip: int = 0) -> list[Entry]:
    """Contacts, the latest first."""
    query = select(journal).where(journal.c.trajectory_id == trajectory_id)
    query = query.order_by(journal.c.on_date.desc(), journal.c.written_at.desc(), journal.c.id)
    return [
        Entry(
            id=row.id,
            on=row.on_date,
            kind=ContactKind(row.kind),
            present=tuple(Present(each) for each in row.present),
            minutes=row.minutes,
            words=row.words,
            written_by=row.written_by,
            written_at=row.written_at,
        )
        for row in await tx.execute(query.limit(limit).offset(skip))
    ]


async def documents(tx: Transaction, trajectory_id: UUID) -> list[Document]:
    """Documents, the latest first, without what is in them."""
    columns = [column for column in document.c if column.name != "sealed"]
    query = select(*columns).where(document.c.trajectory_id == trajectory_id)
    return [
        Document(
            id=row.id,
            kind=DocumentKind(row.kind),
            label=row.label,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            scan=Scan(row.scan),
            added_by=row.added_by,
            added_at=row.added_at,
        )
        for row in await tx.execute(query.order_by(document.c.added_at.desc(), document.c.id))
    ]


async def sealed_document(tx: Transaction, trajectory_id: UUID, document_id: UUID) -> bytes | None:
    """The sealed bytes of one document of this trajectory."""
    query = select(document.c.sealed).where(document.c.id == document_id, document.c.trajectory_id == trajectory_id)
    found = (await tx.execute(query)).scalar_one_or_none()
    return bytes(found) if found is not None else None


async def sealed_key(tx: Transaction, family_id: UUID) -> bytes | None:
    """The sealed key of a family; None before its first document, and after it was erased."""
    found = (
        await tx.execute(select(document_key.c.sealed).where(document_key.c.family_id == family_id))
    ).scalar_one_or_none()
    return bytes(found) if found is not None else None


async def drafted(tx: Transaction, trajectory_id: UUID, version: int) -> Changed | None:
    """Who last wrote down the words of a version of the plan, and when; a goal more leaves them as they are."""
    mine = (change.c.trajectory_id == trajectory_id) & (change.c.what == Change.PLAN_DRAFTED)
    query = select(change).where(mine, change.c.number <= version).order_by(change.c.position.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return _changed(row) if row is not None else None


async def changes(tx: Transaction, trajectory_id: UUID, *, before: int | None = None) -> list[Changed]:
    """The history, the latest first; `before` is the position where an earlier page ended."""
    query = select(change).where(change.c.trajectory_id == trajectory_id)
    if before is not None:
        query = query.where(change.c.position < before)
    return [_changed(row) for row in await tx.execute(query.order_by(change.c.position.desc()).limit(PAGE))]


def _changed(row: Any) -> Changed:
    return Changed(
        position=row.position,
        at=row.at,
        by=row.by_person,
        what=Change(row.what),
        number=row.number,
        reason=row.reason,
    )
