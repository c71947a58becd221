"""Chance that does not depend on the order of things: one stream for each person and purpose."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from uuid import UUID

from services.shared.types import stable_id


class Chance:
    """A seed and the places it is used for. Drawing in one place never changes what another place draws."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, *place: object) -> Random:
        """The stream of one person and purpose; the same place starts at the same draw each time."""
        return Random("/".join(str(part) for part in (self.seed, *place)))

    def happens(self, rate: float, *place: object) -> bool:
        """Whether something with this rate (0 to 1) happens here."""
        return self.stream(*place).random() < rate

    def days(self, low: int, high: int, *place: object) -> timedelta:
        """A number of days from low to high, both included."""
        return timedelta(days=self.stream(*place).randint(low, high))

    def identifier(self, *place: str | UUID | int) -> UUID:
        """An id that is the same for the same seed and place."""
        return stable_id("simulation", self.seed, *place)


def day_between(stream: Random, first: date, last: date) -> date:
    """A day from first to last, both included."""
    return first + timedelta(days=stream.randint(0, max(0, (last - first).days)))


def one_of[T](stream: Random, weights: Mapping[T, int]) -> T:
    """One of the keys, as often as its weight says."""
    return stream.choices(list(weights), weights=list(weights.values()))[0]


def some_of[T](stream: Random, everything: Sequence[T], low: int, high: int) -> tuple[T, ...]:
    """Some of them in a random order, at least low and at most high where there are as many."""
    count = min(len(everything), stream.randint(low, high))
    return tuple(stream.sample(list(everything), count))
