"""`python -m services.monitor`: the monitor put together."""

from services.monitor import api, bus, contracts, store
from services.monitor.activities import MonitorActivities
from services.monitor.forwarder import forward
from services.shared.service import Service

SERVICE = Service(
    name="monitor",
    summary="The event log, the figures made of it, and queues for subscribers.",
    tables=store.tables,
    consumers=[bus.consumer],
    activities=lambda part: MonitorActivities(part.database),
    task_queue=contracts.TASK_QUEUE,
    router=api.router,
    loops=[forward],
)

if __name__ == "__main__":
    SERVICE.main()
