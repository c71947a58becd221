"""Routing-key patterns, as the broker's topic exchange reads them."""

from collections.abc import Sequence


def wants(patterns: Sequence[str], routing_key: str) -> bool:
    """Whether any of the patterns matches: `*` is one word, `#` is any number of words."""
    words = tuple(routing_key.split("."))
    return any(_matches(tuple(pattern.split(".")), words) for pattern in patterns)


def _matches(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if not pattern:
        return not words
    head, rest = pattern[0], pattern[1:]
    if head == "#":
        return any(_matches(rest, words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and head in ("*", words[0]) and _matches(rest, words[1:])
