"""What changes in one transaction, by noun: requests, rounds, tandems, people."""

from services.matching.handlers.people import change_capacity, change_person, person_leaves, register_person, renew_vog
from services.matching.handlers.requests import move_family, request_tandem, withdraw_request
from services.matching.handlers.rounds import hold_round
from services.matching.handlers.tandems import (
    choose_tandem,
    close_trajectory,
    decline_tandem,
    end_tandem,
    evaluate_trial,
)

__all__ = [
    "change_capacity",
    "change_person",
    "choose_tandem",
    "close_trajectory",
    "decline_tandem",
    "end_tandem",
    "evaluate_trial",
    "hold_round",
    "move_family",
    "person_leaves",
    "register_person",
    "renew_vog",
    "request_tandem",
    "withdraw_request",
]
