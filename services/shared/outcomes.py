"""A refusal is a value: what a handler gives back when the answer is no, and how a web entry says so."""

from dataclasses import dataclass

from services.shared.problems import Problem
from services.shared.types import Code

CONFLICT = 409


@dataclass(frozen=True)
class Refused:
    """Nothing was changed; `code` says why and `errors` name the things concerned (purposes, fields, rules)."""

    code: Code
    errors: tuple[Code, ...] = ()


def granted[T](outcome: T | Refused, *, status: int = CONFLICT) -> T:
    """The outcome of a handler for a web entry. Raises Problem with the refusal's code when it was refused."""
    if isinstance(outcome, Refused):
        raise Problem(status, outcome.code, errors=[{"code": code} for code in outcome.errors] or None)
    return outcome
