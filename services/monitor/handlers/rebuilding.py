"""Makes the facts again from the log, for when what they are made of has changed."""

from sqlalchemy import delete, select

from services.monitor.handlers.keeping import lock_log
from services.monitor.handlers.projecting import project
from services.monitor.store import FACTS, event_log
from services.shared.database import Transaction
from services.shared.events import read_envelope

REPLAY_BATCH = 500


async def rebuild(tx: Transaction) -> int:
    """Empty the facts and replay the log into them; gives the number of events. Nothing is appended meanwhile."""
    await lock_log(tx)
    for table in FACTS:
        await tx.execute(delete(table))
    replayed = position = 0
    while True:
        batch = (
            await tx.execute(
                select(event_log.c.position, event_log.c.sequence, event_log.c.body)
                .where(event_log.c.position > position)
                .order_by(event_log.c.position)
                .limit(REPLAY_BATCH)
            )
        ).all()
        if not batch:
            return replayed
        for row in batch:
            envelope = read_envelope(row.body)
            await project(tx, envelope.event(), now=envelope.time, sequence=row.sequence)
        replayed += len(batch)
        position = batch[-1].position
