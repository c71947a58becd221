"""Who hears what: every consumer of every service, as the running processes put them together."""

from dataclasses import dataclass

from deploy.services import OWNERS, part_of
from services.shared.consumer import Consumer
from services.shared.service import Part, Service
from services.shared.settings import Settings
from services.shared.temporal import connect


@dataclass(frozen=True)
class Bound:
    """A consumer, and the schema in which its inbox stands."""

    schema: str
    consumer: Consumer


async def bound_consumers(settings: Settings) -> list[Bound]:
    """All of them, in the order in which services start. Nothing is connected to."""
    client = await connect(settings, lazy=True)
    bound = []
    for owner in OWNERS:
        main = part_of(owner, "__main__")
        if main is not None:
            service: Service = main.SERVICE
            part = Part(settings=settings, database=service.database(settings), temporal=client)
            bound += [Bound(service.tables.schema, consumer) for consumer in service.consumers_for(part)]
    return bound
