"""The commands behind ./kansen."""

import argparse
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from deploy.local.process import StartError

FAILED, WRONG_SETTINGS, INTERRUPTED = 1, 2, 130


class CommandModule(Protocol):
    """What a module with a command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it; the exit code."""


@dataclass(frozen=True)
class Command:
    """A command whose module is imported only when it is asked for. `on_stack`: it reads settings as a service does."""

    module: str
    help: str
    on_stack: bool = False


COMMANDS = {
    "up": Command("deploy.local.up", "start everything on this machine"),
    "status": Command("deploy.local.status", "how each process is"),
    "logs": Command("deploy.local.logs", "what a process or an engine said"),
    "down": Command("deploy.local.down", "stop everything; all state stays"),
    "test": Command("deploy.checks", "check everything"),
    "simulate": Command("simulation.command", "let families live through a programme in virtual time"),
    "verify": Command("deploy.verify", "audit a running or finished stack"),
    "bench": Command("deploy.bench", "measure against raw baselines"),
    "parked": Command("services.shared.parked_command", "list parked messages, send them again", on_stack=True),
    "token": Command("deploy.token", "make a bearer token for the APIs", on_stack=True),
    "definitions": Command("deploy.definitions", "the broker's definitions, for your own broker"),
    "subscriber": Command("deploy.subscriber", "a broker user for a subscriber of events"),
    "lock": Command("deploy.lock", "write requirements.lock anew"),
    "texts": Command("deploy.texts", "bring the English of the screens in line with their Dutch"),
    "publish": Command("deploy.publish", "write AsyncAPI and OpenAPI as published"),
}


def main(arguments: list[str]) -> int:
    """Runs one command; what people may meet is one line and an exit code, never a stack trace."""
    try:
        return _dispatch(arguments)
    except StartError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        # Only now: what reads the settings takes longer to load than `status` takes to answer.
        from services.shared.settings import SettingsError

        if isinstance(error, SettingsError):
            print(f"settings: {error}", file=sys.stderr)
            return WRONG_SETTINGS
        raise


def _dispatch(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="./kansen", description="Start it with ./kansen up, check it with ./kansen test."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.help)
        if arguments and name == arguments[0]:
            _module(name, command).add_arguments(added)
    chosen = parser.parse_args(arguments)
    command = COMMANDS[chosen.command]
    if command.on_stack:
        from deploy.local.environment import use_local_stack
        from deploy.local.state import home_folder

        use_local_stack(home_folder())
    return _module(chosen.command, command).run(chosen)


def _module(name: str, command: Command) -> CommandModule:
    package = command.module.rpartition(".")[0]
    if find_spec(package) is None or find_spec(command.module) is None:
        raise StartError(f"{name} is not part of this version ({command.module} is missing)")
    return cast(CommandModule, import_module(command.module))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
