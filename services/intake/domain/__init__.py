"""Intake's rules: pure functions; a refusal is a value."""

from services.intake.domain.admission import (
    ALREADY_ENROLLED,
    CONSENT_WITHDRAWN,
    NEVER_BEGAN,
    PROGRAMME_ENDED,
    PROGRAMME_FULL,
    PROGRAMME_NEARLY_OVER,
    Decision,
    InLine,
    decide,
    last_day_to_enrol,
)
from services.intake.domain.consents import missing_consents, required_purposes
from services.intake.domain.duplicates import LIKELY_MIN, Person, likeness
from services.intake.domain.signals import UNDECIDED, SignalState, erase_on, result_of_closing

__all__ = [
    "ALREADY_ENROLLED",
    "CONSENT_WITHDRAWN",
    "LIKELY_MIN",
    "NEVER_BEGAN",
    "PROGRAMME_ENDED",
    "PROGRAMME_FULL",
    "PROGRAMME_NEARLY_OVER",
    "UNDECIDED",
    "Decision",
    "InLine",
    "Person",
    "SignalState",
    "decide",
    "erase_on",
    "last_day_to_enrol",
    "likeness",
    "missing_consents",
    "required_purposes",
    "result_of_closing",
]
