"""Where every change to a plan begins, the trajectory locked and still open; and where it is remembered."""

from datetime import datetime
from uuid import UUID

from services.plans import store, tables
from services.plans.domain import Change, Trajectory, TrajectoryState
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code


async def open_for_work(tx: Transaction, trajectory_id: UUID) -> Trajectory | Refused:
    """The trajectory, held until the transaction ends. Refused: unknown-trajectory, trajectory-closed."""
    trajectory = await store.trajectory(tx, trajectory_id, lock=True)
    if trajectory is None:
        return Refused("unknown-trajectory")
    if trajectory.state is TrajectoryState.CLOSED:
        return Refused("trajectory-closed")
    return trajectory


async def remember(
    tx: Transaction,
    trajectory_id: UUID,
    what: Change,
    *,
    now: datetime,
    by: Actor | None = None,
    number: int | None = None,
    reason: Code | None = None,
) -> None:
    """Write in the history of a trajectory who changed what, and why; rows are only added."""
    await tx.execute(
        tables.change.insert().values(
            trajectory_id=trajectory_id,
            at=now,
            by_person=by.person if by else None,
            what=what,
            number=number,
            reason=reason,
        )
    )
