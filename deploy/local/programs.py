"""Our own processes, as the supervisor starts them."""

from dataclasses import dataclass
from pathlib import Path

from deploy.services import FRONT, PROCESSES, module_of

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    """A process of ours: `python ARGUMENTS`, with its health on KANSEN_HEALTH_PORT (or on the front port)."""

    name: str
    arguments: tuple[str, ...]
    is_front: bool = False


OUR_PROGRAMS = tuple(Program(name, ("-m", module_of(name)), is_front=name == FRONT) for name in PROCESSES)
