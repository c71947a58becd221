"""The side of plans of its contract: each activity is one transaction, once."""

from temporalio import activity

from services.plans import handlers
from services.plans.contracts import (
    CloseTrajectory,
    Done,
    DueFound,
    EnterPhase,
    FindDue,
    OpenTrajectory,
    PauseTrajectory,
    PlansActivities,
    ResumeTrajectory,
)
from services.shared.database import Database
from services.shared.temporal import once


class Activities(PlansActivities):
    """The contract, on this service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="plans.open_trajectory")
    async def open_trajectory(self, command: OpenTrajectory) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.open_trajectory(tx, command, now=now))

    @activity.defn(name="plans.enter_phase")
    async def enter_phase(self, command: EnterPhase) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.enter_phase(tx, command, now=now))

    @activity.defn(name="plans.pause_trajectory")
    async def pause_trajectory(self, command: PauseTrajectory) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.pause_trajectory(tx, command, now=now))

    @activity.defn(name="plans.resume_trajectory")
    async def resume_trajectory(self, command: ResumeTrajectory) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.resume_trajectory(tx, command, now=now))

    @activity.defn(name="plans.close_trajectory")
    async def close_trajectory(self, command: CloseTrajectory) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.close_trajectory(tx, command, now=now))

    @activity.defn(name="plans.find_due")
    async def find_due(self, command: FindDue) -> DueFound:
        return await once(self._database, DueFound, lambda tx, now: handlers.find_due(tx, command, now=now))
