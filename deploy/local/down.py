"""`down`: stops the stack of a home; all state stays."""

import argparse

import psutil

from deploy.local.process import StartError, end_leftovers
from deploy.local.state import home_folder, supervisor_of

DOWN_SECONDS = 240.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(arguments: argparse.Namespace) -> int:
    """Stops the stack of this home, and whatever a killed one left behind."""
    home = home_folder()
    supervisor = supervisor_of(home)
    if supervisor is not None:
        supervisor.terminate()
        try:
            supervisor.wait(DOWN_SECONDS)
        except psutil.TimeoutExpired:
            raise StartError(
                f"process {supervisor.pid} did not stop in {DOWN_SECONDS:.0f} s: see {home / 'logs' / 'stack.log'}"
            ) from None
    leftovers = end_leftovers(home)
    print("stopped" if supervisor or leftovers else "nothing is running")
    return 0
