"""Keeps every event that is heard, notices what is missing, and brings the facts up to date."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.monitor.handlers.projecting import project
from services.monitor.store import event_log, gap
from services.shared.consumer import Heard
from services.shared.database import Transaction
from services.shared.events import Event

GAP_ROWS_MAX = 1000
"""A jump wider than this is noted by its first numbers; the event that closes it notes the next."""


async def keep_event(tx: Transaction, heard: Heard[Event]) -> None:
    """Append to the log and project, once for each event."""
    await lock_log(tx)
    envelope, sequence = heard.envelope, int(heard.envelope.sequence)
    earlier = event_log.alias()
    before = (
        select(func.coalesce(func.max(earlier.c.sequence), 0))
        .where(earlier.c.source == envelope.source, earlier.c.subject == envelope.subject)
        .scalar_subquery()
    )
    appended = (
        insert(event_log)
        .values(
            event_id=envelope.id,
            type=envelope.type,
            routing_key=heard.event.routing_key,
            source=envelope.source,
            subject=envelope.subject,
            sequence=sequence,
            time=envelope.time,
            body=heard.body,
        )
        .on_conflict_do_nothing(index_elements=[event_log.c.event_id])
        .returning(before)
    )
    last = (await tx.execute(appended)).scalar_one_or_none()
    if last is None:
        return
    if sequence != last + 1:
        await _note_gap(tx, heard, last)
    await project(tx, heard.event, now=envelope.time, sequence=sequence)


async def lock_log(tx: Transaction) -> None:
    """From here to the commit nobody else appends.

    Positions are handed out before a commit, so without this a reader could see position 6, move on, and never look
    at position 5, which was committed a moment later. Under the lock positions become visible in their order.
    """
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext("monitor.event_log"))))


async def _note_gap(tx: Transaction, heard: Heard[Event], last: int) -> None:
    source, subject, sequence = heard.envelope.source, heard.envelope.subject, int(heard.envelope.sequence)
    if sequence <= last:
        late = (gap.c.source == source) & (gap.c.subject == subject) & (gap.c.sequence == sequence)
        await tx.execute(update(gap).where(late).values(closed_at=func.clock_timestamp()))
        return
    missing = range(last + 1, min(sequence, last + 1 + GAP_ROWS_MAX))
    rows = [{"source": source, "subject": subject, "sequence": number} for number in missing]
    await tx.execute(insert(gap).on_conflict_do_nothing(), rows)
