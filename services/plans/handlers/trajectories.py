"""A trajectory opens, goes from phase to phase, pauses, closes; and what it must know of family and tandem."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from services.plans import store, tables
from services.plans.contracts import (
    CloseTrajectory,
    Done,
    EnterPhase,
    OpenTrajectory,
    PauseTrajectory,
    ResumeTrajectory,
)
from services.plans.domain import Change, TrajectoryState, aftercare_dates, due_on_entering, is_forward
from services.plans.events import (
    Phase,
    TrajectoryClosed,
    TrajectoryOpened,
    TrajectoryPaused,
    TrajectoryPhaseEntered,
    TrajectoryResumed,
)
from services.plans.handlers.entry import remember
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.types import Code


async def open_trajectory(tx: Transaction, command: OpenTrajectory, *, now: datetime) -> Done:
    """A family's years begin, in the phase of matching; opening it again changes nothing."""
    opened = await tx.execute(
        insert(tables.trajectory)
        .values(
            id=command.trajectory_id,
            family_id=command.family_id,
            programme=command.programme,
            programme_version=command.programme_version,
            area=command.area,
            phase=Phase.MATCHING,
            phase_since=command.started_on,
            state=TrajectoryState.ACTIVE,
            started_on=command.started_on,
        )
        .on_conflict_do_nothing()
        .returning(tables.trajectory.c.id)
    )
    if opened.first() is None:
        return Done(changed=False)
    await remember(tx, command.trajectory_id, Change.TRAJECTORY_OPENED, now=now)
    await tx.publish(
        TrajectoryOpened(
            trajectory_id=command.trajectory_id,
            family_id=command.family_id,
            programme=command.programme,
            programme_version=command.programme_version,
            area=command.area,
        ),
        now=now,
    )
    return Done(changed=True)


async def enter_phase(tx: Transaction, command: EnterPhase, *, now: datetime) -> Done:
    """The next phase begins, with what falls due in it. Backward, or after closing, there is nothing to do."""
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None or command.phase is Phase.CLOSED or not is_forward(trajectory.phase, command.phase):
        return Done(changed=False)
    today = local_date(now)
    programme = load(trajectory.programme, trajectory.programme_version)
    measured = await store.measured(tx, trajectory.id)
    due = due_on_entering(trajectory, command.phase, programme, measured, on=today)
    await _change(
        tx,
        trajectory.id,
        phase=command.phase,
        phase_since=today,
        next_review_on=due.review_on,
        next_measurement_on=due.measurement_on,
    )
    if command.phase is Phase.AFTERCARE:
        calls = enumerate(aftercare_dates(programme, ended_on=today), start=1)
        rows = [{"trajectory_id": trajectory.id, "number": number, "due_on": day} for number, day in calls]
        await tx.execute(insert(tables.aftercare).values(rows))
    await remember(tx, trajectory.id, Change.PHASE_ENTERED, now=now, reason=command.phase)
    await tx.publish(
        TrajectoryPhaseEntered(
            trajectory_id=trajectory.id,
            family_id=trajectory.family_id,
            programme=trajectory.programme,
            phase=command.phase,
        ),
        now=now,
    )
    return Done(changed=True)


async def pause_trajectory(tx: Transaction, command: PauseTrajectory, *, now: datetime) -> Done:
    """Nothing falls due until the family goes on."""
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None or trajectory.state is not TrajectoryState.ACTIVE:
        return Done(changed=False)
    await _change(tx, trajectory.id, state=TrajectoryState.PAUSED, pause_reason=command.reason)
    await remember(tx, trajectory.id, Change.PAUSED, now=now, reason=command.reason)
    await tx.publish(TrajectoryPaused(trajectory_id=trajectory.id, reason=command.reason), now=now)
    return Done(changed=True)


async def resume_trajectory(tx: Transaction, command: ResumeTrajectory, *, now: datetime) -> Done:
    """The family goes on; what fell due meanwhile is due now."""
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None or trajectory.state is not TrajectoryState.PAUSED:
        return Done(changed=False)
    await _change(tx, trajectory.id, state=TrajectoryState.ACTIVE, pause_reason=None)
    await remember(tx, trajectory.id, Change.RESUMED, now=now)
    await tx.publish(TrajectoryResumed(trajectory_id=trajectory.id), now=now)
    return Done(changed=True)


async def close_trajectory(tx: Transaction, command: CloseTrajectory, *, now: datetime) -> Done:
    """The end, from whatever state; told once. The first outcome stands."""
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None or trajectory.state is TrajectoryState.CLOSED:
        return Done(changed=False)
    today = local_date(now)
    await _change(
        tx,
        trajectory.id,
        phase=Phase.CLOSED,
        phase_since=today,
        state=TrajectoryState.CLOSED,
        pause_reason=None,
        closed_on=today,
        outcome=command.outcome,
        reason=command.reason,
        tandem_id=None,
        supporter_id=None,
        buddy_id=None,
        next_review_on=None,
        next_measurement_on=None,
    )
    await remember(tx, trajectory.id, Change.TRAJECTORY_CLOSED, now=now, reason=command.reason)
    await tx.publish(
        TrajectoryClosed(
            trajectory_id=trajectory.id,
            family_id=trajectory.family_id,
            programme=trajectory.programme,
            outcome=command.outcome,
            reason=command.reason,
            closed_on=today,
        ),
        now=now,
    )
    return Done(changed=True)


async def confirm_tandem(
    tx: Transaction, trajectory_id: UUID, *, tandem_id: UUID, supporter_id: UUID, buddy_id: UUID
) -> None:
    """From now on these two may open the family's pages. A closed trajectory stays closed to them."""
    await tx.execute(
        update(tables.trajectory)
        .where(tables.trajectory.c.id == trajectory_id, tables.trajectory.c.state != TrajectoryState.CLOSED)
        .values(tandem_id=tandem_id, supporter_id=supporter_id, buddy_id=buddy_id)
    )


async def end_tandem(tx: Transaction, trajectory_id: UUID, tandem_id: UUID) -> None:
    """These two may not open the family's pages any more; a later tandem is left alone."""
    await tx.execute(
        update(tables.trajectory)
        .where(tables.trajectory.c.id == trajectory_id, tables.trajectory.c.tandem_id == tandem_id)
        .values(tandem_id=None, supporter_id=None, buddy_id=None)
    )


async def move_family(tx: Transaction, trajectory_id: UUID, area: Code) -> None:
    """The family lives in another area now."""
    await _change(tx, trajectory_id, area=area)


async def erase_texts(tx: Transaction, trajectory_ids: Sequence[UUID], family_id: UUID) -> None:
    """Everything that the family or others put in words is gone; codes, dates and scores that identify nobody stay.

    Its documents go with the key that they were sealed with: a copy elsewhere cannot be read any more either.
    """
    named = tables.trajectory.c.id.in_(trajectory_ids) | (tables.trajectory.c.family_id == family_id)
    erased = select(tables.trajectory.c.id).where(named)
    for table, texts in (
        (tables.plan, {"situation": None, "wishes": None}),
        (tables.goal, {"words": None}),
        (tables.plan_step, {"words": None}),
        (tables.review, {"notes": None}),
        (tables.journal, {"words": None}),
        (tables.task_note, {"words": None}),
    ):
        await tx.execute(update(table).where(table.c.trajectory_id.in_(erased)).values(texts))
    await tx.execute(delete(tables.document).where(tables.document.c.trajectory_id.in_(erased)))
    await tx.execute(delete(tables.document_key).where(tables.document_key.c.family_id == family_id))


async def _change(tx: Transaction, trajectory_id: UUID, **values: object) -> None:
    await tx.execute(update(tables.trajectory).where(tables.trajectory.c.id == trajectory_id).values(values))
