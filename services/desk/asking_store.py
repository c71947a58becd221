"""Rows around a decision: who must give it, who gave it so far, and what a decider asked back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.desk.contracts import Choice, OpenTask
from services.desk.store import Answer, decision, metadata, task
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import Code

QUESTIONS_MAX = 5
"""So many questions about one decision: after that it is decided, or talked about."""

_MOMENT = DateTime(timezone=True)

task_mandate = Table(
    "task_mandate",
    metadata,
    Column("task_id", Uuid, ForeignKey(task.c.id), primary_key=True),
    Column("deciders", Integer, nullable=False),
    Column("seats", ARRAY(Text), nullable=False),
    CheckConstraint("deciders > 0", name="somebody_decides"),
)

question = Table(
    "question",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("task_id", Uuid, ForeignKey(task.c.id), nullable=False),
    Column("answer_task_id", Uuid, nullable=False, unique=True),
    Column("code", Text, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    Column("asked_of", Uuid, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("answer", Text),
    Column("answered_by", Uuid),
    Column("answered_at", _MOMENT),
    Column("answer_read_at", _MOMENT),
    CheckConstraint("asked_by <> asked_of", name="question_goes_to_another"),
    CheckConstraint(
        "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
        name="question_is_answered_whole",
    ),
)
Index("question_open", question.c.task_id, unique=True, postgresql_where=question.c.answer.is_(None))
Index("question_task", question.c.task_id, question.c.asked_at)


@dataclass(frozen=True, kw_only=True)
class Needed:
    """So many different people decide, and together they fill these seats (none named: any role of the task)."""

    deciders: int = 1
    seats: tuple[Role, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A decision that was not refused; `roles` are those in which it was taken, None where they were not kept yet."""

    person: UUID
    on_behalf_of: UUID | None
    choice: Choice
    reason: Code
    roles: frozenset[Role] | None
    decided_at: datetime
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class AskedBack:
    """What a decider wants to know of the one who asked, in codes; it is answered in a task of its own.

    `answer_read_at`: when who asked the question saw its answer.
    """

    id: UUID
    task_id: UUID
    answer_task_id: UUID
    code: Code
    asked_by: UUID
    asked_of: UUID
    asked_at: datetime
    answer: Code | None
    answered_by: UUID | None
    answered_at: datetime | None
    answer_read_at: datetime | None


async def keep_mandate(tx: Transaction, opened: OpenTask) -> None:
    """Who must decide, beside the task."""
    values = {"task_id": opened.task_id, "deciders": opened.deciders, "seats": list(opened.seats)}
    await tx.execute(insert(task_mandate).values(**values).on_conflict_do_nothing())


async def mandate_of(tx: Transaction, task_id: UUID) -> Needed:
    row = (await tx.execute(select(task_mandate).where(task_mandate.c.task_id == task_id))).one_or_none()
    return Needed(deciders=row.deciders, seats=tuple(Role(seat) for seat in row.seats)) if row else Needed()


async def standing_decisions(tx: Transaction, task_id: UUID) -> list[Standing]:
    """What was decided in a task and not refused, oldest first."""
    mine = (decision.c.task_id == task_id) & (decision.c.answer != Answer.REFUSED)
    rows = await tx.execute(select(decision).where(mine).order_by(decision.c.decided_at, decision.c.id))
    return [
        Standing(
            person=row.person,
            on_behalf_of=row.on_behalf_of,
            choice=Choice(row.choice),
            reason=row.reason,
            roles=frozenset(Role(role) for role in row.roles) if row.roles is not None else None,
            decided_at=row.decided_at,
            answer=Answer(row.answer),
        )
        for row in rows
    ]


async def questions_about(tx: Transaction, task_id: UUID) -> list[AskedBack]:
    """What was asked back about a decision, oldest first; at most QUESTIONS_MAX by the rule that lets them in."""
    rows = await tx.execute(
        select(question).where(question.c.task_id == task_id).order_by(question.c.asked_at, question.c.id)
    )
    return [_asked(row) for row in rows]


async def answered_unread(tx: Transaction, asked_by: UUID, tasks: Collection[UUID]) -> set[UUID]:
    """Those of some tasks in which somebody asked a question and did not see its answer yet."""
    query = select(question.c.task_id).where(question.c.task_id.in_(tasks), _unread_by(asked_by))
    return set((await tx.execute(query)).scalars())


async def mark_answers_read(tx: Transaction, asked_by: UUID, task_id: UUID, *, now: datetime) -> None:
    """Who asked has the answers on the screen; for anybody else nothing changes."""
    theirs = update(question).where(question.c.task_id == task_id, _unread_by(asked_by))
    await tx.execute(theirs.values(answer_read_at=now))


async def question_by_id(tx: Transaction, question_id: UUID, *, lock: bool = False) -> AskedBack | None:
    query = select(question).where(question.c.id == question_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _asked(row) if row is not None else None


async def question_of_task(tx: Transaction, answer_task_id: UUID) -> AskedBack | None:
    """The question that a task asks to answer; None for another task."""
    row = (await tx.execute(select(question).where(question.c.answer_task_id == answer_task_id))).one_or_none()
    return _asked(row) if row is not None else None


def _unread_by(asked_by: UUID) -> ColumnElement[bool]:
    return and_(question.c.asked_by == asked_by, question.c.answer.is_not(None), question.c.answer_read_at.is_(None))


def _asked(row: Any) -> AskedBack:
    return AskedBack(**row._mapping)
