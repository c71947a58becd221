"""The contact journal and the documents of a family: who was there, how long, what was said, and what was handed in."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.plans import store, tables
from services.plans.commands import AddDocument, LogHours, RemoveDocument, WriteJournal
from services.plans.contracts import Done
from services.plans.domain import Change, Trajectory, hours_refusal
from services.plans.events import Contributor
from services.plans.handlers.contacts import log_hours
from services.plans.handlers.entry import open_for_work, remember
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused

DOCUMENTS_MAX = 200
"""Of one trajectory."""


async def write_journal(tx: Transaction, command: WriteJournal, *, actor: Actor, now: datetime) -> Done | Refused:
    """One contact, with its minutes for the tandem; it may be written down late, also after closing.

    Refused: unknown-trajectory, in-the-future, not-during-the-trajectory, id-already-used.
    """
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None:
        return Refused("unknown-trajectory")
    refusal = hours_refusal(trajectory, command.on, today=local_date(now))
    if refusal is not None:
        return Refused(refusal)
    table = tables.journal
    written = await tx.execute(
        insert(table)
        .values(
            id=command.entry_id,
            trajectory_id=trajectory.id,
            on_date=command.on,
            kind=command.kind,
            present=list(command.present),
            minutes=command.minutes,
            words=command.words,
            written_by=actor.person,
            written_at=now,
        )
        .on_conflict_do_nothing()
        .returning(table.c.id)
    )
    if written.first() is None:
        known = (await tx.execute(select(table).where(table.c.id == command.entry_id))).one()
        same = (known.trajectory_id, known.written_by) == (trajectory.id, actor.person)
        return Done(changed=False) if same else Refused("id-already-used")
    await remember(tx, trajectory.id, Change.CONTACT_WRITTEN, now=now, by=actor, reason=command.kind)
    if command.minutes:
        hours = LogHours(
            entry_id=command.entry_id,
            trajectory_id=trajectory.id,
            contributor=contributor_of(trajectory, actor),
            minutes=command.minutes,
            on=command.on,
        )
        return await log_hours(tx, hours, actor=actor, now=now)
    return Done(changed=True)


def contributor_of(trajectory: Trajectory, actor: Actor) -> Contributor:
    """As whom somebody's time counts: whoever is this family's buddy as buddy, all others as professional."""
    return Contributor.BUDDY if actor.person == trajectory.buddy_id else Contributor.PROFESSIONAL


async def family_key(tx: Transaction, trajectory: Trajectory, fresh: bytes) -> bytes:
    """The sealed key of a family's documents; `fresh` becomes it where there is none yet."""
    table = tables.document_key
    await tx.execute(insert(table).values(family_id=trajectory.family_id, sealed=fresh).on_conflict_do_nothing())
    found = await tx.execute(select(table.c.sealed).where(table.c.family_id == trajectory.family_id))
    return bytes(found.scalar_one())


async def add_document(tx: Transaction, command: AddDocument, *, actor: Actor, now: datetime) -> Done | Refused:
    """Keep a sealed document. Refused: unknown-trajectory, trajectory-closed, too-many-documents, id-already-used."""
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    table = tables.document
    known = (
        await tx.execute(select(table.c.trajectory_id).where(table.c.id == command.document_id))
    ).scalar_one_or_none()
    if known is not None:
        return Done(changed=False) if known == trajectory.id else Refused("id-already-used")
    count = select(func.count()).select_from(table).where(table.c.trajectory_id == trajectory.id)
    if (await tx.execute(count)).scalar_one() >= DOCUMENTS_MAX:
        return Refused("too-many-documents")
    await tx.execute(
        insert(table).values(
            id=command.document_id,
            trajectory_id=trajectory.id,
            kind=command.kind,
            label=command.label,
            media_type=command.media_type,
            size_bytes=command.size_bytes,
            scan=command.scan,
            sealed=command.sealed,
            added_by=actor.person,
            added_at=now,
        )
    )
    await remember(tx, trajectory.id, Change.DOCUMENT_ADDED, now=now, by=actor, reason=command.kind)
    return Done(changed=True)


async def remove_document(tx: Transaction, command: RemoveDocument, *, actor: Actor, now: datetime) -> Done | Refused:
    """A document that should not be here is gone for good; that it was here stays in the history.

    Refused: unknown-trajectory.
    """
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None:
        return Refused("unknown-trajectory")
    table = tables.document
    removed = await tx.execute(
        delete(table)
        .where(table.c.id == command.document_id, table.c.trajectory_id == trajectory.id)
        .returning(table.c.kind)
    )
    kind = removed.scalar_one_or_none()
    if kind is None:
        return Done(changed=False)
    await remember(tx, trajectory.id, Change.DOCUMENT_REMOVED, now=now, by=actor, reason=kind)
    return Done(changed=True)
