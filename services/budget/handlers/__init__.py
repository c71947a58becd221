"""What happens in one transaction; nobody here commits."""

from services.budget.handlers.bank import Booked, bounce_payment, confirm_payment
from services.budget.handlers.batches import cancel_batch, make_batch, release_batch
from services.budget.handlers.decisions import mandate_today, record_decision, withdraw_request
from services.budget.handlers.envelopes import close_envelope, open_envelope
from services.budget.handlers.funding import Funded, fund_programme
from services.budget.handlers.payees import Registered, register_payee
from services.budget.handlers.proposals import (
    Proposed,
    RefusalReason,
    propose_payee,
    proposed_payee_id,
    refuse_proposed,
    register_proposed,
    settle_proposal,
    withdraw_proposal,
)
from services.budget.handlers.requests import Submitted, rules_against_today, submit_request

__all__ = [
    "Booked",
    "Funded",
    "Proposed",
    "RefusalReason",
    "Registered",
    "Submitted",
    "bounce_payment",
    "cancel_batch",
    "close_envelope",
    "confirm_payment",
    "fund_programme",
    "make_batch",
    "mandate_today",
    "open_envelope",
    "propose_payee",
    "proposed_payee_id",
    "record_decision",
    "refuse_proposed",
    "register_payee",
    "register_proposed",
    "release_batch",
    "rules_against_today",
    "settle_proposal",
    "submit_request",
    "withdraw_proposal",
    "withdraw_request",
]
