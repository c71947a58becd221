"""Every published document, made from the code."""

import json
from pathlib import Path
from typing import Any

from deploy.consumers import bound_consumers
from deploy.local.environment import STAND_INS, settings_from
from deploy.publish.asyncapi import asyncapi
from deploy.publish.schemas import event_schema, schema_file
from deploy.services import SERVICES, part_of
from services.shared.events import Event
from services.shared.service import Service
from services.shared.settings import Settings


async def documents() -> dict[str, str]:
    """File name (under `docs/api`) and content. Nothing is connected to."""
    settings = settings_from(Path(), STAND_INS)
    consumers = [each.consumer for each in await bound_consumers(settings)]
    found = {"asyncapi.json": asyncapi(published_events(), consumers)}
    for kind in published_events():
        found[schema_file(kind)] = event_schema(kind)
    for name in SERVICES:
        found[f"{name}.openapi.json"] = await _openapi(name, settings)
    return {file: as_text(content) for file, content in found.items()}


def published_events() -> list[type[Event]]:
    """Every event of every service, by type."""
    modules = [part_of(name, "events") for name in SERVICES]
    names = {module.__name__ for module in modules if module is not None}
    return [kind for _, kind in sorted(Event.known.items()) if kind.__module__ in names]


def as_text(content: dict[str, Any]) -> str:
    """JSON as it is written to a file."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


async def _openapi(name: str, settings: Settings) -> dict[str, Any]:
    main = part_of(name, "__main__")
    if main is None:
        raise RuntimeError(f"{name} cannot be run")
    service: Service = main.SERVICE
    app = await service.web(settings)
    if app is None:
        raise RuntimeError(f"{name} has no API")
    return app.openapi()
