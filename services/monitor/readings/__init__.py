"""What is read from the monitor's tables; nothing here writes."""

from services.monitor.readings.figures import figures
from services.monitor.readings.lists import open_gaps, report, reports, subscribers, version_of

__all__ = ["figures", "open_gaps", "report", "reports", "subscribers", "version_of"]
