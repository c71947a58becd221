"""`definitions`: prints what an operator imports once into a broker of their own."""

import argparse
import json

from deploy.broker import definitions
from deploy.local.environment import named_settings, secret_of, settings_from, with_stand_ins
from deploy.local.state import home_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: what it prints follows from the settings' secret and the events of this version."""


def run(arguments: argparse.Namespace) -> int:
    """Prints RabbitMQ definitions as JSON, for `rabbitmqctl import_definitions FILE`. No engine needs to run."""
    home = home_folder()
    home.mkdir(parents=True, exist_ok=True)
    named = named_settings(home)
    values = with_stand_ins(named) | {"secret": secret_of(home, named)}
    print(json.dumps(definitions(settings_from(home, values)), indent=1))
    return 0
