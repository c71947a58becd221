"""What cannot wait: the sign-ups, requests and proposals whose tasks come before what is due later."""

from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.desk.store import metadata, task
from services.shared.database import Transaction

urgent_subject = Table(
    "urgent_subject",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    comment="What tasks are about that cannot wait, until it is settled: few at a time",
)


async def keep_urgent(tx: Transaction, subject_id: UUID) -> None:
    """What is asked about this cannot wait; its task may be there already, or come later."""
    await tx.execute(insert(urgent_subject).values(subject_id=subject_id).on_conflict_do_nothing())


async def settle_urgent(tx: Transaction, subject_id: UUID) -> None:
    """It was seen to, or nobody needs it any more."""
    await tx.execute(delete(urgent_subject).where(urgent_subject.c.subject_id == subject_id))


def cannot_wait() -> ColumnElement[bool]:
    """The condition on `task`."""
    return task.c.subject_id.in_(select(urgent_subject.c.subject_id))
