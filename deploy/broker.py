"""The broker's topology as code: exchanges, users with the least rights, and policies, as RabbitMQ definitions."""

from typing import Any

from yarl import URL

from deploy.local.rabbitmq import password_hash
from deploy.services import OWNERS, part_of
from services.shared.events import events_of
from services.shared.rabbit import EXCHANGE as EVENTS_EXCHANGE
from services.shared.settings import Settings

VHOST = "kansen"
DEAD_EXCHANGE = "kansen.dead"
DEAD_QUEUE = "kansen.dead"

# The inbox table counts attempts; the broker's own limit is the second net, wide enough never to come first.
DELIVERY_LIMIT = 1000
# At-least-once dead-lettering needs a length and a refusal instead of a silent drop: the outbox then keeps the event.
QUEUE_LENGTH_MAX = 1_000_000
DEAD_LENGTH_MAX = 100_000

NOTHING = "^$"


def definitions(settings: Settings) -> dict[str, Any]:
    """Users, rights, exchanges and policies of the vhost `kansen`, for `rabbitmqctl import_definitions`."""
    return {
        "vhosts": [{"name": VHOST}],
        "users": [_user(settings, owner) for owner in OWNERS],
        "permissions": [_permissions(owner) for owner in OWNERS],
        "topic_permissions": [_topic_permissions(owner) for owner in OWNERS],
        "exchanges": [_exchange(EVENTS_EXCHANGE, "topic"), _exchange(DEAD_EXCHANGE, "fanout")],
        "queues": [
            {
                "name": DEAD_QUEUE,
                "vhost": VHOST,
                "durable": True,
                "auto_delete": False,
                "arguments": {"x-queue-type": "quorum"},
            }
        ],
        "bindings": [
            {
                "source": DEAD_EXCHANGE,
                "vhost": VHOST,
                "destination": DEAD_QUEUE,
                "destination_type": "queue",
                "routing_key": "",
                "arguments": {},
            }
        ],
        "policies": [
            _policy(
                "kansen",
                r"^kansen\.",
                priority=1,
                definition={
                    "delivery-limit": DELIVERY_LIMIT,
                    "dead-letter-exchange": DEAD_EXCHANGE,
                    "dead-letter-strategy": "at-least-once",
                    "overflow": "reject-publish",
                    "max-length": QUEUE_LENGTH_MAX,
                },
            ),
            _policy(
                "kansen-dead",
                r"^kansen\.dead$",
                priority=2,
                definition={"max-length": DEAD_LENGTH_MAX, "overflow": "reject-publish"},
            ),
        ],
    }


def subscriber_definitions(settings: Settings, name: str) -> dict[str, Any]:
    """A user for one subscriber, who may read its own queue at the monitor and do nothing else."""
    user = subscriber_owner(name)
    return {
        "users": [_user(settings, user)],
        "permissions": [
            {
                "user": broker_user(user),
                "vhost": VHOST,
                "configure": NOTHING,
                "write": NOTHING,
                "read": rf"^kansen\.monitor\.{name}$",
            }
        ],
    }


def subscriber_owner(name: str) -> str:
    """Under which name a subscriber's credentials are derived: `settings.rabbitmq_url_for(subscriber_owner(name))`."""
    return f"subscriber-{name}"


def routing_keys(owner: str) -> list[str]:
    """The keys of the events that a service defines: all that it may publish."""
    module = part_of(owner, "events")
    return sorted(event.routing_key for event in events_of(module.__name__)) if module is not None else []


def broker_user(owner: str) -> str:
    """A service's name at the broker."""
    return f"kansen-{owner}"


def _user(settings: Settings, owner: str) -> dict[str, Any]:
    password = URL(settings.rabbitmq_url_for(owner)).password or ""
    return {
        "name": broker_user(owner),
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def _permissions(owner: str) -> dict[str, Any]:
    """Own queues, the exchange to publish to, and (to bind a queue) the exchange to read from."""
    own_queues = rf"kansen\.{owner}(\..*)?"
    events = EVENTS_EXCHANGE.replace(".", r"\.")
    return {
        "user": broker_user(owner),
        "vhost": VHOST,
        "configure": f"^{own_queues}$",
        "write": f"^({own_queues}|{events})$",
        "read": f"^({own_queues}|{events})$",
    }


def _topic_permissions(owner: str) -> dict[str, Any]:
    keys = routing_keys(owner)
    return {
        "user": broker_user(owner),
        "vhost": VHOST,
        "exchange": EVENTS_EXCHANGE,
        "write": "^(" + "|".join(key.replace(".", r"\.") for key in keys) + ")$" if keys else NOTHING,
        "read": ".*",
    }


def _exchange(name: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": VHOST,
        "type": kind,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _policy(name: str, pattern: str, *, priority: int, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "vhost": VHOST,
        "name": name,
        "pattern": pattern,
        "apply-to": "queues",
        "priority": priority,
        "definition": definition,
    }
