"""Runs the desk: `python -m services.desk`."""

from pathlib import Path

from services.desk import api, bus, contracts, pages, store, timeline_bus
from services.desk.activities import DeskActivities
from services.desk.handlers.sessions import renewal
from services.desk.mail import mail_goes, mail_loop
from services.desk.watch import send_kept_decisions, somebody_hears, watch_concerns
from services.shared.service import Service

SERVICE = Service(
    name="desk",
    summary="What people see first: the worklist, and the way a decision reaches its workflow.",
    tables=store.tables,
    consumers=[bus.consumer, timeline_bus.consumer],
    activities=lambda part: DeskActivities(part.database),
    task_queue=contracts.TASK_QUEUE,
    loops=[watch_concerns, send_kept_decisions, mail_loop],
    checks={"concerns": somebody_hears, "mail": mail_goes},
    router=api.router,
    pages=pages.router,
    room=Path(__file__).parent,
    sessions=renewal,
    needs_temporal_on_web=True,
)

if __name__ == "__main__":
    SERVICE.main()
