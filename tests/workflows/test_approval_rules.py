"""Four eyes, without time: who may decide, and what decisions come to."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.budget.events import Verdict
from services.desk.contracts import Choice, Decision
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.workflows.fakes import ASKER, DIGEST, mandate
from workflows.approval_rules import outcome, refusal

FATIMA, JAN, AWAY = stable_id("fatima"), stable_id("jan"), stable_id("away")


def decision(person: UUID = FATIMA, choice: Choice = Choice.APPROVE, on_behalf_of: UUID | None = None) -> Decision:
    return Decision(
        choice=choice,
        person=person,
        roles=(Role.BUDGET_HOLDER,),
        reason="fits-the-plan",
        digest=DIGEST,
        on_behalf_of=on_behalf_of,
    )


def test_whoever_has_the_role_may_decide() -> None:
    assert refusal(mandate(), None, [], decision(), withdrawn=False) is None


@pytest.mark.parametrize("asked", [decision(ASKER), decision(JAN, on_behalf_of=ASKER)], ids=["self", "stand-in"])
def test_the_asker_never_decides_not_even_through_a_stand_in(asked: Decision) -> None:
    assert refusal(mandate(), None, [], asked, withdrawn=False) == "excluded"


@pytest.mark.parametrize(
    "second",
    [decision(FATIMA), decision(FATIMA, on_behalf_of=AWAY), decision(JAN, on_behalf_of=FATIMA)],
    ids=["same-person", "again-for-another", "another-for-the-same"],
)
def test_nobody_signs_twice_in_whatever_capacity(second: Decision) -> None:
    assert refusal(mandate(deciders=2), None, [decision(FATIMA)], second, withdrawn=False) == "decided-before"


def test_a_stand_in_who_decided_for_somebody_has_used_that_signature() -> None:
    taken = [decision(JAN, on_behalf_of=AWAY)]
    assert refusal(mandate(deciders=2), None, taken, decision(AWAY), withdrawn=False) == "decided-before"
    assert refusal(mandate(deciders=2), None, taken, decision(JAN), withdrawn=False) == "decided-before"
    assert refusal(mandate(deciders=2), None, taken, decision(FATIMA), withdrawn=False) is None


def test_two_seats_want_two_roles_in_whatever_order() -> None:
    """Above EUR 1,250 a budget holder and the programme manager decide: two budget holders are not enough."""
    both = replace(
        mandate(deciders=2),
        roles=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER),
        seats=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER),
    )
    manager = replace(decision(JAN), roles=(Role.PROGRAMME_MANAGER,))
    assert refusal(both, None, [decision(FATIMA)], decision(JAN), withdrawn=False) == "other-role-needed"
    assert refusal(both, None, [decision(FATIMA)], manager, withdrawn=False) is None
    assert refusal(both, None, [manager], decision(FATIMA), withdrawn=False) is None
    assert refusal(
        both, None, [manager], replace(decision(AWAY), roles=(Role.PROGRAMME_MANAGER,)), withdrawn=False
    ) == ("other-role-needed")


def test_refusing_needs_no_particular_seat() -> None:
    both = replace(mandate(deciders=2), seats=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER))
    assert refusal(both, None, [decision(FATIMA)], decision(JAN, Choice.REFUSE), withdrawn=False) is None


def test_whoever_it_was_escalated_to_can_take_any_seat() -> None:
    both = replace(mandate(deciders=2), seats=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER))
    controller = replace(decision(JAN), roles=(Role.CONTROLLER,))
    assert refusal(both, Role.CONTROLLER, [decision(FATIMA)], controller, withdrawn=False) is None


def test_a_decision_about_something_else_than_was_asked_is_refused() -> None:
    changed = replace(decision(), digest="b" * 64)
    assert refusal(mandate(), None, [], changed, withdrawn=False) == "changed-since-seen"


def test_the_role_to_which_it_was_escalated_may_decide_from_then_on() -> None:
    manager = replace(decision(), roles=(Role.PROGRAMME_MANAGER,))
    assert refusal(mandate(), None, [], manager, withdrawn=False) == "not-in-role"
    assert refusal(mandate(), Role.PROGRAMME_MANAGER, [], manager, withdrawn=False) is None


def test_what_is_decided_or_withdrawn_is_not_decided_again() -> None:
    assert refusal(mandate(), None, [decision(FATIMA)], decision(JAN), withdrawn=False) == "already-decided"
    assert refusal(mandate(), None, [], decision(JAN), withdrawn=True) == "already-decided"


def test_one_refusal_refuses_and_two_approvals_are_needed_where_two_decide() -> None:
    two = mandate(deciders=2)
    assert outcome(two, [decision(FATIMA)]) is None
    refused = outcome(two, [decision(FATIMA), decision(JAN, Choice.REFUSE)])
    approved = outcome(two, [decision(FATIMA), decision(JAN)])
    assert refused is not None
    assert refused.verdict is Verdict.REFUSED
    assert approved is not None
    assert approved.verdict is Verdict.APPROVED
    assert approved.deciders == (FATIMA, JAN)
