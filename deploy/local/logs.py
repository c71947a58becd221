"""`logs`: what a process or an engine said."""

import argparse
from collections import deque
from threading import Event

from deploy.local.process import StartError
from deploy.local.state import home_folder

LOG_LINES = 200
FOLLOW_SECONDS = 0.3
ENGINE_LOGS = {
    "postgres": "postgres/postgres.log",
    "rabbitmq": "rabbitmq/rabbitmq.log",
    "temporal": "temporal/temporal.log",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `logs`."""
    parser.add_argument("service", help="intake, matching, ..., postgres, rabbitmq, temporal, or stack")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")


def run(arguments: argparse.Namespace) -> int:
    """Prints the end of a log, and what comes after it with --follow."""
    home = home_folder()
    file = home / ENGINE_LOGS.get(arguments.service, f"logs/{arguments.service}.log")
    if not file.exists():
        known = sorted([*ENGINE_LOGS, *(path.stem for path in (home / "logs").glob("*.log"))])
        raise StartError(f"no log of {arguments.service} in {home}; there are: {', '.join(known)}")
    with file.open(errors="replace") as lines:
        for line in deque(lines, maxlen=LOG_LINES):
            print(line, end="")
        pause = Event()
        while arguments.follow:
            print(lines.read(), end="", flush=True)
            pause.wait(FOLLOW_SECONDS)
    return 0
