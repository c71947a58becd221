"""What a workflow may ask of the monitor, done in one transaction each."""

from temporalio import activity

from services.monitor import contracts, handlers
from services.monitor.contracts import MakeReport, ReportKept
from services.shared.database import Database
from services.shared.temporal import once


class MonitorActivities(contracts.MonitorActivities):
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="monitor.make_report")
    async def make_report(self, command: MakeReport) -> ReportKept:
        return await once(self._database, ReportKept, lambda tx, now: handlers.make_report(tx, command, now=now))
