"""What is wrong with a programme file, said so that its writer can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

type Place = tuple[str | int, ...]
"""Keys and positions down a file: `("mandates", 2, "up-to-cents")`."""


def spell(place: Place) -> str:
    """A place as people write it: `mandates[2].up-to-cents`, counted from 0."""
    spelled = ""
    for part in place:
        spelled += f"[{part}]" if isinstance(part, int) else f".{part}" if spelled else part
    return spelled


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where, why, and the line where that is known."""

    place: Place
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        """`line 14: mandates[2].up-to-cents: reason`, without the parts that are not known."""
        parts = [f"line {self.line}" if self.line else "", spell(self.place), self.reason]
        return ": ".join(part for part in parts if part)


class ProgrammeError(Exception):
    """A programme cannot be loaded; its text names the file and every problem in it."""

    def __init__(self, file: Path, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in self.problems))
