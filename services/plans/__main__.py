"""Plans put together: `python -m services.plans`."""

from pathlib import Path

from services.plans import api, bus, contracts, pages, store
from services.plans.activities import Activities
from services.shared.service import Service

SERVICE = Service(
    name="plans",
    summary="What families want, and how far they are: plans, goals, reviews, measurements, hours",
    tables=store.tables,
    consumers=[bus.consumer],
    activities=lambda part: Activities(part.database),
    task_queue=contracts.TASK_QUEUE,
    router=api.router,
    pages=pages.router,
    room=Path(__file__).parent,
)

if __name__ == "__main__":
    SERVICE.main()
