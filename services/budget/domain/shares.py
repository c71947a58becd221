"""Whose money a euro is: what every source bears of all that was spent, exact at every moment."""

from collections.abc import Mapping

from services.shared.money import split_cents
from services.shared.types import Cents, Code


def change_of_shares(
    charged: Mapping[Code, Cents], change_cents: Cents, weights: Mapping[Code, int]
) -> dict[Code, Cents]:
    """What to charge each source more (or, below zero, less) when total spending changes by `change_cents`.

    Afterwards each source bears exactly its share of the new total, rounded once: a payment that bounces after others
    were booked would otherwise take back a rounding that those others already stood on. Sources that do not change
    are left out. Raises ValueError when more would come back than was spent.
    """
    before = {source: charged.get(source, 0) for source in weights}
    after = split_cents(sum(before.values()) + change_cents, weights)
    return {source: after[source] - before[source] for source in sorted(weights) if after[source] != before[source]}
