"""What can become of a signal, and how long it is kept after that."""

from datetime import date
from enum import StrEnum

from programmes.rules import retention_months
from programmes.schema import Programme
from services.shared.calendar import add_months
from services.shared.types import Code


class SignalState(StrEnum):
    OPEN = "open"
    INTAKE_DONE = "intake-done"
    """Admission is not decided yet."""
    WAITING = "waiting"
    ENROLLED = "enrolled"
    DECLINED = "declined"
    CLOSED = "closed"


UNDECIDED = (SignalState.OPEN, SignalState.INTAKE_DONE, SignalState.WAITING)

NOT_REACHED: Code = "not-reached"
DECLINED: Code = "declined"

WITHDRAWN: Code = "consent-withdrawn"

NO_CONSENT: Code = "no-consent"
"""The reason when a family says no to what is needed: no more is kept of it than of who takes a consent back."""
ALREADY_KNOWN: Code = "already-known"
"""The reason when a family is signed up under another signal already."""

_RESULTS: dict[Code, Code] = {
    "unreachable": NOT_REACHED,
    WITHDRAWN: WITHDRAWN,
    NO_CONSENT: WITHDRAWN,
}


def result_of_closing(reason: Code) -> Code:
    """The result, in the words of retention terms, of a signal that was closed for this reason."""
    return _RESULTS.get(reason, DECLINED)


def erase_on(programme: Programme, result: Code, ended_on: date) -> date:
    """The day from which what identifies the family may not be kept any longer for this result."""
    return add_months(ended_on, retention_months(programme, result))
