"""`up`: starts the stack, here until Ctrl-C or in the background."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from types import FrameType

import httpx

from deploy.local import practice
from deploy.local.environment import named_settings, settings_from, with_stand_ins
from deploy.local.process import StartError
from deploy.local.programs import OUR_PROGRAMS, ROOT, Program
from deploy.local.stack import Stack
from deploy.local.state import home_folder, read_state, supervisor_of, writing_in
from services.shared.places import SIGN_IN

UP_SECONDS = 420.0
DOWN_SECONDS = 240.0
POLL_SECONDS = 0.1


class Stopped(BaseException):
    """Somebody asked to stop."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `up`."""
    parser.add_argument("--detach", action="store_true", help="give the terminal back when all is ready")
    parser.add_argument("--port", type=int, help="port of the web front door (default KANSEN_FRONT_PORT or 8080)")
    parser.add_argument("--screens", action="store_true", help="also Temporal's own screens, on a free port")


def run(arguments: argparse.Namespace, *, programs: Sequence[Program] = OUR_PROGRAMS) -> int:
    """Starts everything; runs until Ctrl-C, or returns when all is ready with --detach."""
    home = home_folder()
    named = named_settings(home)
    if arguments.detach:
        return _up_in_background(home, arguments)
    settings = settings_from(home, with_stand_ins(named))
    has_practice = programs is OUR_PROGRAMS and practice.wanted_in(home, named, settings)
    stack = Stack(
        home,
        named=named,
        programs=programs,
        front_port=arguments.port or settings.front_port,
        screens=arguments.screens,
        tell=_tell,
        before_ready=_put_practice if has_practice else _put_nothing,
    )
    if "rabbitmq_url" in named:
        _tell("this broker is your own: import what ./kansen definitions prints once, and after every new version")
    asked = Event()
    _on_signals(_raise_stopped)
    try:
        stack.start()
    except (Stopped, KeyboardInterrupt):
        _tell("stopped while starting")
        return 130
    _on_signals(lambda number, frame: asked.set())
    for line in _addresses(home):
        _tell(line)
    _tell("Ctrl-C stops everything" if sys.stdin.isatty() else "./kansen down stops everything")
    asked.wait()
    _on_signals(signal.SIG_IGN)
    stack.stop()
    _tell("stopped")
    return 0


def _up_in_background(home: Path, arguments: argparse.Namespace) -> int:
    log = home / "logs" / "stack.log"
    with writing_in(home):
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    options = [*(["--port", str(arguments.port)] if arguments.port else []), *(["--screens"] * arguments.screens)]
    with output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "deploy", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
            env=os.environ | {"KANSEN_HOME": str(home)},
        )
    with log.open() as lines:
        return _follow_until_ready(process, home, lambda: print(lines.read(), end="", flush=True))


def _follow_until_ready(process: subprocess.Popen[bytes], home: Path, show: Callable[[], None]) -> int:
    until = monotonic() + UP_SECONDS
    pause = Event()
    try:
        while process.poll() is None:
            supervisor = supervisor_of(home)
            ready = bool(read_state(home).get("ready")) and supervisor is not None and supervisor.pid == process.pid
            show()
            if ready:
                return 0
            if monotonic() > until:
                process.terminate()
                raise StartError(f"not ready after {UP_SECONDS:.0f} s: see {home / 'logs'}")
            pause.wait(POLL_SECONDS)
    except KeyboardInterrupt:
        process.terminate()
        process.wait(DOWN_SECONDS)
    show()
    return process.returncode or 1


def _put_nothing(stack: Stack) -> None:
    """A stack that is worked with brings its own."""


def _put_practice(stack: Stack) -> None:
    try:
        put = practice.put(stack.address, stack.settings)
    except (practice.PracticeError, httpx.HTTPError) as error:
        # To practise is not to work: the stack is there without it.
        _tell(f"no practice data, ./kansen up tries again: {error}")
        return
    _tell(f"practice data: {put}; sign in at {stack.address}{SIGN_IN}")


def _addresses(home: Path) -> list[str]:
    state = read_state(home)
    lines = [f"Kansen is ready: {state['address']}"]
    if state.get("temporal_screens"):
        lines.append(f"Temporal's screens: {state['temporal_screens']}")
    return [*lines, f"state and logs: {home}"]


def _tell(line: str) -> None:
    print(line, flush=True)


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)
