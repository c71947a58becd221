"""`python -m workflows`: runs the workflows, and starts them from events."""

from services.shared.service import Service
from workflows import starter, store
from workflows.worker import workflow_worker

SERVICE = Service(
    name="workflows",
    summary="Owns time and order: the durable processes of a family, a request and a programme.",
    tables=store.tables,
    consumers=[starter.consumer],
    workers=lambda part: [workflow_worker(part.temporal, cached=part.settings.temporal_cached_workflows)],
)

if __name__ == "__main__":
    SERVICE.main()
