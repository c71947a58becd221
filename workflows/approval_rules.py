"""Who may decide, and what decisions together come to: the four eyes of an approval, without time."""

from collections.abc import Sequence
from uuid import UUID

from services.budget.events import Mandate, Verdict
from services.desk.contracts import Choice, Decision, all_sit
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
    roles = [each.roles for each in (*taken, decision)]
    if decision.choice is Choice.APPROVE and not all_sit(mandate.seats, escalated, roles):
        return "other-role-needed"
    return None


def outcome(mandate: Mandate, taken: Sequence[Decision]) -> ApprovalEnded | None:
    """What the decisions taken so far come to: one refusal refuses, enough approvals approve, None is: not yet."""
    deciders = tuple(decision.person for decision in taken)
    for decision in taken:
        if decision.choice is Choice.REFUSE:
            return ApprovalEnded(verdict=Verdict.REFUSED, reason=decision.reason, deciders=deciders)
    if taken and len(taken) >= mandate.deciders:
        return ApprovalEnded(verdict=Verdict.APPROVED, reason=taken[-1].reason, deciders=deciders)
    return None
