"""All events as one AsyncAPI 3.0 document: what is told, by whom, and who listens."""

from collections.abc import Sequence
from typing import Any

from deploy.broker import VHOST
from deploy.publish.schemas import schema_file
from services.shared.consumer import Consumer
from services.shared.events import CONTENT_TYPE, Envelope, Event
from services.shared.rabbit import EXCHANGE, queue_name
from services.shared.web import API_VERSION


def asyncapi(kinds: Sequence[type[Event]], consumers: Sequence[Consumer]) -> dict[str, Any]:
    """The document; channels are named by routing key."""
    operations: dict[str, Any] = {}
    for kind in kinds:
        operations[f"{publisher(kind)}-tells-{kind.routing_key}"] = _operation("send", kind, publisher(kind))
        for consumer in consumers:
            if consumer.hears(kind.type):
                operations[f"{consumer.name}-hears-{kind.routing_key}"] = _operation("receive", kind, consumer.name) | {
                    "bindings": {"amqp": {"ack": True}},
                    "summary": f"On its queue {queue_name(consumer.name)}.",
                }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kansen events",
            "version": API_VERSION,
            "description": "CloudEvents 1.0 in structured JSON, after the NL GOV profile. They hold no personal data.",
            "license": {"name": "EUPL-1.2", "url": "https://interoperable-europe.ec.europa.eu/collection/eupl"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {kind.routing_key: _channel(kind) for kind in kinds},
        "operations": dict(sorted(operations.items())),
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in kinds},
            "schemas": {"CloudEvent": Envelope.model_json_schema()},
        },
    }


def publisher(kind: type[Event]) -> str:
    """The service that tells of an event: the one that defines it."""
    return kind.__module__.split(".")[1]


def _channel(kind: type[Event]) -> dict[str, Any]:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": VHOST}
    return {
        "address": kind.routing_key,
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _operation(action: str, kind: type[Event], service: str) -> dict[str, Any]:
    channel = f"#/channels/{kind.routing_key}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{kind.__name__}"}],
        "tags": [{"name": service}],
    }


def _message(kind: type[Event]) -> dict[str, Any]:
    own = {
        "type": {"const": kind.type},
        "data": {"$ref": schema_file(kind)},
    }
    payload = {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"type": "object", "properties": own}]}
    summary = {"summary": kind.__doc__.strip().splitlines()[0]} if kind.__doc__ and _own_words(kind) else {}
    return {"name": kind.type, "title": kind.__name__, **summary, "contentType": CONTENT_TYPE, "payload": payload}


def _own_words(kind: type[Event]) -> bool:
    return "__doc__" in vars(kind) and vars(kind)["__doc__"] is not None
