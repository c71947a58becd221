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
from services.intake.domain.duplicates import LIKELY_MIN, Person, called_alike, likeness
from services.intake.domain.outreach import (
    ELSEWHERE,
    Destination,
    areas_on,
    dialled,
    is_email,
    open_on,
    own_sign_up,
    referral_channels,
    referred,
)
from services.intake.domain.signals import (
    ALREADY_KNOWN,
    NO_CONSENT,
    UNDECIDED,
    SignalState,
    erase_on,
    result_of_closing,
)

__all__ = [
    "ALREADY_ENROLLED",
    "ALREADY_KNOWN",
    "CONSENT_WITHDRAWN",
    "ELSEWHERE",
    "LIKELY_MIN",
    "NEVER_BEGAN",
    "NO_CONSENT",
    "PROGRAMME_ENDED",
    "PROGRAMME_FULL",
    "PROGRAMME_NEARLY_OVER",
    "UNDECIDED",
    "Decision",
    "Destination",
    "InLine",
    "Person",
    "SignalState",
    "areas_on",
    "called_alike",
    "decide",
    "dialled",
    "erase_on",
    "is_email",
    "last_day_to_enrol",
    "likeness",
    "missing_consents",
    "open_on",
    "own_sign_up",
    "referral_channels",
    "referred",
    "required_purposes",
    "result_of_closing",
]
