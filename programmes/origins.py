"""Where each value of a programme comes from: a text (grounds), or a choice with its reason (assumptions)."""

import re
from collections.abc import Iterator
from typing import Any

from programmes.problems import Place, spell
from programmes.schema import Programme

UNSOURCED = frozenset({"id", "version", "grounds", "assumptions"})
"""Keys that name the file or explain it, and so need no origin of their own."""

_STEP = re.compile(r"(?:^|\.)([a-z][a-z0-9-]*)|\[(\d+)\]|\[([a-z][a-z0-9-]*)\]")


def assumptions(programme: Programme) -> dict[str, str]:
    """Place in the file: the Dutch reason for a value that no text gives, in the file's order."""
    return dict(programme.assumptions)


def as_file(programme: Programme) -> dict[str, Any]:
    """The programme as it stands in its file: the file's own keys, and only those that it has."""
    document: dict[str, Any] = programme.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def find(document: dict[str, Any], spelled: str) -> Place | None:
    """The place a spelled path leads to, with codes turned into positions; None where nothing stands there.

    A step is a key, a position or a code: `funding.sources[1].amount-cents`, `categories[bicycle]`.
    """
    place: list[str | int] = []
    here: Any = document
    end = 0
    for step in _STEP.finditer(spelled):
        if step.start() != end:
            return None
        end = step.end()
        key, position, code = step.groups()
        found: str | int | None
        if key is not None:
            found = key if isinstance(here, dict) and key in here else None
        elif not isinstance(here, list):
            found = None
        elif position is not None:
            found = int(position) if int(position) < len(here) else None
        else:
            found = next(
                (at for at, item in enumerate(here) if isinstance(item, dict) and item.get("code") == code), None
            )
        if found is None:
            return None
        place.append(found)
        here = here[found]
    return tuple(place) if place and end == len(spelled) else None


def without_origin(programme: Programme) -> tuple[str, ...]:
    """The values that neither a ground nor an assumption explains, by their place; a path explains all under it."""
    document = as_file(programme)
    explained = {find(document, path) for path in (*programme.grounds, *programme.assumptions)}
    return tuple(
        spell(leaf)
        for leaf in _leaves(document, ())
        if leaf[0] not in UNSOURCED and not any(leaf[:depth] in explained for depth in range(1, len(leaf) + 1))
    )


def _leaves(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, below in enumerate(value):
            yield from _leaves(below, (*place, position))
    else:
        yield place
