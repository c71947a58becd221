"""What a programme says about haste, for who asks and for who decides."""

from dataclasses import dataclass

from programmes.schema import Programme
from programmes.schema.money import Spender
from services.budget.domain.requests import URGENT_WORKING_DAYS
from services.shared.types import Cents


@dataclass(frozen=True, kw_only=True)
class HasteRule:
    """What a programme lets be asked with haste, one request at a time, and how soon is decided with and without it."""

    most_cents: Cents
    names: tuple[str, ...]
    working_days: int
    otherwise_working_days: int


def haste_rule(definition: Programme) -> HasteRule:
    """The rule in the words of the programme."""
    families = [each for each in definition.categories if each.spender is Spender.FAMILY]
    usual = definition.approval.escalation_working_days
    return HasteRule(
        most_cents=min(definition.family_budget.urgent_maximum_cents, definition.family_budget.request_maximum_cents),
        names=tuple(each.name for each in families if each.urgent_allowed),
        working_days=min(URGENT_WORKING_DAYS, usual),
        otherwise_working_days=usual,
    )
