"""What the desk keeps of each trajectory from what it hears: how far it is, and the moments of its timeline."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, Identity, Index, Integer, Table, Text, Uuid, select, update
from sqlalchemy.dialects.postgresql import insert

from services.desk.store import action, metadata, task
from services.plans.events import Phase
from services.shared.database import Transaction
from services.shared.types import Code

MOMENTS_MAX = 2_000
"""Drawn at once; a trajectory of ten years stays below it."""
TASKS_MAX = 20
ACTIONS_MAX = 100


class CourseState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class MomentKind(StrEnum):
    """What can stand on a timeline."""

    MET = "met"
    INTAKE = "intake"
    ENROLLED = "enrolled"
    PHASE = "phase"
    PAUSED = "paused"
    RESUMED = "resumed"
    CLOSED = "closed"
    TANDEM_PROPOSED = "tandem-proposed"
    TANDEM_CONFIRMED = "tandem-confirmed"
    TANDEM_ENDED = "tandem-ended"
    PLAN_AGREED = "plan-agreed"
    GOAL_REACHED = "goal-reached"
    REVIEW = "review"
    MEASUREMENT = "measurement"
    CONTACT = "contact"
    DECISION = "decision"
    MOVED = "moved"
    AFTERCARE = "aftercare"


course = Table(
    "course",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("phase", Text, nullable=False),
    Column("phase_since", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("outcome", Text),
    comment="How far each trajectory is, as the desk heard it",
)
Index("course_family", course.c.family_id)
Index("course_newest", course.c.started_on.desc(), course.c.trajectory_id)

moment = Table(
    "moment",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("on_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text),
    Column("number", Integer),
    comment="What happened when, in codes: no words of anybody",
)
Index("moment_trajectory", moment.c.trajectory_id, moment.c.on_date)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far a family is."""

    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    phase: Phase
    phase_since: date
    state: CourseState
    started_on: date
    closed_on: date | None
    outcome: Code | None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing on the timeline; `code` says which (a phase, an outcome), `number` how many (minutes, a version)."""

    on: date
    kind: MomentKind
    code: Code | None
    number: int | None


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """An open task about this family, as its dossier shows it."""

    id: UUID
    kind: Code
    subject_id: UUID
    due_on: date
    taken_by: UUID | None


async def keep_course(tx: Transaction, known: Course) -> bool:
    """A family comes in; False for one that is here already."""
    values = {
        "trajectory_id": known.trajectory_id,
        "family_id": known.family_id,
        "programme": known.programme,
        "programme_version": known.programme_version,
        "phase": known.phase,
        "phase_since": known.phase_since,
        "state": known.state,
        "started_on": known.started_on,
    }
    added = await tx.execute(insert(course).values(values).on_conflict_do_nothing().returning(course.c.trajectory_id))
    return added.first() is not None


async def change(tx: Transaction, trajectory_id: UUID, **values: object) -> None:
    await tx.execute(update(course).where(course.c.trajectory_id == trajectory_id).values(values))


async def note(
    tx: Transaction,
    trajectory_id: UUID,
    kind: MomentKind,
    on: date,
    *,
    code: Code | None = None,
    number: int | None = None,
) -> None:
    """One more thing on a timeline."""
    values = {"trajectory_id": trajectory_id, "on_date": on, "kind": kind, "code": code, "number": number}
    await tx.execute(insert(moment).values(values))


async def course_of(tx: Transaction, trajectory_id: UUID) -> Course | None:
    row = (await tx.execute(select(course).where(course.c.trajectory_id == trajectory_id))).one_or_none()
    return course_row(row) if row is not None else None


async def moments(tx: Transaction, trajectory_id: UUID) -> list[Moment]:
    """The timeline, oldest first; of a very long one the latest MOMENTS_MAX."""
    query = select(moment).where(moment.c.trajectory_id == trajectory_id)
    query = query.order_by(moment.c.on_date.desc(), moment.c.position.desc()).limit(MOMENTS_MAX)
    found = [
        Moment(on=row.on_date, kind=MomentKind(row.kind), code=row.code, number=row.number)
        for row in await tx.execute(query)
    ]
    return found[::-1]


async def works_together(tx: Transaction, trajectory_id: UUID) -> bool:
    """Whether the family has a tandem that it confirmed, and that has not ended."""
    tandem = (MomentKind.TANDEM_CONFIRMED, MomentKind.TANDEM_ENDED)
    query = select(moment.c.kind).where(moment.c.trajectory_id == trajectory_id, moment.c.kind.in_(tandem))
    last = (await tx.execute(query.order_by(moment.c.position.desc()).limit(1))).scalar_one_or_none()
    return last == MomentKind.TANDEM_CONFIRMED


async def to_do(tx: Transaction, trajectory_id: UUID, family_id: UUID, programme: Code) -> list[ToDo]:
    """What people must do in this trajectory, what is due first on top."""
    in_programme = (task.c.family_id == family_id) & (task.c.programme == programme)
    about = (task.c.trajectory_id == trajectory_id) | (task.c.trajectory_id.is_(None) & in_programme)
    columns = (task.c.id, task.c.kind, task.c.subject_id, task.c.due_on, task.c.taken_by)
    query = select(*columns).where(about, task.c.closed_at.is_(None))
    rows = await tx.execute(query.order_by(task.c.due_on, task.c.id).limit(TASKS_MAX))
    return [ToDo(**row) for row in rows.mappings()]


async def actions(tx: Transaction, trajectory_id: UUID) -> list[Any]:
    """What people did in this trajectory (pause, stop), why, and what came of it; the latest first."""
    query = select(action).where(action.c.trajectory_id == trajectory_id)
    return list(await tx.execute(query.order_by(action.c.acted_at.desc()).limit(ACTIONS_MAX)))


def course_row(row: Any) -> Course:
    return Course(
        trajectory_id=row.trajectory_id,
        family_id=row.family_id,
        programme=row.programme,
        programme_version=row.programme_version,
        phase=Phase(row.phase),
        phase_since=row.phase_since,
        state=CourseState(row.state),
        started_on=row.started_on,
        closed_on=row.closed_on,
        outcome=row.outcome,
    )
