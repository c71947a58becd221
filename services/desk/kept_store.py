"""Decisions that were kept because their workflow could not be reached: what still has to go, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from services.desk.commands import Decide
from services.desk.contracts import Choice, TaskKind
from services.desk.store import Answer, decision, task
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import Code

OWN_TRY = timedelta(seconds=30)
"""So long the request in which somebody decided tries by itself."""
KEPT_FOR = timedelta(days=7)
"""So long a decision is sent by itself; then whoever took it says whether they still mean it."""
SENT_AT_ONCE_MAX = 10
TOLD_FOR = timedelta(days=3)
"""So long somebody reads on their worklist what came of it."""
TOLD_MAX = 20


@dataclass(frozen=True, kw_only=True)
class ToSend:
    """A decision as it was taken, with the roles of that moment."""

    id: UUID
    workflow: UUID
    person: UUID
    roles: tuple[Role, ...]
    command: Decide


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A decision that did not go at once; `by_itself` says that it still goes without anybody doing anything."""

    task_id: UUID
    kind: TaskKind
    workflow: UUID
    choice: Choice
    decided_at: datetime
    answer: Answer
    answered_at: datetime | None
    refusal: Code | None
    by_itself: bool


async def to_send(tx: Transaction, *, now: datetime) -> list[ToSend]:
    """In no order: one that cannot be sent is in nobody's way."""
    query = (
        select(decision, func.coalesce(task.c.workflow, task.c.subject_id).label("workflow"))
        .join(task, task.c.id == decision.c.task_id)
        .where(
            decision.c.answer == Answer.PENDING,
            decision.c.decided_at.between(now - KEPT_FOR, now - OWN_TRY),
            decision.c.roles.is_not(None),
        )
        .order_by(func.random())
        .limit(SENT_AT_ONCE_MAX)
    )
    return [
        ToSend(
            id=row.id,
            workflow=row.workflow,
            person=row.person,
            roles=tuple(Role(role) for role in row.roles),
            command=Decide(
                task_id=row.task_id,
                choice=Choice(row.choice),
                reason=row.reason,
                digest=row.digest,
                on_behalf_of=row.on_behalf_of,
            ),
        )
        for row in await tx.execute(query)
    ]


async def kept_by(tx: Transaction, person: UUID, *, now: datetime) -> list[Kept]:
    """What somebody decided that has to go yet, or went or was refused of late; newest first."""
    late = decision.c.answered_at - decision.c.decided_at > OWN_TRY
    query = (
        select(decision, task.c.kind, func.coalesce(task.c.workflow, task.c.subject_id).label("workflow"))
        .join(task, task.c.id == decision.c.task_id)
        .where(
            decision.c.person == person,
            or_(decision.c.answer == Answer.PENDING, late & (decision.c.answered_at > now - TOLD_FOR)),
        )
        .order_by(decision.c.decided_at.desc(), decision.c.id)
        .limit(TOLD_MAX)
    )
    return [
        Kept(
            task_id=row.task_id,
            kind=TaskKind(row.kind),
            workflow=row.workflow,
            choice=Choice(row.choice),
            decided_at=row.decided_at,
            answer=Answer(row.answer),
            answered_at=row.answered_at,
            refusal=row.refusal,
            by_itself=row.roles is not None and row.decided_at > now - KEPT_FOR,
        )
        for row in await tx.execute(query)
    ]
