"""What workflows ask of intake, carried out once."""

from temporalio import activity

from services.intake import handlers
from services.intake.contracts import (
    Admit,
    Admitted,
    CloseSignal,
    CloseWaitingList,
    Counted,
    EraseDue,
)
from services.intake.contracts import IntakeActivities as Contract
from services.shared.database import Database
from services.shared.temporal import once


class IntakeActivities(Contract):
    """Intake's activities on its own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="intake.admit")
    async def admit(self, command: Admit) -> Admitted:
        return await once(self._database, Admitted, lambda tx, now: handlers.admit(tx, command, now=now))

    @activity.defn(name="intake.close_signal")
    async def close_signal(self, command: CloseSignal) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.close_signal(tx, command, now=now))

    @activity.defn(name="intake.close_waiting_list")
    async def close_waiting_list(self, command: CloseWaitingList) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.close_waiting_list(tx, command, now=now))

    @activity.defn(name="intake.erase_due")
    async def erase_due(self, command: EraseDue) -> Counted:
        return await once(self._database, Counted, lambda tx, now: handlers.erase_due(tx, command, now=now))
