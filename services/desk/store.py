"""The desk's tables and the questions that are asked of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.desk.contracts import Choice, TaskKind
from services.desk.domain import StandIn
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.tables import WRITTEN_LATER, SharedTables
from services.shared.types import Code, Digest

SCHEMA = "desk"
WORKLIST_MAX = 5_000

metadata = MetaData(schema=SCHEMA)
tables = SharedTables(metadata, families=True)

_MOMENT = DateTime(timezone=True)


class Answer(StrEnum):
    """What a workflow made of what the desk sent it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


task = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("family_id", Uuid),
    Column("trajectory_id", Uuid),
    Column("roles", ARRAY(Text), nullable=False),
    Column("excluded", ARRAY(Uuid), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("workflow", Uuid),
    Column("digest", Text),
    Column("opened_at", _MOMENT, nullable=False),
    Column("escalated_role", Text),
    Column("taken_by", Uuid),
    Column("closed_at", _MOMENT),
    Column("outcome", Text),
    Column("late", Boolean),
    Column("remind_on", Date),
    Column("fatal_on", Date),
    Column("snoozed_until", Date),
    CheckConstraint("(closed_at IS NULL) = (outcome IS NULL) AND (closed_at IS NULL) = (late IS NULL)", name="closed"),
    CheckConstraint("(workflow IS NULL) = (digest IS NULL)", name="a_decision_has_a_digest"),
    CheckConstraint("taken_by IS NULL OR NOT (taken_by = ANY (excluded))", name="excluded_never_takes"),
)
Index("task_open", task.c.due_on, task.c.id, postgresql_where=task.c.closed_at.is_(None))
Index("task_subject", task.c.subject_id)
Index("task_trajectory", task.c.trajectory_id, postgresql_where=task.c.closed_at.is_(None))
Index("task_taken", task.c.taken_by, postgresql_where=task.c.closed_at.is_(None))

task_change = Table(
    "task_change",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    # The transaction that wrote it: whoever follows the list reads what is older than every open transaction, so that
    # nothing that commits late is passed over.
    Column("written_in", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")),
    Column("task_id", Uuid, ForeignKey(task.c.id), nullable=False),
    Column("what", Text, nullable=False),
    Column("person", Uuid),
    Column("other", Uuid),
    Column("reason", Text),
    Column("until", Date),
    Column("changed_at", _MOMENT, nullable=False),
    comment="Rows are only added: who did what with a task, and why",
)
tables.histories.append(task_change)
Index("task_change_task", task_change.c.task_id, task_change.c.position)
Index("task_change_followed", task_change.c.written_in, task_change.c.position)

saved_search = Table(
    "saved_search",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("whose", Text, nullable=False),
    Column("kind", Text),
    Column("programme", Text),
    Column("area", Text),
    Column("due", Text),
    Column("saved_at", _MOMENT, nullable=False),
    UniqueConstraint("person", "name"),
    comment="What somebody looks for in the worklist; its name is their own, and shown to nobody else",
)

stand_in = Table(
    "stand_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, nullable=False),
    Column("stand_in", Uuid, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),
    Column("set_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    CheckConstraint("person <> stand_in", name="somebody_else"),
    CheckConstraint("until_on >= from_on", name="until_is_not_before_from"),
)
Index("stand_in_person", stand_in.c.person, stand_in.c.stand_in)

decision = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("task_id", Uuid, ForeignKey(task.c.id), nullable=False),
    Column("person", Uuid, nullable=False),
    Column("on_behalf_of", Uuid),
    Column("choice", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("roles", ARRAY(Text)),
    Column("decided_at", _MOMENT, nullable=False),
    Column("answer", Text, nullable=False, server_default=Answer.PENDING, info={WRITTEN_LATER: True}),
    Column("refusal", Text, info={WRITTEN_LATER: True}),
    Column("answered_at", _MOMENT, info={WRITTEN_LATER: True}),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    CheckConstraint("answer IN ('pending', 'accepted', 'refused')", name="answer_is_known"),
    CheckConstraint("(answer = 'refused') = (refusal IS NOT NULL)", name="refused_with_a_reason"),
    comment="Rows are only added; what the workflow answered is written once beside them",
)
tables.histories.append(decision)
Index("decision_task", decision.c.task_id)
Index("decision_position", decision.c.position, unique=True)

voice = Table(
    "voice",
    metadata,
    Column("task_id", Uuid, ForeignKey(task.c.id), primary_key=True),
    Column("person", Uuid, primary_key=True),
    Column("decision_id", Uuid, ForeignKey(decision.c.id), nullable=False),
    comment="Everybody whose signature stands under a decision, actor and principal: once in a task",
)

action = Table(
    "action",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("act", Text, nullable=False),
    Column("person", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("acted_at", _MOMENT, nullable=False),
    Column("answer", Text, nullable=False, server_default=Answer.PENDING),
    Column("refusal", Text),
    Column("answered_at", _MOMENT),
    CheckConstraint("answer IN ('pending', 'accepted', 'refused')", name="answer_is_known"),
    CheckConstraint("(answer = 'refused') = (refusal IS NOT NULL)", name="refused_with_a_reason"),
)
Index("action_trajectory", action.c.trajectory_id)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One piece of work for people."""

    id: UUID
    kind: TaskKind
    programme: Code
    subject_id: UUID
    family_id: UUID | None
    trajectory_id: UUID | None
    roles: tuple[Role, ...]
    excluded: tuple[UUID, ...]
    due_on: date
    number: int
    workflow: UUID | None
    digest: Digest | None
    opened_at: datetime
    escalated_role: Role | None
    taken_by: UUID | None
    closed_at: datetime | None
    outcome: Code | None
    late: bool | None
    remind_on: date | None
    fatal_on: date | None
    snoozed_until: date | None


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """What somebody looks for in a worklist."""

    programme: Code | None = None
    kind: TaskKind | None = None
    subject_id: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = {task.c.programme: self.programme, task.c.kind: self.kind, task.c.subject_id: self.subject_id}
        return [column == value for column, value in wanted.items() if value is not None]


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """What somebody decided, and what the workflow answered."""

    id: UUID
    person: UUID
    on_behalf_of: UUID | None
    choice: Choice
    reason: Code
    answer: Answer


def task_of(row: Any) -> Task:
    """A task as it stands in a row."""
    return Task(
        id=row.id,
        kind=TaskKind(row.kind),
        programme=row.programme,
        subject_id=row.subject_id,
        family_id=row.family_id,
        trajectory_id=row.trajectory_id,
        roles=tuple(Role(role) for role in row.roles),
        excluded=tuple(row.excluded),
        due_on=row.due_on,
        number=row.number,
        workflow=row.workflow,
        digest=row.digest,
        opened_at=row.opened_at,
        escalated_role=Role(row.escalated_role) if row.escalated_role else None,
        taken_by=row.taken_by,
        closed_at=row.closed_at,
        outcome=row.outcome,
        late=row.late,
        remind_on=row.remind_on,
        fatal_on=row.fatal_on,
        snoozed_until=row.snoozed_until,
    )


async def open_tasks(
    tx: Transaction,
    *,
    roles: Iterable[Role] | None = None,
    person: UUID | None = None,
    taken_by: UUID | None = None,
    unassigned: bool = False,
    narrowed: Narrowed | None = None,
    within: ColumnElement[bool] | None = None,
    limit: int = WORKLIST_MAX,
) -> list[Task]:
    """Open tasks, what is due first on top, at most `limit`.

    `roles`: only what one of these may take; `person`: without what is kept from them; `taken_by`: only theirs;
    `unassigned`: only what nobody took; `within`: only what `reach` lets somebody see.
    """
    query = select(task).where(task.c.closed_at.is_(None)).order_by(task.c.due_on, task.c.id).limit(limit)
    if roles is not None:
        query = query.where(task.c.roles.overlap(sorted(roles)))
    if person is not None:
        query = query.where(~task.c.excluded.contains([person]))
    if taken_by is not None:
        query = query.where(task.c.taken_by == taken_by)
    if unassigned:
        query = query.where(task.c.taken_by.is_(None))
    if narrowed is not None:
        query = query.where(*narrowed.conditions())
    if within is not None:
        query = query.where(within)
    return [task_of(row) for row in await tx.execute(query)]


async def task_by_id(tx: Transaction, task_id: UUID, *, lock: bool = False) -> Task | None:
    """One task; with `lock` nobody else changes it until this transaction ends."""
    query = select(task).where(task.c.id == task_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return task_of(row) if row is not None else None


async def voices(tx: Transaction, task_id: UUID) -> frozenset[UUID]:
    """Everybody who had a say in a task, in their own name or another's."""
    return frozenset((await tx.execute(select(voice.c.person).where(voice.c.task_id == task_id))).scalars())


async def standing_decision(tx: Transaction, task_id: UUID, person: UUID) -> DecisionRow | None:
    """What somebody decided in a task and was not refused."""
    query = select(decision).where(
        decision.c.task_id == task_id, decision.c.person == person, decision.c.answer != Answer.REFUSED
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    return DecisionRow(
        id=row.id,
        person=row.person,
        on_behalf_of=row.on_behalf_of,
        choice=Choice(row.choice),
        reason=row.reason,
        answer=Answer(row.answer),
    )


async def stand_ins(
    tx: Transaction, on: date, *, person: UUID | None = None, by: UUID | None = None, limit: int = WORKLIST_MAX
) -> list[StandIn]:
    """Who stands in on a day: for `person`, or `by` whom, newest last."""
    query = select(stand_in).where(stand_in.c.from_on <= on, stand_in.c.until_on >= on, stand_in.c.ended_at.is_(None))
    if person is not None:
        query = query.where(stand_in.c.person == person)
    if by is not None:
        query = query.where(stand_in.c.stand_in == by)
    return await _stand_ins(tx, query, limit)


async def stand_ins_about(tx: Transaction, person: UUID, on: date, *, limit: int) -> list[StandIn]:
    """For whom somebody stands in on a day, and who stands in for them then or later; newest last."""
    table = stand_in
    for_others = (table.c.stand_in == person) & (table.c.from_on <= on)
    query = select(table).where(
        for_others | (table.c.person == person), table.c.until_on >= on, table.c.ended_at.is_(None)
    )
    return await _stand_ins(tx, query, limit)


async def _stand_ins(tx: Transaction, query: Select[Any], limit: int) -> list[StandIn]:
    rows = await tx.execute(query.order_by(stand_in.c.set_at, stand_in.c.id).limit(limit))
    return [
        StandIn(
            id=row.id,
            person=row.person,
            stand_in=row.stand_in,
            roles=tuple(Role(role) for role in row.roles),
            from_on=row.from_on,
            until_on=row.until_on,
        )
        for row in rows
    ]
