"""What happens in one transaction at intake. Nothing here commits."""

from services.intake.handlers.admission import (
    admit,
    close_waiting_list,
    fill_places,
    open_programme,
    trajectory_closed,
)
from services.intake.handlers.consents import give_consent, withdraw_consent
from services.intake.handlers.drafts import (
    FAMILY_STEP,
    Readings,
    Stale,
    choose_family,
    programme_of,
    read_draft,
    refused_consents,
    save_bsn,
    save_step,
    unanswered_likeness,
)
from services.intake.handlers.facts import read_facts
from services.intake.handlers.families import (
    DUPLICATES_MAX,
    FOUND_MAX,
    Candidate,
    address_mark,
    address_of,
    change_contact,
    contact_mark,
    contact_of,
    find_likely_duplicates,
    move_family,
    search_families,
)
from services.intake.handlers.finishing import Unfinished, finish_draft, read_number
from services.intake.handlers.intakes import Completed, complete_intake
from services.intake.handlers.likely import Likely, likely_families
from services.intake.handlers.merging import BOTH_ENROLLED, merge_by_id, merge_families, merges_of, unmerge_families
from services.intake.handlers.met_before import MetBefore, met_before
from services.intake.handlers.public_forms import (
    EVERYBODY_MAX,
    ONE_ADDRESS_MAX,
    SALT_BYTES,
    TOO_MANY,
    TOO_MANY_HERE,
    receive_public_form,
)
from services.intake.handlers.retention import erase_due
from services.intake.handlers.signals import close_signal, receive_signal, record_contact_attempt
from services.intake.handlers.switching import SWITCHABLE, Choice, choices, origin, switch_programme

__all__ = [
    "BOTH_ENROLLED",
    "DUPLICATES_MAX",
    "EVERYBODY_MAX",
    "FAMILY_STEP",
    "FOUND_MAX",
    "ONE_ADDRESS_MAX",
    "SALT_BYTES",
    "SWITCHABLE",
    "TOO_MANY",
    "TOO_MANY_HERE",
    "Candidate",
    "Choice",
    "Completed",
    "Likely",
    "MetBefore",
    "Readings",
    "Stale",
    "Unfinished",
    "address_mark",
    "address_of",
    "admit",
    "change_contact",
    "choices",
    "choose_family",
    "close_signal",
    "close_waiting_list",
    "complete_intake",
    "contact_mark",
    "contact_of",
    "erase_due",
    "fill_places",
    "find_likely_duplicates",
    "finish_draft",
    "give_consent",
    "likely_families",
    "merge_by_id",
    "merge_families",
    "merges_of",
    "met_before",
    "move_family",
    "open_programme",
    "origin",
    "programme_of",
    "read_draft",
    "read_facts",
    "read_number",
    "receive_public_form",
    "receive_signal",
    "record_contact_attempt",
    "refused_consents",
    "save_bsn",
    "save_step",
    "search_families",
    "switch_programme",
    "trajectory_closed",
    "unanswered_likeness",
    "unmerge_families",
    "withdraw_consent",
]
