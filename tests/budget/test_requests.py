"""A family asks: set apart, decided by others, or given back."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.budget import handlers, store
from services.budget.answers import BalanceAnswer
from services.budget.balances import envelope_balance
from services.budget.commands import AskedFor
from services.budget.domain.motives import Elsewhere, PlanThen, Purpose
from services.budget.domain.requests import RequestState
from services.budget.events import ApprovalAsked, Verdict
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.budget.town import ANNE, BICYCLE_SHOP, IBANS, JOHN, MARY, NOON, Town, trajectory

pytestmark = pytest.mark.engines


async def _envelope(database: Database, family: int = 1) -> BalanceAnswer:
    async with database.transaction() as tx:
        found = await envelope_balance(tx, trajectory(family))
    assert found is not None
    return found.balance


async def _request(database: Database, name: str) -> store.Request:
    async with database.transaction() as tx:
        found = await store.request_of(tx, stable_id("request", name))
    assert found is not None
    return found


async def _told(database: Database) -> list[str]:
    async with database.transaction() as tx:
        rows = await tx.execute(text("SELECT routing_key FROM budget.outbox ORDER BY position"))
        return [key for key in rows.scalars() if key.startswith("spending-request.")]


async def _withdraw(town: Town, name: str, by: UUID) -> object:
    async with town.database.transaction() as tx:
        return await handlers.withdraw_request(tx, stable_id("request", name), asked_by=by, now=NOON)


async def test_a_reserved_request_sets_money_apart_and_says_who_decides(town: Town, database: Database) -> None:
    assert (await town.ask("bicycle")).excluded == (MARY,)
    (asked,) = await town.told(ApprovalAsked)
    assert asked.mandate == await town.mandate("bicycle")
    assert await _envelope(database) == BalanceAnswer(
        total_cents=250_000, spent_cents=0, set_apart_cents=40_000, free_cents=210_000
    )
    assert await _told(database) == ["spending-request.submitted", "spending-request.reserved"]


async def test_asking_and_reserving_twice_is_once(town: Town, database: Database) -> None:
    first = await town.ask("bicycle")
    again = await town.submit("bicycle")
    assert isinstance(again, handlers.Submitted)
    assert not again.changed
    assert await town.mandate("bicycle") == first
    assert (await _envelope(database)).set_apart_cents == 40_000
    assert len(await _told(database)) == 2


async def test_another_request_under_the_same_id_is_refused(town: Town) -> None:
    await town.submit("bicycle")
    assert await town.submit("bicycle", 40_001) == Refused("request-differs")


async def test_why_it_was_asked_stays_as_the_decider_read_it(town: Town, database: Database) -> None:
    """The digest of what was seen need not cover it: not the asker, not the code and not the owner changes it."""
    told = AskedFor(purpose=Purpose.TAKE_PART, elsewhere=Elsewhere.NOT_THERE, plan=PlanThen.GOALS)
    assert isinstance(await town.submit("bicycle", motive=told), handlers.Submitted)
    assert isinstance(await town.submit("bicycle", motive=told.model_copy(update={"plan": None})), handlers.Submitted)
    for other in (
        told.model_copy(update={"purpose": Purpose.WORK}),
        told.model_copy(update={"elsewhere": Elsewhere.REFUSED_THERE}),
        told.model_copy(update={"goal_id": stable_id("goal", "school")}),
        None,
    ):
        assert await town.submit("bicycle", motive=other) == Refused("request-differs")
    for statement in ("UPDATE budget.motive SET purpose = 'work'", "DELETE FROM budget.motive"):
        with pytest.raises(DBAPIError):
            async with database.transaction() as tx:
                await tx.execute(text(statement))
    async with database.transaction() as tx:
        assert await store.motive_of(tx, stable_id("request", "bicycle")) == told


async def test_a_request_for_a_family_without_an_envelope_or_to_an_unknown_payee_is_refused(town: Town) -> None:
    assert await town.submit("bicycle", family=2) == Refused("envelope-unknown")
    await town.close_envelope()
    assert await town.submit("bicycle") == Refused("envelope-closed")


@pytest.mark.parametrize(
    ("amount_cents", "category", "urgent", "reason"),
    [
        (250_001, "bicycle", False, "amount-above-maximum"),
        (1_000, "coordination", False, "category-unknown"),
        (30_001, "bicycle", True, "urgency-not-allowed"),
    ],
)
async def test_what_a_rule_refuses_is_recorded_and_told(
    town: Town, database: Database, amount_cents: int, category: str, urgent: bool, reason: str
) -> None:
    for changed in (True, False):
        submitted = await town.submit("wish", amount_cents, category=category, urgent=urgent)
        assert isinstance(submitted, handlers.Submitted)
        assert (submitted.changed, submitted.refused) == (changed, reason)
    found = await _request(database, "wish")
    assert (found.state, found.reason) == (RequestState.REFUSED, reason)
    assert await _told(database) == ["spending-request.submitted", "spending-request.decided"]
    assert (await _envelope(database)).free_cents == 250_000


async def test_twenty_requests_at_once_for_the_last_euros_succeed_exactly_as_far_as_they_fit(
    town: Town, database: Database
) -> None:
    names = [f"wish {number}" for number in range(20)]
    answers = await asyncio.gather(*(town.submit(name, 30_000) for name in names))
    refused = sorted(answer.refused or "" for answer in answers if isinstance(answer, handlers.Submitted))
    assert refused == [""] * 8 + ["envelope-short"] * 12
    assert (await _envelope(database)).free_cents == 10_000


async def test_an_approval_becomes_a_commitment_and_stands(town: Town, database: Database) -> None:
    decided = await town.approve("bicycle")
    assert (decided.verdict, decided.changed) == (Verdict.APPROVED, True)
    again = await town.decide("bicycle", Verdict.REFUSED, digest="0" * 64)
    assert (again.verdict, again.changed) == (Verdict.APPROVED, False)
    assert (await _envelope(database)).set_apart_cents == 40_000


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.LAPSED, Verdict.WITHDRAWN])
async def test_any_other_verdict_gives_the_money_back(town: Town, database: Database, verdict: Verdict) -> None:
    await town.ask("bicycle")
    assert (await town.decide("bicycle", verdict, deciders=())).verdict is verdict
    assert (await _envelope(database)).free_cents == 250_000


@pytest.mark.parametrize(
    ("deciders", "digest", "reason"),
    [
        ((), None, "too-few-deciders"),
        ((MARY,), None, "deciders-not-allowed"),
        ((JOHN, MARY), None, "deciders-not-allowed"),
        ((JOHN,), "0" * 64, "changed-since-seen"),
    ],
    ids=["nobody", "the asker", "the asker and another", "about something else"],
)
async def test_an_approval_that_does_not_hold_is_a_refusal_whatever_a_workflow_says(
    town: Town, database: Database, deciders: tuple[UUID, ...], digest: str | None, reason: str
) -> None:
    await town.ask("bicycle")
    assert (await town.decide("bicycle", deciders=deciders, digest=digest)).verdict is Verdict.REFUSED
    assert (await _request(database, "bicycle")).reason == reason
    assert (await _envelope(database)).free_cents == 250_000


async def test_a_whole_envelope_needs_two_different_people(town: Town, database: Database) -> None:
    await town.ask("furniture", 250_000)
    assert (await town.decide("furniture", deciders=(JOHN, JOHN))).verdict is Verdict.REFUSED
    await town.ask("furniture again", 250_000)
    assert (await town.decide("furniture again", deciders=(JOHN, ANNE))).verdict is Verdict.APPROVED


async def test_a_decision_dies_when_the_payee_gets_another_account_number(town: Town, database: Database) -> None:
    seen = await town.ask("bicycle")
    await town.register_payee(BICYCLE_SHOP, IBANS[1])
    assert (await town.decide("bicycle", digest=seen.digest)).verdict is Verdict.REFUSED
    assert (await _request(database, "bicycle")).reason == "changed-since-seen"


async def test_only_the_asker_takes_a_request_back_and_only_before_it_is_decided(
    town: Town, database: Database
) -> None:
    await town.ask("bicycle")
    assert await _withdraw(town, "bicycle", JOHN) == Refused("not-the-asker")
    assert not isinstance(await _withdraw(town, "bicycle", MARY), Refused)
    assert (await _envelope(database)).free_cents == 250_000
    assert (await town.decide("bicycle", digest="0" * 64)).verdict is Verdict.WITHDRAWN
    await town.approve("laptop")
    assert await _withdraw(town, "laptop", MARY) == Refused("request-decided")


async def test_withdrawing_and_approving_at_once_leaves_one_of_both(town: Town, database: Database) -> None:
    mandate = await town.ask("bicycle")
    decided, withdrawn = await asyncio.gather(
        town.decide("bicycle", digest=mandate.digest), _withdraw(town, "bicycle", MARY)
    )
    state = (await _request(database, "bicycle")).state
    free_cents = (await _envelope(database)).free_cents
    if state is RequestState.APPROVED:
        assert withdrawn == Refused("request-decided")
        assert free_cents == 210_000
    else:
        assert decided.verdict is Verdict.WITHDRAWN
        assert free_cents == 250_000


@pytest.mark.parametrize("state", ["refused", "withdrawn", "lapsed"])
async def test_what_was_not_approved_can_never_be_paid_not_even_by_hand(
    town: Town, database: Database, state: str
) -> None:
    await town.ask("bicycle")
    await town.decide("bicycle", Verdict(state), deciders=())
    for statement in (
        "UPDATE budget.request SET state = 'approved', digest = 'x'",
        "INSERT INTO budget.payment (id, programme, category, amount_cents, request_id, request_state, trajectory_id,"
        " payee_id, payee_version, end_to_end_id, reservation_id, state, created_at)"
        " SELECT id, programme, category, amount_cents, id, 'approved', trajectory_id, payee_id, payee_version, 'x',"
        " (SELECT id FROM budget.transfer LIMIT 1), 'waiting', submitted_at FROM budget.request",
    ):
        with pytest.raises(DBAPIError):
            async with database.transaction() as tx:
                await tx.execute(text(statement))


async def test_a_closing_envelope_lets_open_requests_lapse_and_returns_what_is_free(
    town: Town, database: Database
) -> None:
    await town.approve("bicycle", 40_000)
    await town.ask("laptop", 50_000)
    assert await town.close_envelope() == 210_000
    assert await town.close_envelope() == 210_000
    assert (await _request(database, "laptop")).state is RequestState.LAPSED
    assert await _envelope(database) == BalanceAnswer(
        total_cents=40_000, spent_cents=0, set_apart_cents=40_000, free_cents=0
    )
