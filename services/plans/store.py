"""The questions that are asked of the tables of plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, literal, select, union_all

from services.plans.contracts import Due
from services.plans.domain import GoalState, Measured, PlanState, Trajectory, TrajectoryState, Who
from services.plans.events import Contributor, MeasurementMoment, Phase
from services.plans.tables import (
    aftercare,
    document,
    goal,
    hours,
    journal,
    measurement,
    metadata,
    plan,
    plan_step,
    review,
    tables,
)
from services.plans.tables import trajectory as trajectory_
from services.shared.database import Transaction
from services.shared.types import Code

__all__ = ["metadata", "tables"]

ROWS_MAX = 1_000
"""A bound on every list about one family; a trajectory of ten years stays far below it."""
TRAJECTORIES_MAX = 20_000
"""A bound on lists of trajectories: more than the largest programme reaches."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One version of a family's plan."""

    version: int
    state: PlanState
    drafted_on: date
    agreed_on: date | None
    situation: str | None
    wishes: str | None


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal in the family's own words; a lower weight stands higher on its list."""

    id: UUID
    version: int
    weight: int
    theme: Code
    words: str | None
    state: GoalState


@dataclass(frozen=True, kw_only=True)
class Step:
    id: UUID
    goal_id: UUID
    words: str | None
    who: Who
    by: date | None
    done_on: date | None


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review that is due, or was held."""

    number: int
    due_on: date
    held_on: date | None
    ready_to_let_go: bool | None
    notes: str | None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A measurement that is due, or was taken."""

    number: int
    due_on: date
    taken_on: date | None
    instrument: Code | None
    instrument_version: int | None
    moment: MeasurementMoment | None
    scores: dict[Code, int] | None


@dataclass(frozen=True, kw_only=True)
class Hours:
    contributor: Contributor
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Aftercare:
    """A call after letting go: due, or made."""

    number: int
    due_on: date
    given_on: date | None
    reached: bool | None


@dataclass(frozen=True, kw_only=True)
class DueNow:
    """A trajectory with what is due for it and not yet named."""

    trajectory_id: UUID
    family_id: UUID
    due: Due
    due_on: date


async def trajectory(tx: Transaction, trajectory_id: UUID, *, lock: bool = False) -> Trajectory | None:
    """How far a family is. `lock` is taken by whoever changes anything of a trajectory."""
    query = select(trajectory_).where(trajectory_.c.id == trajectory_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    return _trajectory(row) if row else None


async def trajectories_of(tx: Transaction, family_ids: Sequence[UUID]) -> list[Trajectory]:
    """Every trajectory that these families have or had."""
    query = select(trajectory_).where(trajectory_.c.family_id.in_(family_ids)).order_by(trajectory_.c.id)
    return [_trajectory(row) for row in await tx.execute(query.limit(TRAJECTORIES_MAX))]


async def due(tx: Transaction, programme: Code, *, on: date, limit: int, lock: bool = False) -> list[DueNow]:
    """What has fallen due and was not named yet, the longest due first; paused trajectories wait."""
    review_on, measurement_on = trajectory_.c.next_review_on, trajectory_.c.next_measurement_on
    if lock:
        some = select(trajectory_.c.id).where(_running(programme), (review_on <= on) | (measurement_on <= on))
        await tx.execute(some.order_by(trajectory_.c.id).with_for_update())
    kinds = [
        select(
            trajectory_.c.id, trajectory_.c.family_id, literal(kind.value).label("due"), column.label("due_on")
        ).where(_running(programme), column <= on)
        for kind, column in ((Due.REVIEW, review_on), (Due.MEASUREMENT, measurement_on))
    ]
    both = union_all(*kinds).subquery()
    query = select(both).order_by(both.c.due_on, both.c.id, both.c.due).limit(limit)
    return [
        DueNow(trajectory_id=row.id, family_id=row.family_id, due=Due(row.due), due_on=row.due_on)
        for row in await tx.execute(query)
    ]


async def plans(tx: Transaction, trajectory_id: UUID) -> list[Plan]:
    """All versions, the newest first."""
    query = select(plan).where(plan.c.trajectory_id == trajectory_id).order_by(plan.c.version.desc()).limit(ROWS_MAX)
    return [
        Plan(
            version=row.version,
            state=PlanState(row.state),
            drafted_on=row.drafted_on,
            agreed_on=row.agreed_on,
            situation=row.situation,
            wishes=row.wishes,
        )
        for row in await tx.execute(query)
    ]


async def goals(tx: Transaction, trajectory_id: UUID) -> list[Goal]:
    """Every goal, what weighs most first."""
    query = select(goal).where(goal.c.trajectory_id == trajectory_id).order_by(goal.c.weight, goal.c.id).limit(ROWS_MAX)
    return [
        Goal(
            id=row.id,
            version=row.version,
            weight=row.weight,
            theme=row.theme,
            words=row.words,
            state=GoalState(row.state),
        )
        for row in await tx.execute(query)
    ]


async def steps(tx: Transaction, trajectory_id: UUID) -> list[Step]:
    query = select(plan_step).where(plan_step.c.trajectory_id == trajectory_id)
    query = query.order_by(plan_step.c.by_date, plan_step.c.id).limit(ROWS_MAX)
    return [
        Step(id=row.id, goal_id=row.goal_id, words=row.words, who=Who(row.who), by=row.by_date, done_on=row.done_on)
        for row in await tx.execute(query)
    ]


async def reviews(tx: Transaction, trajectory_id: UUID) -> list[Review]:
    query = select(review).where(review.c.trajectory_id == trajectory_id).order_by(review.c.number).limit(ROWS_MAX)
    return [
        Review(
            number=row.number,
            due_on=row.due_on,
            held_on=row.held_on,
            ready_to_let_go=row.ready_to_let_go,
            notes=row.notes,
        )
        for row in await tx.execute(query)
    ]


async def measurements(tx: Transaction, trajectory_id: UUID) -> list[Measurement]:
    query = select(measurement).where(measurement.c.trajectory_id == trajectory_id).order_by(measurement.c.number)
    return [
        Measurement(
            number=row.number,
            due_on=row.due_on,
            taken_on=row.taken_on,
            instrument=row.instrument,
            instrument_version=row.instrument_version,
            moment=MeasurementMoment(row.moment) if row.moment else None,
            scores=row.scores,
        )
        for row in await tx.execute(query.limit(ROWS_MAX))
    ]


async def measured(tx: Transaction, trajectory_id: UUID) -> Measured:
    """Which moments were measured, and whether a measurement is named and not yet taken."""
    found = await measurements(tx, trajectory_id)
    taken = frozenset(each.moment for each in found if each.moment is not None)
    return Measured(taken=taken, named=any(each.taken_on is None for each in found))


async def hours_of(tx: Transaction, trajectory_id: UUID) -> list[Hours]:
    """Minutes in all, by who gave them."""
    query = (
        select(hours.c.contributor, func.sum(hours.c.minutes).label("minutes"))
        .where(hours.c.trajectory_id == trajectory_id)
        .group_by(hours.c.contributor)
        .order_by(hours.c.contributor)
    )
    return [Hours(contributor=Contributor(row.contributor), minutes=row.minutes) for row in await tx.execute(query)]


async def aftercare_of(tx: Transaction, trajectory_id: UUID) -> list[Aftercare]:
    query = select(aftercare).where(aftercare.c.trajectory_id == trajectory_id).order_by(aftercare.c.number)
    return [
        Aftercare(number=row.number, due_on=row.due_on, given_on=row.given_on, reached=row.reached)
        for row in await tx.execute(query.limit(ROWS_MAX))
    ]


async def personal_texts(tx: Transaction) -> list[str]:
    """Every free text there is, for the audit that looks for them elsewhere."""
    columns = (
        *(plan.c.situation, plan.c.wishes, goal.c.words, plan_step.c.words, review.c.notes),
        *(journal.c.words, document.c.label),
    )
    texts = union_all(*(select(column.label("words")).where(column.is_not(None)) for column in columns)).subquery()
    return list((await tx.execute(select(texts.c.words).distinct().order_by(texts.c.words))).scalars())


def _running(programme: Code) -> ColumnElement[bool]:
    return (trajectory_.c.programme == programme) & (trajectory_.c.state == TrajectoryState.ACTIVE)


def _trajectory(row: Row[Any]) -> Trajectory:
    return Trajectory(
        id=row.id,
        family_id=row.family_id,
        programme=row.programme,
        programme_version=row.programme_version,
        area=row.area,
        phase=Phase(row.phase),
        phase_since=row.phase_since,
        state=TrajectoryState(row.state),
        started_on=row.started_on,
        closed_on=row.closed_on,
        outcome=row.outcome,
        supporter_id=row.supporter_id,
        buddy_id=row.buddy_id,
        next_review_on=row.next_review_on,
        next_measurement_on=row.next_measurement_on,
    )
