"""What the monitor tells the world: that a period's figures are there."""

from datetime import date
from uuid import UUID

from services.shared.events import Event
from services.shared.types import Code


class ReportMade(Event, domain="reports"):
    report_id: UUID
    programme: Code
    until: date
