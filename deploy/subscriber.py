"""`subscriber NAME`: a broker user for a subscriber of the monitor, who may read its own queue and nothing else."""

import argparse
import json
import re

from deploy.broker import subscriber_definitions, subscriber_owner
from deploy.local.environment import engine_password, named_settings, use_local_stack
from deploy.local.ports import Ports
from deploy.local.process import StartError
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.state import home_folder
from services.shared.settings import Settings, load_settings
from services.shared.types import CODE_PATTERN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subscriber's name, as it is known to the monitor."""
    parser.add_argument("name", help="as in POST /monitor/v1/subscribers")


def run(arguments: argparse.Namespace) -> int:
    """Add the user to the local broker and print its address, or print definitions for a broker of your own."""
    if not re.match(CODE_PATTERN, arguments.name):
        raise StartError(f"'{arguments.name}' is no name of a subscriber: small letters, digits and hyphens")
    home = home_folder()
    named = named_settings(home)
    use_local_stack(home)
    settings = load_settings()
    if "rabbitmq_url" in named:
        print(json.dumps(subscriber_definitions(settings, arguments.name), indent=1))
        return 0
    add_to_local_broker(settings, arguments.name)
    print(settings.rabbitmq_url_for(subscriber_owner(arguments.name)))
    return 0


def add_to_local_broker(settings: Settings, name: str) -> None:
    """Adds the user to the running private node of a home. Safe to repeat. Raises StartError when it does not run."""
    password = engine_password(settings.secret.get_secret_value(), "rabbitmq")
    node = RabbitMQ(settings.home / "rabbitmq", password=password, ports=Ports(settings.home / "ports.json"))
    node.add_definitions(subscriber_owner(name), subscriber_definitions(settings, name))
