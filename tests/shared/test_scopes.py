"""What each event does to where a family stands, in whatever order services tell; and who sees it then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.budget import bus as budget_bus
from services.budget.events import EnvelopeOpened
from services.desk import bus
from services.intake.events import (
    ConsentGiven,
    ConsentWithdrawn,
    FamilyEnrolled,
    FamilyErased,
    FamilyMerged,
    FamilyMoved,
    FamilyUnmerged,
    IntakeCompleted,
    SignalReceived,
)
from services.matching.events import (
    PersonLeft,
    TandemChosen,
    TandemConfirmed,
    TandemEnded,
    TandemPart,
    TrialEvaluated,
    TrialOutcome,
)
from services.plans import bus as plans_bus
from services.plans.events import TrajectoryClosed, TrajectoryOutcome
from services.shared.access import Actor
from services.shared.consumer import Consumer
from services.shared.database import Database
from services.shared.events import Event
from services.shared.permissions import ELSEWHERE, Permission
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.scopes import may_see, must_see
from services.shared.types import stable_id
from tests.hearing import hears
from tests.standing import standing

pytestmark = pytest.mark.engines

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SIGNAL, FAMILY, TRAJECTORY, TANDEM = (stable_id(name) for name in ("signal", "family", "trajectory", "tandem"))
IDS: dict[str, Any] = {"trajectory_id": TRAJECTORY, "family_id": FAMILY}
PLACE: dict[str, Any] = {"programme": "kansrijk-emmen", "area": "angelslo"}
HENK, FATIMA, ANNA = (stable_id("person", name) for name in ("Henk", "Fatima", "Anna"))

MET = SignalReceived(signal_id=SIGNAL, programme_version=1, channel="library", received_by=ANNA, **PLACE)
TOLD = IntakeCompleted(
    signal_id=SIGNAL, family_id=FAMILY, programme="kansrijk-emmen", children=2, expected_births=0, returning=False
)
ENROLLED = FamilyEnrolled(
    **IDS,
    **PLACE,
    signal_id=SIGNAL,
    programme_version=1,
    enrolled_on=date(2027, 3, 1),
    children=2,
    languages=("nl",),
    themes=("money",),
    from_waiting_list=False,
)
CHOSEN = TandemChosen(**IDS, tandem_id=TANDEM, supporter_id=HENK, buddy_id=FATIMA, team="team-noord")
CONFIRMED = TandemConfirmed(
    **IDS, tandem_id=TANDEM, supporter_id=HENK, buddy_id=FATIMA, team="team-noord", replaces=False, waited_days=3
)
CLOSED = TrajectoryClosed(
    **IDS,
    programme="kansrijk-emmen",
    outcome=TrajectoryOutcome.COMPLETED,
    reason="all-done",
    closed_on=date(2029, 3, 1),
)
TAKEN_BACK = ConsentWithdrawn(family_id=FAMILY, purpose="take-part", required=True, trajectory_id=TRAJECTORY)


@pytest.fixture
def desk(service_database: Callable[[str], Database]) -> Database:
    return service_database("desk")


async def _after(desk: Database, *events: Event) -> dict[str, Any]:
    """The one row that there is once these were heard."""
    await hears(desk, bus.consumer, *events, now=NOON)
    async with desk.transaction() as tx:
        row = (await tx.execute(select(desk.tables.family_scope))).mappings().one()
    return dict(row)


def _somebody(person: UUID, *roles: Role) -> Actor:
    return Actor(
        person=person,
        roles=frozenset(roles),
        programmes=frozenset({"kansrijk-emmen"}),
        areas=frozenset({"angelslo"}),
    )


def _of_another_area(person: UUID) -> Actor:
    return replace(_somebody(person, Role.SUPPORTER), areas=frozenset({"bargeres"}))


async def _sees_signal(desk: Database, actor: Actor) -> bool:
    async with desk.transaction() as tx:
        return await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=SIGNAL)


async def _sees(desk: Database, actor: Actor, permission: Permission = Permission.READ_FAMILY) -> bool:
    async with desk.transaction() as tx:
        return await may_see(tx, actor, permission, trajectory_id=TRAJECTORY)


async def test_from_the_first_meeting_to_a_tandem_a_family_keeps_one_row(desk: Database) -> None:
    row = await _after(desk, MET, TOLD, ENROLLED, CHOSEN, CONFIRMED)

    assert {name: row[name] for name in ("signal_id", "trajectory_id", "family_id", "received_by")} == {
        "signal_id": SIGNAL,
        "trajectory_id": TRAJECTORY,
        "family_id": FAMILY,
        "received_by": ANNA,
    }
    assert (row["area"], row["team"], row["supporter_id"], row["buddy_id"]) == ("angelslo", "team-noord", HENK, FATIMA)


@pytest.mark.parametrize("consumer", [plans_bus.consumer, budget_bus.consumer])
async def test_who_met_a_family_and_who_did_its_intake_see_it_everywhere_until_it_has_a_tandem(
    service_database: Callable[[str], Database], consumer: Consumer
) -> None:
    database = service_database(consumer.name)
    met, took_in, neither = (_of_another_area(person) for person in (ANNA, HENK, FATIMA))

    async def seen_by() -> list[bool]:
        return [await _sees(database, each, Permission.READ_MONEY) for each in (met, took_in, neither)]

    await hears(database, consumer, ENROLLED.model_copy(update={"received_by": ANNA, "intake_by": HENK}), now=NOON)
    at_first = await seen_by()
    await hears(database, consumer, CONFIRMED.model_copy(update={"supporter_id": stable_id("another")}), now=NOON)

    assert (at_first, await seen_by()) == ([True, True, False], [False, False, False])


async def test_who_did_the_intake_has_the_family_at_once_where_it_came_in(desk: Database) -> None:
    took_in = _of_another_area(HENK)
    await _after(desk, MET)
    before = await _sees_signal(desk, took_in)
    await _after(desk, TOLD.model_copy(update={"intake_by": HENK}))

    assert (before, await _sees_signal(desk, took_in)) == (False, True)


async def test_who_did_the_intake_keeps_a_family_that_moves_or_is_merged_and_not_when_they_leave(
    desk: Database,
) -> None:
    took_in, kept = _of_another_area(HENK), stable_id("the file that keeps")
    merged: dict[str, Any] = {"family_id": kept, "merged_id": FAMILY, "merge_id": stable_id("merge")}
    merged |= {"signal_ids": (SIGNAL,), "trajectory_ids": (TRAJECTORY,)}
    seen = []
    for heard in (
        ENROLLED.model_copy(update={"received_by": ANNA, "intake_by": HENK}),
        FamilyMoved(**IDS, area="emmermeer", within_programme=True),
        FamilyMerged(**merged),
        FamilyUnmerged(**merged),
        PersonLeft(person_id=HENK, part=TandemPart.SUPPORTER, trajectory_ids=()),
    ):
        await hears(desk, bus.consumer, heard, now=NOON)
        seen.append(await _sees(desk, took_in))

    assert seen == [True, True, True, True, False]
    assert await _sees(desk, _of_another_area(ANNA))


async def test_what_comes_before_its_cause_is_kept_until_the_cause_comes(desk: Database) -> None:
    in_order = await _after(desk, MET, ENROLLED, CONFIRMED)
    async with desk.transaction() as tx:
        await tx.execute(desk.tables.family_scope.delete())
    other_way = await _after(desk, CONFIRMED, MET, ENROLLED)

    assert other_way | {"id": 0} == in_order | {"id": 0}


async def test_a_tandem_that_was_chosen_before_teams_were_told_changes_nothing(desk: Database) -> None:
    row = await _after(desk, ENROLLED, TandemChosen(**IDS, tandem_id=TANDEM))

    assert (row["supporter_id"], row["tandem_id"]) == (None, None)


@pytest.mark.parametrize(
    "end",
    [
        TandemEnded(trajectory_id=TRAJECTORY, tandem_id=TANDEM, reason="moved"),
        TrialEvaluated(trajectory_id=TRAJECTORY, tandem_id=TANDEM, outcome=TrialOutcome.AGAIN),
    ],
)
async def test_who_is_no_longer_its_tandem_does_not_see_it_and_the_team_does(desk: Database, end: Event) -> None:
    await _after(desk, ENROLLED, CHOSEN)
    before = [await _sees(desk, _somebody(HENK, Role.SUPPORTER)), await _sees(desk, _somebody(FATIMA, Role.BUDDY))]
    row = await _after(desk, end)
    after = [await _sees(desk, _somebody(HENK, Role.SUPPORTER)), await _sees(desk, _somebody(FATIMA, Role.BUDDY))]

    assert (before, after) == ([True, True], [False, False])
    assert row["team"] == "team-noord"


async def test_the_end_of_an_earlier_tandem_does_not_end_the_one_of_now(desk: Database) -> None:
    earlier = TandemEnded(trajectory_id=TRAJECTORY, tandem_id=stable_id("an earlier tandem"), reason="moved")

    assert (await _after(desk, ENROLLED, CONFIRMED, earlier))["supporter_id"] == HENK


async def test_who_left_sees_nobody_any_more_but_what_was_closed_stays_theirs(desk: Database) -> None:
    gone = PersonLeft(person_id=FATIMA, part=TandemPart.BUDDY, trajectory_ids=(TRAJECTORY,))

    assert (await _after(desk, ENROLLED, CONFIRMED, gone))["buddy_id"] is None
    assert (await _after(desk, CONFIRMED, CLOSED, gone))["buddy_id"] == FATIMA


async def test_a_closed_family_stays_with_whoever_had_it_until_it_is_erased(desk: Database) -> None:
    ended = TandemEnded(trajectory_id=TRAJECTORY, tandem_id=TANDEM, reason="completed")
    await _after(desk, ENROLLED, CONFIRMED, CLOSED, ended)
    still = await _sees(desk, _somebody(HENK, Role.SUPPORTER))
    await hears(desk, bus.consumer, FamilyErased(family_id=FAMILY, trajectory_ids=(TRAJECTORY,)), now=NOON)

    assert still
    assert not await _sees(desk, _somebody(HENK, Role.SUPPORTER))


async def test_a_family_that_moves_is_in_its_new_area(desk: Database) -> None:
    moved = FamilyMoved(**IDS, area="bargeres", within_programme=True)

    assert (await _after(desk, ENROLLED, moved))["area"] == "bargeres"
    assert not await _sees(desk, _somebody(ANNA, Role.TEAM_COORDINATOR))


async def test_a_family_that_was_merged_is_known_by_the_file_that_keeps_until_it_is_undone(desk: Database) -> None:
    kept = stable_id("the file that keeps")
    told: dict[str, Any] = {"family_id": kept, "merged_id": FAMILY, "merge_id": stable_id("merge")}
    told |= {"signal_ids": (SIGNAL,), "trajectory_ids": (TRAJECTORY,)}

    assert (await _after(desk, MET, TOLD, ENROLLED, FamilyMerged(**told)))["family_id"] == kept
    # Matching goes on calling it by the file under which it began.
    assert (await _after(desk, CHOSEN, CONFIRMED))["family_id"] == kept
    assert (await _after(desk, FamilyUnmerged(**told)))["family_id"] == FAMILY


async def test_every_id_under_which_a_family_was_known_leads_to_it_until_the_merge_is_undone(desk: Database) -> None:
    kept, last = stable_id("the file that keeps"), stable_id("the file that keeps that one")
    merges = [
        {"family_id": into, "merged_id": merged, "merge_id": stable_id("merge", merged)}
        | {"signal_ids": (SIGNAL,), "trajectory_ids": (TRAJECTORY,)}
        for merged, into in ((FAMILY, kept), (kept, last))
    ]
    matcher = _somebody(HENK, Role.MATCHER)

    async def leads() -> list[bool]:
        async with desk.transaction() as tx:
            return [await may_see(tx, matcher, Permission.READ_FAMILY, family_id=each) for each in (FAMILY, kept, last)]

    assert (await _after(desk, MET, TOLD, ENROLLED))["family_id"] == FAMILY
    assert await leads() == [True, False, False]
    assert (await _after(desk, *(FamilyMerged(**told) for told in merges)))["family_id"] == last
    assert await leads() == [True, True, True]
    assert (await _after(desk, CONFIRMED, *(FamilyMerged(**told) for told in merges)))["family_id"] == last
    assert (await _after(desk, FamilyUnmerged(**merges[1])))["family_id"] == kept
    assert await leads() == [True, True, False]
    assert (await _after(desk, FamilyUnmerged(**merges[0])))["family_id"] == FAMILY
    assert await leads() == [True, False, False]


async def test_a_trajectory_that_is_heard_of_after_its_family_was_merged_stands_under_the_file_that_keeps(
    service_database: Callable[[str], Database],
) -> None:
    budget, kept = service_database("budget"), stable_id("the file that keeps")
    merged: dict[str, Any] = {"family_id": kept, "merged_id": FAMILY, "merge_id": stable_id("merge")}
    await hears(budget, budget_bus.consumer, FamilyMerged(**merged, signal_ids=(), trajectory_ids=()), now=NOON)
    async with budget.transaction() as tx:
        await tx.publish(EnvelopeOpened(**IDS, programme="kansrijk-emmen", amount_cents=250_000), now=NOON)
        scope = await standing(tx, TRAJECTORY)

    assert scope.family_id == kept


async def test_of_a_family_in_two_programmes_only_the_one_that_was_asked_for_counts(desk: Database) -> None:
    elsewhere = ENROLLED.model_copy(
        update={
            "trajectory_id": stable_id("another trajectory"),
            "signal_id": stable_id("another signal"),
            "programme": "kansrijk-dorp",
        }
    )
    await hears(desk, bus.consumer, ENROLLED, elsewhere, now=NOON)
    matcher = _somebody(HENK, Role.MATCHER)
    async with desk.transaction() as tx:
        scope = await must_see(tx, matcher, Permission.READ_FAMILY, family_id=FAMILY)
        with pytest.raises(Problem):
            await must_see(tx, matcher, Permission.READ_FAMILY, family_id=FAMILY, programme="kansrijk-dorp")

    assert scope.trajectory_id == TRAJECTORY


async def test_consent_taken_back_closes_every_door_but_two_and_given_again_opens_them(desk: Database) -> None:
    everybody = (Role.SUPPORTER, Role.MATCHER, Role.TEAM_COORDINATOR, Role.PRIVACY_OFFICER)
    not_needed = ConsentWithdrawn(family_id=FAMILY, purpose="newsletter", required=False)
    again = ConsentGiven(family_id=FAMILY, purpose="take-part", text_version=1, signal_id=SIGNAL)

    async def open_for() -> list[Role]:
        return [role for role in everybody if await _sees(desk, _somebody(HENK, role))]

    await _after(desk, MET, TOLD, ENROLLED, CONFIRMED, not_needed)
    assert await open_for() == list(everybody)
    await _after(desk, TAKEN_BACK, TAKEN_BACK)
    assert await open_for() == [Role.TEAM_COORDINATOR, Role.PRIVACY_OFFICER]
    await _after(desk, again)
    assert await open_for() == list(everybody)


async def test_what_a_family_answers_to_one_programme_opens_no_door_in_another(desk: Database) -> None:
    elsewhere = TOLD.model_copy(update={"signal_id": stable_id("another signal"), "programme": "kansrijk-dorp"})
    there = ConsentGiven(
        family_id=FAMILY,
        purpose="take-part",
        text_version=1,
        signal_id=elsewhere.signal_id,
        programme="kansrijk-dorp",
    )
    taken_back_there = ConsentWithdrawn(family_id=FAMILY, purpose="take-part", required=True, programme="kansrijk-dorp")
    henk = _somebody(HENK, Role.SUPPORTER)

    await hears(desk, bus.consumer, ENROLLED, CONFIRMED, TAKEN_BACK, elsewhere, there, now=NOON)
    assert not await _sees(desk, henk)
    await hears(desk, bus.consumer, there.model_copy(update={"programme": "kansrijk-emmen"}), now=NOON)
    assert await _sees(desk, henk)
    await hears(desk, bus.consumer, taken_back_there, now=NOON)
    assert await _sees(desk, henk)


async def test_consent_taken_back_before_there_is_a_place_closes_the_signal(desk: Database) -> None:
    early = ConsentWithdrawn(family_id=FAMILY, purpose="take-part", required=True)

    assert (await _after(desk, MET, TOLD, early))["closed_for"] == ["take-part"]


async def test_who_was_met_from_elsewhere_is_seen_by_whoever_met_them_and_by_whoever_works_in_the_programme(
    desk: Database,
) -> None:
    from_elsewhere = MET.model_copy(update={"area": ELSEWHERE})
    signed_up = from_elsewhere.model_copy(update={"signal_id": stable_id("signed up"), "received_by": None})
    await hears(desk, bus.consumer, from_elsewhere, signed_up, now=NOON)
    met_them = Actor(person=ANNA, roles=frozenset({Role.OUTREACH_WORKER}))

    async def sees(actor: Actor) -> list[bool]:
        async with desk.transaction() as tx:
            return [
                await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=each.signal_id)
                for each in (from_elsewhere, signed_up)
            ]

    assert await sees(met_them) == [True, False]
    assert await sees(_somebody(HENK, Role.SUPPORTER)) == [True, True]
    assert await sees(Actor(person=HENK, roles=frozenset({Role.SUPPORTER}))) == [False, False]


async def test_a_family_is_refused_alike_whether_it_is_anothers_or_none(desk: Database) -> None:
    await _after(desk, ENROLLED, CONFIRMED)
    stranger = Actor(person=stable_id("stranger"), roles=frozenset(Role))
    told = []
    async with desk.transaction() as tx:
        for trajectory_id in (TRAJECTORY, stable_id("nobody")):
            with pytest.raises(Problem) as refused:
                await must_see(tx, stranger, Permission.READ_FAMILY, trajectory_id=trajectory_id)
            told.append((refused.value.status, refused.value.code))

    assert told == [(403, "not-your-family")] * 2


async def test_budget_knows_of_a_family_from_its_own_envelope_at_once(
    service_database: Callable[[str], Database],
) -> None:
    budget = service_database("budget")
    async with budget.transaction() as tx:
        await tx.publish(EnvelopeOpened(**IDS, programme="kansrijk-emmen", amount_cents=250_000), now=NOON)
        holder = _somebody(HENK, Role.BUDGET_HOLDER)
        assert await may_see(tx, holder, Permission.READ_MONEY, trajectory_id=TRAJECTORY)
