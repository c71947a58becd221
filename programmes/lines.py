"""Finds the line of a place in a TOML file, for the text of an error."""

import tomllib
from collections.abc import Iterator

from programmes.problems import Place

STATEMENT_LINES_MAXIMUM = 500


def line_of(text: str, place: Place) -> int | None:
    """The line, counted from 1, of the deepest part of the place that has one; None for the file as a whole."""
    lines = dict(_places(text))
    for depth in range(len(place), 0, -1):
        if line := lines.get(place[:depth]):
            return line
    return None


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Each header and key of a valid TOML text with its line; values inside arrays count as their key's."""
    tables: dict[tuple[str, ...], int] = {}
    prefix: Place = ()
    for line, statement in _statements(text):
        if not statement.startswith("["):
            yield prefix + _keys(tomllib.loads(statement)), line
            continue
        keys = tuple(str(key) for key in _keys(tomllib.loads(statement)))
        if statement.startswith("[["):
            tables[keys] = tables.get(keys, -1) + 1
            if tables[keys] == 0:
                yield _numbered(keys, tables)[:-1], line
        prefix = _numbered(keys, tables)
        yield prefix, line


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headers and key-value pairs with the line they start on: what stands on one line, or parses only together."""
    pending: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not pending and not line.split("#")[0].strip():
            continue
        start = start if pending else number
        pending.append(line)
        try:
            tomllib.loads("\n".join(pending))
        except tomllib.TOMLDecodeError:
            if len(pending) > STATEMENT_LINES_MAXIMUM:
                return
            continue
        yield start, "\n".join(pending).strip()
        pending = []


def _keys(document: dict[str, object]) -> Place:
    """The dotted keys down to the value: one at each level."""
    keys: list[str] = []
    level: object = document
    while isinstance(level, dict) and len(level) == 1:
        key, level = next(iter(level.items()))
        keys.append(key)
        level = level[0] if isinstance(level, list) and level == [{}] else level
    return tuple(keys)


def _numbered(keys: tuple[str, ...], tables: dict[tuple[str, ...], int]) -> Place:
    """The header's keys with the position of each array of tables that it stands in."""
    place: list[str | int] = []
    for depth, key in enumerate(keys, start=1):
        place.append(key)
        if (position := tables.get(keys[:depth])) is not None:
            place.append(position)
    return tuple(place)
