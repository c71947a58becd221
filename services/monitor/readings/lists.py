"""Lists of reports, subscribers and gaps."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.monitor import store
from services.shared.database import Transaction
from services.shared.types import Code


async def version_of(tx: Transaction, programme: Code) -> int | None:
    """The newest version of a programme that anything was heard of; None when nothing was."""
    funded = select(store.programme.c.version).where(store.programme.c.programme == programme)
    told = select(func.max(store.signal.c.version)).where(store.signal.c.programme == programme)
    versions = [(await tx.execute(query)).scalar_one_or_none() for query in (funded, told)]
    return max((version for version in versions if version is not None), default=None)


async def reports(tx: Transaction, programme: Code, *, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest reports of a programme."""
    report_table = store.report
    wanted = select(report_table).where(report_table.c.programme == programme)
    return (await tx.execute(wanted.order_by(report_table.c.number.desc()).limit(limit))).all()


async def report(tx: Transaction, report_id: UUID) -> Row[*tuple[Any, ...]] | None:
    return (await tx.execute(select(store.report).where(store.report.c.report_id == report_id))).first()


async def subscribers(tx: Transaction, *, name: str | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Subscribers by name, each with how many positions it is behind."""
    last = select(func.coalesce(func.max(store.event_log.c.position), 0)).scalar_subquery()
    wanted = select(store.subscriber, (last - store.subscriber.c.position).label("behind"))
    if name is not None:
        wanted = wanted.where(store.subscriber.c.name == name)
    return (await tx.execute(wanted.order_by(store.subscriber.c.name))).all()


async def open_gaps(tx: Transaction, *, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Missing numbers, oldest first."""
    gap = store.gap
    wanted = select(gap).where(gap.c.closed_at.is_(None))
    return (await tx.execute(wanted.order_by(gap.c.noticed_at, gap.c.subject, gap.c.sequence).limit(limit))).all()
