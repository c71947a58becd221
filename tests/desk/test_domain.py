"""Who may decide, and what standing in lends and what it never lends."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.desk.contracts import Choice
from services.desk.domain import Question, StandIn, why_not_decide, why_not_take
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from tests.desk.office import ASKER, COLLEAGUE, HOLDER, OTHER_HOLDER, SEEN

ASKED = Question(
    is_open=True,
    is_decision=True,
    roles=frozenset({Role.BUDGET_HOLDER}),
    excluded=frozenset({ASKER}),
    digest=SEEN,
    voices=frozenset(),
)
FOR_HOLDER = StandIn(
    id=stable_id("away"),
    person=HOLDER.person,
    stand_in=COLLEAGUE.person,
    roles=(Role.BUDGET_HOLDER,),
    from_on=date(2027, 3, 1),
    until_on=date(2027, 3, 5),
)
ONE_HOLDER_SIGNED = replace(
    ASKED,
    roles=frozenset({Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER}),
    seats=(Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER),
    approvals=(HOLDER.roles,),
    voices=frozenset({HOLDER.person}),
)
HOLDER_WHO_ASKED = Actor(person=ASKER, roles=HOLDER.roles)


@pytest.mark.parametrize(
    ("question", "actor", "on_behalf_of", "stand_in", "refusal"),
    [
        (ASKED, HOLDER, None, None, None),
        (ASKED, COLLEAGUE, None, None, "not-in-role"),
        (ASKED, HOLDER_WHO_ASKED, None, None, "excluded"),
        (replace(ASKED, voices=frozenset({HOLDER.person})), HOLDER, None, None, "decided-before"),
        (replace(ASKED, digest="cd" * 32), HOLDER, None, None, "changed-since-seen"),
        (replace(ASKED, is_open=False), HOLDER, None, None, "task-closed"),
        (replace(ASKED, is_decision=False), HOLDER, None, None, "not-a-decision"),
        (ASKED, COLLEAGUE, HOLDER.person, FOR_HOLDER, None),
        (ASKED, COLLEAGUE, HOLDER.person, None, "no-stand-in"),
        (ASKED, COLLEAGUE, HOLDER.person, replace(FOR_HOLDER, roles=(Role.SUPPORTER,)), "not-in-role"),
        (replace(ASKED, voices=frozenset({HOLDER.person})), COLLEAGUE, HOLDER.person, FOR_HOLDER, "decided-before"),
        (replace(ASKED, voices=frozenset({COLLEAGUE.person})), COLLEAGUE, HOLDER.person, FOR_HOLDER, "decided-before"),
        (replace(ASKED, excluded=frozenset({HOLDER.person})), COLLEAGUE, HOLDER.person, FOR_HOLDER, "excluded"),
        (replace(ASKED, excluded=frozenset({COLLEAGUE.person})), COLLEAGUE, HOLDER.person, FOR_HOLDER, "excluded"),
        (ASKED, OTHER_HOLDER, HOLDER.person, FOR_HOLDER, "decide-in-your-own-name"),
        (ASKED, HOLDER, HOLDER.person, None, "decide-in-your-own-name"),
        (ONE_HOLDER_SIGNED, OTHER_HOLDER, None, None, "other-role-needed"),
        (replace(ONE_HOLDER_SIGNED, escalated=Role.BUDGET_HOLDER), OTHER_HOLDER, None, None, None),
    ],
    ids=[
        "in the role",
        "not in the role",
        "the asker",
        "a second time",
        "what was seen has changed",
        "too late",
        "nothing to decide",
        "as a stand-in",
        "as nobody's stand-in",
        "the one who is away has no such role",
        "the one who is away decided already",
        "the stand-in had a say already",
        "the one who is away asked for it",
        "the stand-in asked for it",
        "a holder for another holder",
        "on behalf of oneself",
        "the seat of the role is taken",
        "whoever it was escalated to takes any seat",
    ],
)
def test_who_may_decide(
    question: Question, actor: Actor, on_behalf_of: UUID | None, stand_in: StandIn | None, refusal: Code | None
) -> None:
    assert why_not_decide(question, actor, Choice.APPROVE, SEEN, on_behalf_of, stand_in) == refusal


def test_what_has_changed_since_it_was_asked_can_only_be_refused() -> None:
    changed = replace(ASKED, digest="cd" * 32)
    assert why_not_decide(changed, HOLDER, Choice.APPROVE, SEEN, None, None) == "changed-since-seen"
    assert why_not_decide(changed, HOLDER, Choice.REFUSE, SEEN, None, None) is None


def test_who_is_kept_out_of_a_task_may_not_take_it_whatever_their_role() -> None:
    roles = frozenset({Role.BUDGET_HOLDER})

    assert why_not_take(roles, frozenset({ASKER}), HOLDER_WHO_ASKED) == "excluded"
    assert why_not_take(roles, frozenset(), COLLEAGUE) == "not-in-role"
    assert why_not_take(roles, frozenset({ASKER}), HOLDER) is None
