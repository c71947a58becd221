"""What may be asked, who may decide it, and whose money it is."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.load import load
from services.budget.domain.digests import Seen, SeenPayment, batch_digest, request_digest
from services.budget.domain.requests import Wish, judge, mandate_for, why_not
from services.budget.domain.shares import change_of_shares
from services.budget.events import Verdict
from services.shared.money import split_cents
from services.shared.roles import Role
from tests.budget.town import ANNE, BICYCLE_SHOP, GRONINGEN, JOHN, MARY, trajectory

PROGRAMME = load(GRONINGEN, 1)
BICYCLE = Wish(category="bicycle", amount_cents=40_000, urgent=False, envelope_open=True, free_cents=250_000)
WHOLE_ENVELOPE = replace(BICYCLE, amount_cents=250_000)
SEEN = Seen(
    trajectory_id=trajectory(1),
    category="bicycle",
    amount_cents=40_000,
    urgent=False,
    payee_id=BICYCLE_SHOP,
    payee_version=1,
    payee_iban="NL15BANK0100000001",
)
DIGEST = request_digest(SEEN)


def test_a_bicycle_within_the_envelope_may_be_reserved() -> None:
    assert why_not(PROGRAMME, BICYCLE) is None


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (replace(BICYCLE, envelope_open=False), "envelope-closed"),
        (replace(BICYCLE, category="aeroplane"), "category-unknown"),
        (replace(BICYCLE, category="buddy-pay"), "category-unknown"),
        (replace(BICYCLE, amount_cents=250_001, free_cents=300_000), "amount-above-maximum"),
        (replace(BICYCLE, urgent=True, amount_cents=30_001), "urgency-not-allowed"),
        (replace(BICYCLE, urgent=True, category="parent-training", amount_cents=100), "urgency-not-allowed"),
        (replace(BICYCLE, free_cents=39_999), "envelope-short"),
    ],
)
def test_a_request_that_breaks_a_rule_hears_which(wish: Wish, reason: str) -> None:
    assert why_not(PROGRAMME, wish) == reason


def test_nobody_may_decide_what_no_mandate_covers() -> None:
    without = PROGRAMME.model_copy(update={"mandates": PROGRAMME.mandates[:1]})
    assert why_not(without, BICYCLE) == "no-mandate"


def test_a_small_amount_needs_one_decider_and_a_whole_envelope_two_roles() -> None:
    small = mandate_for(PROGRAMME, BICYCLE, asked_by=MARY, digest=DIGEST)
    large = mandate_for(PROGRAMME, WHOLE_ENVELOPE, asked_by=MARY, digest=DIGEST)
    assert (small.deciders, small.roles) == (1, (Role.TEAM_COORDINATOR,))
    assert (large.deciders, large.roles) == (2, (Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER))
    assert small.excluded == (MARY,)


def test_what_is_urgent_is_decided_by_the_next_working_day_or_goes_on_to_somebody_else() -> None:
    usual = mandate_for(PROGRAMME, BICYCLE, asked_by=MARY, digest=DIGEST)
    urgent = mandate_for(PROGRAMME, replace(BICYCLE, amount_cents=10_000, urgent=True), asked_by=MARY, digest=DIGEST)
    assert (urgent.remind_after_working_days, urgent.escalate_after_working_days) == (1, 1)
    assert usual.escalate_after_working_days == PROGRAMME.approval.escalation_working_days > 1


@pytest.mark.parametrize(
    ("deciders", "digest", "verdict", "reason"),
    [
        ((JOHN, ANNE), DIGEST, Verdict.APPROVED, "fits-plan"),
        ((JOHN,), DIGEST, Verdict.REFUSED, "too-few-deciders"),
        ((), DIGEST, Verdict.REFUSED, "too-few-deciders"),
        ((JOHN, JOHN), DIGEST, Verdict.REFUSED, "deciders-not-allowed"),
        ((JOHN, MARY), DIGEST, Verdict.REFUSED, "deciders-not-allowed"),
        ((JOHN, ANNE, MARY), DIGEST, Verdict.REFUSED, "deciders-not-allowed"),
        ((JOHN, ANNE), "0" * 64, Verdict.REFUSED, "changed-since-seen"),
    ],
)
def test_an_approval_stands_only_with_enough_others_who_saw_today_s_facts(
    deciders: tuple[UUID, ...], digest: str, verdict: Verdict, reason: str
) -> None:
    mandate = mandate_for(PROGRAMME, WHOLE_ENVELOPE, asked_by=MARY, digest=DIGEST)
    judgement = judge(mandate, Verdict.APPROVED, "fits-plan", deciders, digest=digest)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


def test_a_refusal_needs_nothing_but_never_names_the_asker() -> None:
    mandate = mandate_for(PROGRAMME, WHOLE_ENVELOPE, asked_by=MARY, digest=DIGEST)
    judgement = judge(mandate, Verdict.REFUSED, "not-in-plan", (MARY, JOHN), digest="0" * 64)
    assert (judgement.verdict, judgement.deciders) == (Verdict.REFUSED, (JOHN,))


@pytest.mark.parametrize(
    "changed",
    [
        replace(SEEN, amount_cents=40_001),
        replace(SEEN, category="clothing"),
        replace(SEEN, urgent=True),
        replace(SEEN, trajectory_id=trajectory(2)),
        replace(SEEN, payee_id=JOHN),
        replace(SEEN, payee_version=2),
        replace(SEEN, payee_iban="NL69TEST0000000001"),
    ],
)
def test_whatever_a_decider_saw_changes_the_digest(changed: Seen) -> None:
    assert request_digest(changed) != DIGEST


def test_the_digest_of_a_batch_does_not_depend_on_order_but_on_every_payment_and_the_debtor() -> None:
    first = SeenPayment(payment_id=JOHN, amount_cents=100, payee_name="A", payee_iban="NL15BANK0100000001")
    second = replace(first, payment_id=ANNE)
    digest = batch_digest([first, second], debtor_iban="NL13TEST0123456789")
    assert digest == batch_digest([second, first], debtor_iban="NL13TEST0123456789")
    assert digest != batch_digest([first], debtor_iban="NL13TEST0123456789")
    assert digest != batch_digest([first, replace(second, amount_cents=101)], debtor_iban="NL13TEST0123456789")
    assert digest != batch_digest([first, second], debtor_iban="NL69TEST0000000001")


@given(
    weights=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 1_000), min_size=1),
    amounts=st.lists(st.integers(1, 1_000_000), min_size=1, max_size=30),
    bounced=st.sets(st.integers(0, 29)),
)
def test_sources_stand_at_their_shares_after_every_payment_and_every_bounce(
    weights: dict[str, int], amounts: list[int], bounced: set[int]
) -> None:
    charged = dict.fromkeys(weights, 0)
    changes = amounts + [-amount for place, amount in enumerate(amounts) if place in bounced]
    for change in changes:
        for source, cents in change_of_shares(charged, change, weights).items():
            charged[source] += cents
        assert charged == split_cents(sum(charged.values()), weights)
        assert all(cents >= 0 for cents in charged.values())


def test_more_than_was_spent_cannot_come_back() -> None:
    with pytest.raises(ValueError, match="not negative"):
        change_of_shares({"npg": 5}, -6, {"npg": 1})
