"""Matching on its real tables: rounds, choices, trials, people who leave, and two at once."""

import asyncio
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services.matching import bus, handlers, store, tables
from services.matching.commands import (
    ChangeCapacity,
    ChooseTandem,
    DeclineTandem,
    EvaluateTrial,
    PersonLeaves,
    RegisterPerson,
    RenewVog,
)
from services.matching.contracts import Done, EndTandem, HoldRound, MoveFamily, RoundHeld, WithdrawRequest
from services.matching.domain import Person, Request, RequestState, TandemState
from services.matching.events import TrialOutcome
from services.plans.events import TrajectoryClosed, TrajectoryOutcome
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.matching.town import PROGRAMME, TODAY, asks, at, buddy, registration, request, supporter, trajectory_of, who

pytestmark = pytest.mark.engines

NOW = at(TODAY)
CHANGED, UNCHANGED = Done(changed=True), Done(changed=False)


@pytest.fixture
def database(service_database: Callable[[str], Database]) -> Database:
    return service_database("matching")


async def _do(database: Database, handler: Callable[..., Any], command: object, on: date = TODAY) -> Any:
    async with database.transaction() as tx:
        return await handler(tx, command, now=at(on))


async def _settle(database: Database, *, people: list[Person], families: list[Request]) -> None:
    for person in people:
        assert await _do(database, handlers.register_person, registration(person), person.active_from) == CHANGED
    for family in families:
        assert await _do(database, handlers.request_tandem, asks(family), family.requested_on) == CHANGED


async def _round(database: Database, number: int = 1, on: date = TODAY) -> RoundHeld:
    command = HoldRound(programme=PROGRAMME, programme_version=1, round_number=number)
    held: RoundHeld = await _do(database, handlers.hold_round, command, on)
    return held


async def _offer(database: Database, family: str) -> tuple[store.Tandem, ...]:
    async with database.transaction() as tx:
        proposal = await store.proposal_for(tx, trajectory_of(family))
    return proposal.options if proposal else ()


async def _choose(database: Database, family: str, option: int = 0) -> Any:
    tandem = (await _offer(database, family))[option]
    command = ChooseTandem(trajectory_id=trajectory_of(family), tandem_id=tandem.id)
    return await _do(database, handlers.choose_tandem, command)


async def _evaluate(database: Database, family: str, outcome: TrialOutcome, on: date = TODAY) -> Any:
    command = EvaluateTrial(trajectory_id=trajectory_of(family), outcome=outcome)
    return await _do(database, handlers.evaluate_trial, command, on)


async def _request_state(database: Database, family: str) -> RequestState | None:
    async with database.transaction() as tx:
        found = await store.open_request(tx, trajectory_of(family))
    return found.state if found else None


async def _told(database: Database, kind: str) -> list[dict[str, Any]]:
    outbox = database.tables.outbox
    async with database.transaction() as tx:
        rows = await tx.execute(select(outbox.c.body).where(outbox.c.routing_key == kind).order_by(outbox.c.position))
        return [json.loads(body)["data"] for body in rows.scalars()]


async def test_a_family_chooses_tries_and_confirms_its_tandem(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])

    assert await _round(database) == RoundHeld(waiting=1, proposed=1, unmatched=0)
    assert await _choose(database, "El Amrani") == CHANGED
    assert await _evaluate(database, "El Amrani", TrialOutcome.CONFIRMED, TODAY + timedelta(days=28)) == CHANGED

    async with database.transaction() as tx:
        tandem = await store.tandem_of(tx, trajectory_of("El Amrani"))
    assert tandem is not None
    assert (tandem.state, tandem.people) == (TandemState.CONFIRMED, (who("Henk"), who("Fatima")))
    (confirmed,) = await _told(database, "tandem.confirmed")
    assert (confirmed["waited_days"], confirmed["replaces"]) == (34, False)
    assert await _request_state(database, "El Amrani") is None


async def test_a_round_is_held_once_however_often_it_is_asked_and_by_how_many(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])

    held = await asyncio.gather(*(_round(database) for _ in range(4)))

    assert held == [RoundHeld(waiting=1, proposed=1, unmatched=0)] * 4
    assert len(await _told(database, "matching-round.held")) == 1
    assert len(await _told(database, "tandem.proposed")) == 1


async def test_what_is_not_answered_before_the_next_round_is_offered_anew(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])
    await _round(database)
    (before,) = await _offer(database, "El Amrani")

    assert await _round(database, 2, TODAY + timedelta(days=14)) == RoundHeld(waiting=1, proposed=1, unmatched=0)

    (after,) = await _offer(database, "El Amrani")
    assert after.id != before.id
    late = ChooseTandem(trajectory_id=trajectory_of("El Amrani"), tandem_id=before.id)
    assert await _do(database, handlers.choose_tandem, late) == Refused("not-on-offer")


async def test_a_trial_under_way_is_left_alone_by_the_next_round(database: Database) -> None:
    families = [request("El Amrani"), request("Jansen")]
    await _settle(database, people=[supporter("Henk"), buddy("Fatima", capacity=1)], families=families[:1])
    await _round(database)
    await _choose(database, "El Amrani")
    await _settle(database, people=[], families=families[1:])

    assert await _round(database, 2) == RoundHeld(waiting=1, proposed=0, unmatched=1)
    assert await _request_state(database, "El Amrani") is RequestState.TRIAL


async def test_a_family_chooses_only_what_is_on_offer_to_it(database: Database) -> None:
    families = [request("El Amrani"), request("Jansen")]
    await _settle(database, people=[supporter("Henk"), buddy("Fatima"), buddy("Ali")], families=families)
    await _round(database)
    (of_jansen, *_) = await _offer(database, "Jansen")

    another = ChooseTandem(trajectory_id=trajectory_of("El Amrani"), tandem_id=of_jansen.id)
    unknown = ChooseTandem(trajectory_id=trajectory_of("El Amrani"), tandem_id=UUID(int=7))

    assert await _do(database, handlers.choose_tandem, another) == Refused("not-on-offer")
    assert await _do(database, handlers.choose_tandem, unknown) == Refused("not-on-offer")


async def test_choosing_twice_starts_one_trial(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima"), buddy("Ali")], families=[request("El Amrani")])
    await _round(database)
    first, second = await _offer(database, "El Amrani")
    choices = [ChooseTandem(trajectory_id=trajectory_of("El Amrani"), tandem_id=each.id) for each in (first, second)]

    outcomes = await asyncio.gather(*(_do(database, handlers.choose_tandem, each) for each in [*choices, *choices]))

    assert outcomes.count(CHANGED) == 1
    assert len(await _told(database, "tandem.chosen")) == 1


async def test_of_two_families_who_choose_a_last_place_at_once_exactly_one_gets_it(database: Database) -> None:
    families = [request("El Amrani"), request("Jansen")]
    await _settle(database, people=[supporter("Henk"), buddy("Fatima", capacity=2)], families=families)
    await _round(database)
    fewer = ChangeCapacity(person_id=who("Fatima"), capacity=1)
    assert await _do(database, handlers.change_capacity, fewer) == CHANGED

    outcomes = await asyncio.gather(_choose(database, "El Amrani"), _choose(database, "Jansen"))

    assert sorted(outcomes, key=str) == [CHANGED, Refused("no-longer-free")]
    states = [await _request_state(database, family) for family in ("El Amrani", "Jansen")]
    assert sorted(state for state in states if state) == [RequestState.PROPOSED, RequestState.TRIAL]


async def test_whom_a_family_declines_it_is_never_proposed_again(database: Database) -> None:
    people = [supporter("Henk"), buddy("Fatima")]
    await _settle(database, people=people, families=[request("El Amrani"), request("Jansen")])
    await _round(database)

    no = DeclineTandem(trajectory_id=trajectory_of("El Amrani"), reason="no-click")
    assert await _do(database, handlers.decline_tandem, no) == CHANGED
    assert await _do(database, handlers.decline_tandem, no) == Refused("not-on-offer")
    await _round(database, 2)

    assert await _offer(database, "El Amrani") == ()
    assert [option.buddy_id for option in await _offer(database, "Jansen")] == [who("Fatima")]
    (declined,) = await _told(database, "tandem.declined")
    assert declined["reason"] == "no-click"


async def test_after_a_trial_that_did_not_work_the_family_keeps_its_place_in_line(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])
    await _round(database)
    await _choose(database, "El Amrani")

    assert await _evaluate(database, "El Amrani", TrialOutcome.AGAIN) == CHANGED
    assert await _evaluate(database, "El Amrani", TrialOutcome.CONFIRMED) == Refused("no-trial")

    await _settle(database, people=[buddy("Ali")], families=[])
    await _round(database, 2)
    assert [option.buddy_id for option in await _offer(database, "El Amrani")] == [who("Ali")]
    async with database.transaction() as tx:
        waiting = await store.count_waiting(tx, PROGRAMME)
    assert waiting.longest_since == date(2023, 3, 1)


async def test_a_second_tandem_says_that_it_replaces_the_first(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])
    await _round(database)
    await _choose(database, "El Amrani")
    await _evaluate(database, "El Amrani", TrialOutcome.CONFIRMED)

    ended = EndTandem(trajectory_id=trajectory_of("El Amrani"), reason="change-tandem")
    assert await _do(database, handlers.end_tandem, ended) == CHANGED
    assert await _do(database, handlers.end_tandem, ended) == UNCHANGED
    again = asks(request("El Amrani", number=2))
    assert await _do(database, handlers.request_tandem, again) == CHANGED
    assert await _do(database, handlers.request_tandem, again) == UNCHANGED
    await _round(database, 2)
    await _choose(database, "El Amrani")
    await _evaluate(database, "El Amrani", TrialOutcome.CONFIRMED)

    assert [told["replaces"] for told in await _told(database, "tandem.confirmed")] == [False, True]


async def test_a_buddy_who_leaves_is_taken_off_offers_and_their_families_are_named(database: Database) -> None:
    people = [supporter("Henk"), buddy("Fatima", themes=("money", "parenting")), buddy("Ali")]
    await _settle(database, people=people, families=[request("El Amrani"), request("Jansen")])
    await _round(database)
    await _choose(database, "El Amrani")
    chosen_buddy = (await _tandem(database, "El Amrani")).buddy_id

    leaves = PersonLeaves(person_id=chosen_buddy, reason="other-work")
    assert await _do(database, handlers.person_leaves, leaves) == CHANGED
    assert await _do(database, handlers.person_leaves, leaves) == UNCHANGED

    (left,) = await _told(database, "person.left")
    assert left["trajectory_ids"] == [str(trajectory_of("El Amrani"))]
    assert all(option.buddy_id != chosen_buddy for option in await _offer(database, "Jansen"))


async def test_a_family_whose_only_option_leaves_waits_for_the_next_round(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])
    await _round(database)

    await _do(database, handlers.person_leaves, PersonLeaves(person_id=who("Fatima"), reason="moved"))

    assert await _request_state(database, "El Amrani") is RequestState.WAITING
    assert await _round(database, 2) == RoundHeld(waiting=1, proposed=0, unmatched=1)


async def test_a_person_who_comes_back_is_matched_again(database: Database) -> None:
    fatima = buddy("Fatima")
    await _settle(database, people=[supporter("Henk"), fatima], families=[request("El Amrani")])
    await _do(database, handlers.person_leaves, PersonLeaves(person_id=fatima.id, reason="illness"))

    assert await _do(database, handlers.register_person, registration(fatima)) == CHANGED
    assert await _do(database, handlers.register_person, registration(fatima)) == UNCHANGED

    assert await _round(database) == RoundHeld(waiting=1, proposed=1, unmatched=0)


async def test_a_person_is_registered_in_the_words_of_the_programme(database: Database) -> None:
    def registered(**changes: object) -> RegisterPerson:
        return registration(buddy("Fatima")).model_copy(update=changes)

    wrong = await _do(database, handlers.register_person, registered(areas=("tuindorp",), trainings=("knitting",)))
    nowhere = await _do(database, handlers.register_person, registered(programme="no-such-programme"))

    assert wrong == Refused("unknown-word", ("knitting", "tuindorp"))
    assert nowhere == Refused("unknown-programme")


async def test_a_renewed_certificate_brings_a_buddy_back_into_the_rounds(database: Database) -> None:
    people = [supporter("Henk"), buddy("Fatima", vog_until=TODAY + timedelta(days=20))]
    await _settle(database, people=people, families=[request("El Amrani")])
    assert await _round(database) == RoundHeld(waiting=1, proposed=0, unmatched=1)

    renewed = RenewVog(person_id=who("Fatima"), until=TODAY + timedelta(days=700))
    assert await _do(database, handlers.renew_vog, renewed) == CHANGED
    assert await _do(database, handlers.renew_vog, renewed) == UNCHANGED

    assert await _round(database, 2) == RoundHeld(waiting=1, proposed=1, unmatched=0)
    expired = RenewVog(person_id=who("Fatima"), until=TODAY)
    assert await _do(database, handlers.renew_vog, expired) == Refused("expired-already")
    assert await _do(database, handlers.renew_vog, RenewVog(person_id=who("Henk"), until=date(2025, 1, 1))) == Refused(
        "not-a-buddy"
    )


async def test_a_family_that_withdraws_gives_its_places_back_at_once(database: Database) -> None:
    families = [request("El Amrani"), request("Jansen")]
    await _settle(database, people=[supporter("Henk"), buddy("Fatima", capacity=1)], families=families)
    await _round(database)
    await _choose(database, "El Amrani")

    withdrawal = WithdrawRequest(trajectory_id=trajectory_of("El Amrani"))
    assert await _do(database, handlers.withdraw_request, withdrawal) == CHANGED
    assert await _do(database, handlers.withdraw_request, withdrawal) == UNCHANGED

    assert await _round(database, 2) == RoundHeld(waiting=1, proposed=1, unmatched=0)
    assert len(await _told(database, "tandem.ended")) == 1


async def test_a_family_that_moved_is_looked_for_from_its_new_area(database: Database) -> None:
    near = [buddy("Fatima", areas=("beijum",)), buddy("Ali", areas=("lewenborg",))]
    await _settle(database, people=[supporter("Henk"), *near], families=[request("El Amrani")])

    moved = MoveFamily(trajectory_id=trajectory_of("El Amrani"), area="lewenborg")
    assert await _do(database, handlers.move_family, moved) == CHANGED
    assert await _do(database, handlers.move_family, moved) == UNCHANGED
    await _round(database)

    assert (await _offer(database, "El Amrani"))[0].buddy_id == who("Ali")


async def test_a_closed_trajectory_holds_nobody_however_often_that_is_heard(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima")], families=[request("El Amrani")])
    await _round(database)
    await _choose(database, "El Amrani")
    closed = TrajectoryClosed(
        trajectory_id=trajectory_of("El Amrani"),
        family_id=stable_id("family", "El Amrani"),
        programme=PROGRAMME,
        outcome=TrajectoryOutcome.STOPPED,
        reason="family-stops",
        closed_on=TODAY,
    )

    for _ in range(2):
        async with database.transaction() as tx:
            await bus.on_trajectory_closed(tx, closed, NOW)

    async with database.transaction() as tx:
        assert await store.tandem_of(tx, trajectory_of("El Amrani")) is None
        load = await store.loads(tx, [who("Henk"), who("Fatima")])
    assert set(load.values()) == {0}
    assert [ended["reason"] for ended in await _told(database, "tandem.ended")] == ["stopped"]


async def test_the_database_itself_refuses_a_second_tandem_at_work(database: Database) -> None:
    await _settle(database, people=[supporter("Henk"), buddy("Fatima"), buddy("Ali")], families=[request("El Amrani")])
    await _round(database)

    with pytest.raises(IntegrityError, match="tandem_one_at_work"):
        async with database.transaction() as tx:
            await tx.execute(update(tables.tandem_).values(state=TandemState.TRIAL, started_on=TODAY))


async def _tandem(database: Database, family: str) -> store.Tandem:
    async with database.transaction() as tx:
        tandem = await store.tandem_of(tx, trajectory_of(family))
    assert tandem is not None
    return tandem


def test_matching_hears_of_closed_trajectories_and_of_what_says_who_may_see_a_family() -> None:
    assert bus.consumer.routing_keys == [
        "consent.given",
        "consent.withdrawn",
        "family.enrolled",
        "family.erased",
        "family.merged",
        "family.moved",
        "family.unmerged",
        "trajectory.closed",
    ]
