"""Who may decide a request."""

from programmes.schema import Mandate, Programme
from services.shared.types import Code


def required_mandate(programme: Programme, category: Code, amount_cents: int, urgent: bool) -> Mandate | None:
    """The lowest mandate that covers the request, or None when nobody may decide it.

    Lowest is the smallest limit, then the fewest deciders. That the decider is not the asker is a matter of
    persons, and stays with whoever records the decision.
    """
    covering = [mandate for mandate in programme.mandates if mandate.covers(category, amount_cents, urgent=urgent)]
    return min(covering, key=lambda mandate: (mandate.up_to_cents, mandate.deciders), default=None)


def urgent_allowed(programme: Programme, category: Code, amount_cents: int) -> bool:
    """Whether a family may ask for this with urgency."""
    return amount_cents <= programme.family_budget.urgent_maximum_cents and any(
        known.code == category and known.urgent_allowed for known in programme.categories
    )
