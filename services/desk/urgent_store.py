"""What cannot wait: what tasks are about that come before the rest, and the needs that nobody asked for yet."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Index, Table, Text, Uuid, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.desk.contracts import TaskKind
from services.desk.store import metadata, task
from services.shared.database import Transaction
from services.shared.types import Code

NEEDS_MAX = 50

urgent_subject = Table(
    "urgent_subject",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    comment="What tasks are about that cannot wait, until it is settled: few at a time",
)

urgent_need = Table(
    "urgent_need",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("need", Text, primary_key=True),
    Column("settled_as", Text),
    comment="What an enrolled family cannot wait for, until its trajectory closes; settled: without asking money",
)

need_request = Table(
    "need_request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("need", Text, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    comment="Requests and proposals for what cannot wait, unless they came to nothing",
)
Index("need_request_trajectory", need_request.c.trajectory_id)


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that cannot wait: nobody asked for it yet (open), somebody did, or it was settled in another way."""

    code: Code
    is_asked: bool
    settled_as: Code | None

    @property
    def is_open(self) -> bool:
        return not self.is_asked and self.settled_as is None


@dataclass(frozen=True, kw_only=True)
class NeedRequest:
    """A request for a need."""

    request_id: UUID
    trajectory_id: UUID
    need: Code
    asked_by: UUID


async def keep_urgent(tx: Transaction, subject_id: UUID) -> None:
    """What is asked about this cannot wait; its task may be there already, or come later."""
    await tx.execute(insert(urgent_subject).values(subject_id=subject_id).on_conflict_do_nothing())


async def settle_urgent(tx: Transaction, subject_id: UUID) -> None:
    """It was seen to, or nobody needs it any more."""
    await tx.execute(delete(urgent_subject).where(urgent_subject.c.subject_id == subject_id))


def cannot_wait() -> ColumnElement[bool]:
    """The condition on `task`."""
    of_itself = task.c.kind == TaskKind.ASK_URGENT_NEED
    return or_(of_itself, task.c.subject_id.in_(select(urgent_subject.c.subject_id)))


async def needs_of(tx: Transaction, trajectory_id: UUID, *, lock: bool = False) -> list[Need]:
    """What a family could not wait for, and what became of each; with `lock` nobody else changes it meanwhile."""
    table, asked = urgent_need, need_request
    same = (asked.c.trajectory_id == table.c.trajectory_id) & (asked.c.need == table.c.need)
    is_asked = select(asked.c.request_id).where(same).exists().label("is_asked")
    query = select(table.c.need, table.c.settled_as, is_asked).where(table.c.trajectory_id == trajectory_id)
    if lock:
        await tx.execute(select(table.c.need).where(table.c.trajectory_id == trajectory_id).with_for_update())
    rows = await tx.execute(query.order_by(table.c.need).limit(NEEDS_MAX))
    return [Need(code=row.need, is_asked=row.is_asked, settled_as=row.settled_as) for row in rows]


async def keep_needs(tx: Transaction, trajectory_id: UUID, needs: tuple[Code, ...]) -> None:
    """A family was enrolled that needs these now."""
    rows = [{"trajectory_id": trajectory_id, "need": need} for need in sorted(set(needs))]
    await tx.execute(insert(urgent_need).values(rows).on_conflict_do_nothing())


async def keep_need_request(tx: Transaction, asked: NeedRequest) -> None:
    """Somebody asked for it; of what is no need nothing is kept."""
    table = urgent_need
    known = select(table.c.need).where(table.c.trajectory_id == asked.trajectory_id, table.c.need == asked.need)
    if (await tx.execute(known)).first() is not None:
        values = {
            "request_id": asked.request_id,
            "trajectory_id": asked.trajectory_id,
            "need": asked.need,
            "asked_by": asked.asked_by,
        }
        await tx.execute(insert(need_request).values(values).on_conflict_do_nothing())


async def drop_need_request(tx: Transaction, request_id: UUID) -> NeedRequest | None:
    """It came to nothing; gives what it was, None for what was no need."""
    table = need_request
    row = (await tx.execute(delete(table).where(table.c.request_id == request_id).returning(table))).one_or_none()
    if row is None:
        return None
    return NeedRequest(request_id=row.request_id, trajectory_id=row.trajectory_id, need=row.need, asked_by=row.asked_by)


async def settle_needs(tx: Transaction, trajectory_id: UUID, needs: list[Code], *, settled_as: Code) -> None:
    """Nobody needs to ask for these any more."""
    table = urgent_need
    mine = (table.c.trajectory_id == trajectory_id) & table.c.need.in_(needs)
    await tx.execute(update(table).where(mine).values(settled_as=settled_as))


async def forget_needs(tx: Transaction, trajectory_id: UUID) -> None:
    """The family takes part no more."""
    for table in (urgent_need, need_request):
        await tx.execute(delete(table).where(table.c.trajectory_id == trajectory_id))
