"""Matching put together: `python -m services.matching`."""

from services.matching import api, bus, contracts, store
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
)

if __name__ == "__main__":
    SERVICE.main()
