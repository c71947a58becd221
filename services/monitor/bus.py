"""Hears everything that any service tells."""

from services.budget import events as budget_events
from services.desk import events as desk_events
from services.intake import events as intake_events
from services.matching import events as matching_events
from services.monitor import events as monitor_events
from services.monitor import handlers
from services.plans import events as plans_events
from services.shared.consumer import Consumer, Heard
from services.shared.database import Transaction
from services.shared.events import Event

SOURCES = (intake_events, matching_events, plans_events, budget_events, desk_events, monitor_events)
"""Every module with events: an event is known once its module has been imported."""

consumer = Consumer("monitor")


@consumer.hears_everything
async def on_any(tx: Transaction, heard: Heard[Event]) -> None:
    await handlers.keep_event(tx, heard)
