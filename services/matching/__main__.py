"""Matching put together: `python -m services.matching`."""

from pathlib import Path

from services.matching import api, bus, contracts, pages, store
from services.matching.activities import Activities
from services.shared.service import Service

SERVICE = Service(
    name="matching",
    summary="Supporters, buddies and the tandems that families choose",
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
