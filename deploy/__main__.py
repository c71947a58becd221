"""The commands behind ./kansen."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from deploy.local import up, watch
from deploy.local.environment import home_folder, use_local_stack
from deploy.local.process import StartError
from services.shared.settings import SettingsError

FAILED, WRONG_SETTINGS, INTERRUPTED = 1, 2, 130

AddArguments = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


class CommandModule(Protocol):
    """What a module with a command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it; the exit code."""


@dataclass(frozen=True)
class Elsewhere:
    """A command whose module is imported only when it is asked for. `on_stack`: it reads settings as a service does."""

    module: str
    help: str
    on_stack: bool = True


OWN: dict[str, tuple[str, AddArguments, Run]] = {
    "up": ("start everything on this machine", up.add_up_arguments, up.up),
    "status": ("how each process is", watch.add_status_arguments, watch.status),
    "logs": ("what a process or an engine said", watch.add_logs_arguments, watch.logs),
    "down": ("stop everything; all state stays", lambda parser: None, up.down),
}
ELSEWHERE = {
    "test": Elsewhere("deploy.checks", "check everything", on_stack=False),
    "simulate": Elsewhere(
        "simulation.command", "let families live through a programme in virtual time", on_stack=False
    ),
    "verify": Elsewhere("deploy.verify", "audit a running or finished stack"),
    "bench": Elsewhere("deploy.bench", "measure against raw baselines", on_stack=False),
    "parked": Elsewhere("services.shared.parked_command", "list parked messages and send them again"),
    "token": Elsewhere("services.shared.token_command", "make a bearer token for the APIs"),
    "definitions": Elsewhere("deploy.definitions", "the broker's definitions, for a broker of your own"),
    "lock": Elsewhere("deploy.lock", "write requirements.lock anew", on_stack=False),
    "publish": Elsewhere("deploy.publish", "write AsyncAPI and OpenAPI as published", on_stack=False),
}


def main(arguments: list[str]) -> int:
    """Runs one command; what people may meet is one line and an exit code, never a stack trace."""
    try:
        return _dispatch(arguments)
    except SettingsError as error:
        print(f"settings: {error}", file=sys.stderr)
        return WRONG_SETTINGS
    except StartError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _dispatch(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="./kansen", description="Start it with ./kansen up, check it with ./kansen test."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (text, add_arguments, _) in OWN.items():
        add_arguments(commands.add_parser(name, help=text))
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, command in ELSEWHERE.items():
        added = commands.add_parser(name, help=command.help)
        if name == wanted:
            _module(name, command).add_arguments(added)
    chosen = parser.parse_args(arguments)
    if chosen.command in OWN:
        return OWN[chosen.command][2](chosen)
    command = ELSEWHERE[chosen.command]
    if command.on_stack:
        use_local_stack(home_folder())
    return _module(chosen.command, command).run(chosen)


def _module(name: str, command: Elsewhere) -> CommandModule:
    package = command.module.rpartition(".")[0]
    if find_spec(package) is None or find_spec(command.module) is None:
        raise StartError(f"{name} is not part of this version ({command.module} is missing)")
    return cast(CommandModule, import_module(command.module))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
