"""Who may decide, and what decisions together come to: the four eyes of an approval, without time."""

from collections.abc import Sequence
from itertools import permutations
from uuid import UUID

from services.budget.events import Mandate, Verdict
from services.desk.contracts import Choice, Decision
from services.shared.roles import Role
from services.shared.types import Code
from workflows.contracts import ApprovalEnded


def people_in(decision: Decision) -> frozenset[UUID]:
    """Everybody whose signature a decision is: a stand-in's also counts for whom they stand in for."""
    others = () if decision.on_behalf_of is None else (decision.on_behalf_of,)
    return frozenset((decision.person, *others))


def refusal(
    mandate: Mandate, escalated: Role | None, taken: Sequence[Decision], decision: Decision, *, withdrawn: bool
) -> Code | None:
    """Why a decision is not accepted, None when it is."""
    if withdrawn or outcome(mandate, taken) is not None:
        return "already-decided"
    if decision.choice is Choice.APPROVE and decision.digest != mandate.digest:
        return "changed-since-seen"
    if not set(decision.roles) & {*mandate.roles, *([escalated] if escalated else [])}:
        return "not-in-role"
    people = people_in(decision)
    if people & set(mandate.excluded):
        return "excluded"
    if any(people & people_in(earlier) for earlier in taken):
        return "decided-before"
    if decision.choice is Choice.APPROVE and not _all_sit(mandate.seats, escalated, [*taken, decision]):
        return "other-role-needed"
    return None


def _all_sit(seats: Sequence[Role], escalated: Role | None, decisions: Sequence[Decision]) -> bool:
    """Whether each approval can take a seat of its own role; whoever it was escalated to can take any.

    There are two seats at most, so every order is tried.
    """
    if not seats:
        return True
    return any(
        all({seat, escalated} & set(decision.roles) for seat, decision in zip(order, decisions, strict=False))
        for order in permutations(seats)
    )


def outcome(mandate: Mandate, taken: Sequence[Decision]) -> ApprovalEnded | None:
    """What the decisions taken so far come to: one refusal refuses, enough approvals approve, None is: not yet."""
    deciders = tuple(decision.person for decision in taken)
    for decision in taken:
        if decision.choice is Choice.REFUSE:
            return ApprovalEnded(verdict=Verdict.REFUSED, reason=decision.reason, deciders=deciders)
    if taken and len(taken) >= mandate.deciders:
        return ApprovalEnded(verdict=Verdict.APPROVED, reason=taken[-1].reason, deciders=deciders)
    return None
