"""`definitions`: prints what an operator imports once into a broker of their own."""

import argparse
import json

from deploy.broker import definitions
from services.shared.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: what it prints follows from the settings' secret and the events of this version."""


def run(arguments: argparse.Namespace) -> int:
    """Prints RabbitMQ definitions as JSON, for `rabbitmqctl import_definitions FILE`."""
    print(json.dumps(definitions(load_settings()), indent=1))
    return 0
