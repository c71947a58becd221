"""Runs budget: `python -m services.budget`."""

from pathlib import Path

from services.budget import api, bus, contracts, pages, store
from services.budget.activities import Activities
from services.shared.service import Service

SERVICE = Service(
    name="budget",
    summary="Envelopes, requests, the ledger, payments and the shares of funders",
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
