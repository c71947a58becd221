"""Looks for many values in much text at once, without ever showing one of them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

NEEDLE_LENGTH = 24
"""Of longer values the first words are looked for, up to about so many characters: enough to know them by."""
LENGTH_MIN = 5
LENGTH_MIN_BINARY = 8
"""In files that are no text chance makes short words; a longer value does not appear by chance."""
CHUNK_BYTES = 4 * 1024 * 1024
OVERLAP_BYTES = 1024
_LETTER = rb"[0-9A-Za-z\x80-\xff]"


class Needles:
    """The values of one kind, as patterns. `Needles(values, vocabulary)` leaves out what would be found anyway:

    values shorter than LENGTH_MIN, and those that stand in the vocabulary (the programmes' own published texts).
    """

    def __init__(self, values: Iterable[str], vocabulary: str) -> None:
        known = vocabulary.casefold()
        cut = {_beginning(value.strip()) for value in values}
        self.values = sorted(value for value in cut if len(value) >= LENGTH_MIN and value.casefold() not in known)
        long = [value for value in self.values if len(value) >= LENGTH_MIN_BINARY]
        words = _alternation(self.values)
        self._in_text = re.compile(b"(?<!%s)(?:%s)(?!%s)" % (_LETTER, words, _LETTER)) if words else None
        self._in_binary = re.compile(binary) if (binary := _alternation(long)) else None

    def __len__(self) -> int:
        return len(self.values)

    def in_text(self, text: bytes) -> set[bytes]:
        """Which of them stand in text, as whole words."""
        return set(self._in_text.findall(text)) if self._in_text is not None else set()

    def in_file(self, file: Path) -> set[bytes]:
        """Which of them stand in a file: whole words in a text file, anywhere in another."""
        found: set[bytes] = set()
        for chunk in _chunks(file):
            pattern = self._in_binary if b"\0" in chunk else self._in_text
            found |= set(pattern.findall(chunk)) if pattern is not None else set()
        return found


def _beginning(value: str) -> str:
    """Whole words, so that they are found as such; a value without spaces stays whole."""
    return value if len(value) <= NEEDLE_LENGTH else value[:NEEDLE_LENGTH].rpartition(" ")[0].strip() or value


def _chunks(file: Path) -> Iterator[bytes]:
    """A file in pieces that overlap by more than what is looked for is long."""
    tail = b""
    with file.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield tail + piece
            tail = piece[-OVERLAP_BYTES:]


def _alternation(values: Iterable[str]) -> bytes:
    """One pattern for all values, sharing their beginnings, so that it stays quick for thousands of them."""
    tree: dict[int, object] = {}
    for value in values:
        node = tree
        for byte in value.encode():
            node = node.setdefault(byte, {})  # type: ignore[assignment]  # a tree of trees
        node[-1] = True
    return _pattern(tree) if tree else b""


def _pattern(node: dict[int, object]) -> bytes:
    branches = [
        re.escape(bytes([byte])) + _pattern(below)  # type: ignore[arg-type]  # only the mark at -1 is no tree
        for byte, below in sorted(node.items())
        if byte >= 0
    ]
    if not branches:
        return b""
    joined = branches[0] if len(branches) == 1 else b"(?:%s)" % b"|".join(branches)
    return joined if -1 not in node else b"(?:%s)?" % joined
