"""Which engines a home needs: those that its settings do not name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from deploy.broker import definitions
from deploy.local.environment import STAND_INS, Named, engine_password, settings_from
from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.temporal import TemporalDevServer, TemporalTestServer

Engine = Postgres | RabbitMQ | TemporalDevServer | TemporalTestServer


def engines_for(
    home: Path, values: Named, *, temporal: Literal["dev", "test"], screens: bool
) -> Iterator[tuple[Engine, str]]:
    """Every engine to start, with the key of the setting that its address fills. `values` holds the secret."""
    ports = Ports(home / "ports.json")
    secret = str(values["secret"])
    if "database_url" not in values:
        yield Postgres(home / "postgres", password=engine_password(secret, "postgres"), ports=ports), "database_url"
    if "rabbitmq_url" not in values:
        # Users and rights follow from the secret and the events alone: the addresses may still be stand-ins.
        rights = definitions(settings_from(home, STAND_INS | dict(values)))
        password = engine_password(secret, "rabbitmq")
        yield RabbitMQ(home / "rabbitmq", password=password, ports=ports, definitions=rights), "rabbitmq_url"
    if "temporal_address" not in values:
        if temporal == "test":
            yield TemporalTestServer(home / "temporal-test", ports=ports), "temporal_address"
        else:
            yield TemporalDevServer(home / "temporal", ports=ports, screens=screens), "temporal_address"


def address_of(engine: Engine) -> str:
    """The owner's address of a running engine, as a setting."""
    return engine.url if isinstance(engine, Postgres | RabbitMQ) else engine.address
