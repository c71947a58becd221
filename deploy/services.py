"""Names our processes in the order in which they start, and finds what each of them brings."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

# The order of start; they stop in the reverse order.
SERVICES = ("intake", "matching", "plans", "budget", "monitor", "desk")
WORKFLOWS = "workflows"
FRONT = "front"
PROCESSES = (*SERVICES, WORKFLOWS, FRONT)
# Whoever has a schema and a broker user of its own.
OWNERS = (*SERVICES, WORKFLOWS)


def package_of(name: str) -> str:
    """The package in which a process lives."""
    return name if name == WORKFLOWS else f"services.{name}"


def part_of(name: str, part: str) -> ModuleType | None:
    """A module of a service (`store`, `events`); None where the service has none."""
    package = package_of(name)
    if find_spec(package) is None or find_spec(f"{package}.{part}") is None:
        return None
    return import_module(f"{package}.{part}")


def module_of(process: str) -> str:
    """What `python -m` runs for a process."""
    return "deploy.front" if process == FRONT else package_of(process)
