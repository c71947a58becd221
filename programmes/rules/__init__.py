"""What follows from a programme: pure functions that services and workflows' activities call."""

from programmes.rules.dates import first_matching_round, matching_rounds
from programmes.rules.eligibility import PROGRAMME_NOT_OPEN, Fit, HouseholdFacts, fits
from programmes.rules.instalments import Instalment, instalments
from programmes.rules.mandates import required_mandate, urgent_allowed
from programmes.rules.terms import retention_months, shares

__all__ = [
    "PROGRAMME_NOT_OPEN",
    "Fit",
    "HouseholdFacts",
    "Instalment",
    "first_matching_round",
    "fits",
    "instalments",
    "matching_rounds",
    "required_mandate",
    "retention_months",
    "shares",
    "urgent_allowed",
]
