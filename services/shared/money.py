"""Money as whole cents, and its exact division over shares."""

from collections.abc import Mapping


def split_cents(amount_cents: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Divide an amount over weights to the cent (largest remainder; ties in the order of the names).

    The parts add up to the amount exactly. Weights are whole and not negative, at least one above zero.
    Raises ValueError for a negative amount or unusable weights.
    """
    if amount_cents < 0:
        raise ValueError("an amount to split is not negative")
    total = sum(weights.values())
    if total <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("weights are not negative and at least one is above zero")
    parts = {name: amount_cents * weight // total for name, weight in weights.items()}
    short = amount_cents - sum(parts.values())
    by_remainder = sorted(weights, key=lambda name: (-(amount_cents * weights[name] % total), name))
    for name in by_remainder[:short]:
        parts[name] += 1
    return parts


def euros(amount_cents: int) -> str:
    """The amount as it is written in Dutch: `€ 1.234,56`."""
    sign = "-" if amount_cents < 0 else ""
    whole, cents = divmod(abs(amount_cents), 100)
    return f"€ {sign}{whole:,}".replace(",", ".") + f",{cents:02d}"
