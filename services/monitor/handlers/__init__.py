"""What happens in one transaction of the monitor."""

from services.monitor.handlers.keeping import keep_event
from services.monitor.handlers.rebuilding import rebuild
from services.monitor.handlers.reports import make_report
from services.monitor.handlers.subscribers import catch_up, subscribe

__all__ = ["catch_up", "keep_event", "make_report", "rebuild", "subscribe"]
