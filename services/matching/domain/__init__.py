"""Matching's rules: who may work with whom, how well they fit, and how a round divides people over families."""

from services.matching.domain.assignment import assign
from services.matching.domain.people import (
    AT_WORK,
    HOLDING,
    OPEN_REQUEST,
    Load,
    Obstacle,
    Person,
    Request,
    RequestState,
    Rules,
    TandemState,
    certificate_runs_out,
    fit,
    known_words,
    obstacles,
    person_digest,
    reasons,
)
from services.matching.domain.round import Option, Proposals, Round, hold

__all__ = [
    "AT_WORK",
    "HOLDING",
    "OPEN_REQUEST",
    "Load",
    "Obstacle",
    "Option",
    "Person",
    "Proposals",
    "Request",
    "RequestState",
    "Round",
    "Rules",
    "TandemState",
    "assign",
    "certificate_runs_out",
    "fit",
    "hold",
    "known_words",
    "obstacles",
    "person_digest",
    "reasons",
]
