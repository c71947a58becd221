"""What happens in one transaction at intake. Nothing here commits."""

from services.intake.handlers.admission import (
    admit,
    close_waiting_list,
    fill_places,
    open_programme,
    trajectory_closed,
)
from services.intake.handlers.consents import give_consent, withdraw_consent
from services.intake.handlers.families import (
    DUPLICATES_MAX,
    FOUND_MAX,
    Candidate,
    change_contact,
    find_likely_duplicates,
    move_family,
    search_families,
)
from services.intake.handlers.intakes import Completed, complete_intake
from services.intake.handlers.public_forms import (
    EVERYBODY_MAX,
    ONE_ADDRESS_MAX,
    TOO_MANY,
    TOO_MANY_HERE,
    receive_public_form,
)
from services.intake.handlers.retention import erase_due
from services.intake.handlers.signals import close_signal, receive_signal, record_contact_attempt

__all__ = [
    "DUPLICATES_MAX",
    "EVERYBODY_MAX",
    "FOUND_MAX",
    "ONE_ADDRESS_MAX",
    "TOO_MANY",
    "TOO_MANY_HERE",
    "Candidate",
    "Completed",
    "admit",
    "change_contact",
    "close_signal",
    "close_waiting_list",
    "complete_intake",
    "erase_due",
    "fill_places",
    "find_likely_duplicates",
    "give_consent",
    "move_family",
    "open_programme",
    "receive_public_form",
    "receive_signal",
    "record_contact_attempt",
    "search_families",
    "trajectory_closed",
    "withdraw_consent",
]
