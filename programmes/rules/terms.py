"""Terms that stand in a programme under a code."""

from programmes.schema import OTHER_RESULT, Programme
from services.shared.types import Code


def retention_months(programme: Programme, result: Code) -> int:
    """Months a file is kept after a trajectory or signal ended with this result; unnamed results fall under `other`."""
    terms = {term.result: term.months for term in programme.retention.terms}
    return terms.get(result, terms[OTHER_RESULT])


def shares(programme: Programme) -> dict[Code, int]:
    """Source code: its weight in every euro spent, ready for `services.shared.money.split_cents`."""
    return {source.code: source.share_weight for source in programme.funding.sources}
