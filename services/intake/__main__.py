"""Runs intake: `python -m services.intake`."""

from pathlib import Path

from services.intake import api, bus, contracts, pages, store
from services.intake.activities import IntakeActivities
from services.shared.service import Service

SERVICE = Service(
    name="intake",
    summary="Decides who comes in; owns families, their people and their consents.",
    tables=store.tables,
    consumers=[bus.consumer],
    activities=lambda part: IntakeActivities(part.database),
    task_queue=contracts.TASK_QUEUE,
    router=api.router,
    pages=pages.router,
    room=Path(__file__).parent,
)

if __name__ == "__main__":
    SERVICE.main()
