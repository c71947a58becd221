"""What a workflow may ask of the monitor."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from temporalio import activity

from services.shared.types import Code

TASK_QUEUE = "monitor"


@dataclass(frozen=True, kw_only=True)
class MakeReport:
    """Keep the figures of a programme as they stand at the end of a period."""

    programme: Code
    programme_version: int
    number: int
    until: date


@dataclass(frozen=True, kw_only=True)
class ReportKept:
    report_id: UUID


class MonitorActivities(ABC):
    @abstractmethod
    @activity.defn(name="monitor.make_report")
    async def make_report(self, command: MakeReport) -> ReportKept: ...
