"""What workflows ask of the desk, carried out once."""

from temporalio import activity

from services.desk import handlers
from services.desk.contracts import CloseTask, Counted, EscalateTask, OpenTasks
from services.desk.contracts import DeskActivities as Contract
from services.shared.database import Database
from services.shared.temporal import once


class DeskActivities(Contract):
    """The desk's activities on its own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="desk.open_tasks")
    async def open_tasks(self, command: OpenTasks) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.open_tasks(tx, command, now=now))

    @activity.defn(name="desk.close_task")
    async def close_task(self, command: CloseTask) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.close_task(tx, command, now=now))

    @activity.defn(name="desk.escalate_task")
    async def escalate_task(self, command: EscalateTask) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.escalate_task(tx, command, now=now))
