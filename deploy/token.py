"""`token` for somebody who works everywhere, unless it is said where."""

import argparse

from programmes.load import all_programmes
from services.shared import token_command
from services.shared.settings import load_settings

add_arguments = token_command.add_arguments


def run(arguments: argparse.Namespace) -> int:
    """Print a token; without a programme or an area, for all of those in use."""
    known = all_programmes(load_settings().programmes_dir)
    arguments.programme = arguments.programme or [each.id for each in known]
    arguments.area = arguments.area or [area.code for each in known for area in each.areas]
    return token_command.run(arguments)
