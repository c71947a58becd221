"""Where every change to a plan begins: the trajectory, locked, and still open."""

from uuid import UUID

from services.plans import store
from services.plans.domain import Trajectory, TrajectoryState
from services.shared.database import Transaction
from services.shared.outcomes import Refused


async def open_for_work(tx: Transaction, trajectory_id: UUID) -> Trajectory | Refused:
    """The trajectory, held until the transaction ends. Refused: unknown-trajectory, trajectory-closed."""
    trajectory = await store.trajectory(tx, trajectory_id, lock=True)
    if trajectory is None:
        return Refused("unknown-trajectory")
    if trajectory.state is TrajectoryState.CLOSED:
        return Refused("trajectory-closed")
    return trajectory
