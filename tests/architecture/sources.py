"""The project's own source files, parsed once."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("services", "workflows", "programmes", "simulation", "deploy")
SERVICES = ("intake", "matching", "plans", "budget", "monitor", "desk")


@lru_cache(maxsize=4096)
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def files(*folders: str) -> list[Path]:
    """Python files under these folders of the project, in order."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it: `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
