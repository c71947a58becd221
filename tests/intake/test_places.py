"""Places: never one too many, first received first, and nobody twice."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from services.intake import handlers, store
from services.intake.commands import WithdrawConsent
from services.intake.contracts import Admission, Admit, CloseSignal, CloseWaitingList
from services.intake.events import FamilyDeclined, FamilyEnrolled, FamilyWaitlisted
from services.plans.events import TrajectoryOutcome
from services.shared.types import stable_id
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day, household

pytestmark = pytest.mark.engines


async def test_a_family_that_fits_gets_a_place_and_a_trajectory(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))

    admitted = await town.admit(signal_id, on=day(2))

    assert admitted.admission is Admission.ENROLLED
    assert admitted.trajectory_id == stable_id("trajectory", signal_id)
    [enrolled] = await town.told(FamilyEnrolled)
    assert (enrolled.received_by, enrolled.intake_by) == (SUPPORTER, SUPPORTER)
    assert (enrolled.met_on, enrolled.intake_on, enrolled.enrolled_on) == (day(1).date(), day(1).date(), day(2).date())
    assert (enrolled.programme_version, enrolled.area, enrolled.children) == (1, "angelslo", 2)
    assert (enrolled.languages, enrolled.themes, enrolled.from_waiting_list) == (("nl",), ("money",), False)


async def test_asking_for_an_answer_again_gives_the_answer_that_stands(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))

    answers = await town.admit_at_once(signal_id, signal_id, signal_id, on=day(2))

    assert len(set(answers)) == 1
    assert len(await town.told(FamilyEnrolled)) == 1


async def test_two_families_at_once_never_both_take_the_last_place(town: Town) -> None:
    await town.fund(on=day(1))
    await town.admit(await town.intake("Bakker", on=day(1)), on=day(1))
    earlier = await town.intake("Visser", on=day(2))
    later = await town.intake("Smit", on=day(3))

    answers = await town.admit_at_once(later, earlier, on=day(4))

    assert [answer.admission for answer in answers] == [Admission.WAITING, Admission.ENROLLED]


async def test_however_many_ask_at_once_there_are_never_more_families_than_places(town: Town) -> None:
    await town.fund(on=day(1))
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(6)]

    answers = await town.admit_at_once(*reversed(signals), on=day(10))

    found = sorted(answer.admission for answer in answers)
    assert found == ["declined", "declined", "enrolled", "enrolled", "waiting", "waiting"]
    assert [await town.state(signal_id) for signal_id in signals[:2]] == ["enrolled", "enrolled"]


async def test_who_was_received_first_goes_first_also_when_decided_on_last(town: Town) -> None:
    await town.fund(on=day(1))
    await town.admit(await town.intake("Bakker", on=day(1)), on=day(1))
    earlier = await town.intake("Visser", on=day(2))
    later = await town.intake("Smit", on=day(3))

    assert (await town.admit(later, on=day(4))).admission is Admission.WAITING
    assert (await town.admit(earlier, on=day(4))).admission is Admission.ENROLLED


async def test_a_place_kept_for_somebody_earlier_passes_on_when_they_stop(town: Town) -> None:
    await town.fund(on=day(1))
    await town.admit(await town.intake("Bakker", on=day(1)), on=day(1))
    earlier = await town.intake("Visser", on=day(2))
    later = await town.intake("Smit", on=day(3))
    await town.admit(later, on=day(4))

    async with town.database.transaction() as tx:
        await handlers.close_signal(tx, CloseSignal(signal_id=earlier, reason="refused"), now=day(5))

    assert await town.state(later) == "enrolled"


async def test_a_family_is_never_enrolled_twice(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    family_id = await town.family_of(first)
    second = await town.intake("Bakker again", on=day(2), family_id=family_id)

    await town.admit_at_once(first, second, on=day(3))

    assert sorted([await town.state(first), await town.state(second)]) == ["declined", "enrolled"]
    [declined] = await town.told(FamilyDeclined)
    assert declined.reasons == ("already-enrolled",)


async def test_the_database_itself_refuses_a_second_active_enrolment(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    await town.admit(first, on=day(1))
    second = await town.intake("Bakker again", on=day(2), family_id=await town.family_of(first))
    async with town.database.transaction() as tx:
        enrolment = (await tx.execute(store.enrolment.select())).one()
        again = enrolment._asdict() | {"trajectory_id": stable_id("another"), "signal_id": second}
        with pytest.raises(IntegrityError, match="enrolment_active"):
            await tx.execute(store.enrolment.insert().values(**again))
        await tx.connection.rollback()


async def test_a_family_that_comes_back_after_its_trajectory_is_welcome(town: Town) -> None:
    await town.fund(on=day(1))
    first = await town.intake("Bakker", on=day(1))
    await town.admit(first, on=day(1))
    await town.close_trajectory(first, on=day(20))
    second = await town.intake("Bakker again", on=day(25), family_id=await town.family_of(first))

    admitted = await town.admit(second, on=day(26))

    assert admitted.admission is Admission.ENROLLED
    assert admitted.trajectory_id != stable_id("trajectory", first)


async def test_a_family_that_does_not_fit_hears_why_and_where_else_help_is(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1), family_id=None, **household(area="klazienaveen", children=1))

    admitted = await town.admit(signal_id, on=day(2))

    assert (admitted.admission, admitted.reasons) == (Admission.DECLINED, ("lives-in-area", "large-family"))
    [declined] = await town.told(FamilyDeclined)
    assert declined.other_help == ("sedna",)


async def test_families_wait_for_a_programme_whose_money_is_not_there_yet(town: Town) -> None:
    first = await town.intake("Bakker", on=day(1))
    second = await town.intake("Visser", on=day(2))
    assert (await town.admit(first, on=day(3))).admission is Admission.WAITING
    assert (await town.admit(second, on=day(3))).admission is Admission.WAITING
    assert [event.position for event in await town.told(FamilyWaitlisted)] == [1, 2]

    await town.fund(on=day(10))
    await town.fund(on=day(11))

    enrolled = await town.told(FamilyEnrolled)
    assert [event.signal_id for event in enrolled] == [first, second]
    assert all(event.from_waiting_list for event in enrolled)


async def test_the_first_on_the_list_gets_the_place_that_comes_free(town: Town) -> None:
    await town.fund(on=day(1))
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(4)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(10))

    await town.close_trajectory(signals[0], on=day(20))
    await town.close_trajectory(signals[0], on=day(20))

    assert [await town.state(signal_id) for signal_id in signals] == ["enrolled", "enrolled", "enrolled", "waiting"]


async def test_two_places_that_come_free_at_once_go_to_two_families(town: Town) -> None:
    await town.fund(on=day(1))
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(4)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(10))

    await asyncio.gather(*(town.close_trajectory(signal_id, on=day(20)) for signal_id in signals[:2]))

    assert [event.signal_id for event in await town.told(FamilyEnrolled)] == signals
    assert await town.enrolled() == 4


async def test_a_trajectory_that_never_began_does_not_count_toward_the_target(town: Town) -> None:
    await town.fund(on=day(1))
    for number in range(4):
        signal_id = await town.intake(f"Family {number}", on=day(1 + number))
        await town.admit(signal_id, on=day(1 + number))
        await town.close_trajectory(signal_id, on=day(2 + number), outcome=TrajectoryOutcome.NOT_STARTED)
    last = await town.intake("Smit", on=day(20))

    assert (await town.admit(last, on=day(20))).admission is Admission.ENROLLED


async def test_a_family_hears_at_once_that_the_target_is_reached(town: Town) -> None:
    await town.fund(on=day(1))
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(4)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(10))
    for signal_id in signals[:2]:
        await town.close_trajectory(signal_id, on=day(20))
    last = await town.intake("Smit", on=day(21))

    assert (await town.admit(last, on=day(21))).reasons == ("programme-full",)


async def test_who_moved_away_while_waiting_loses_the_place_to_the_next(town: Town) -> None:
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(2)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(5))
    address = household(area="klazienaveen")["address"]
    move = await town.move(signals[0], address)
    async with town.database.transaction() as tx:
        assert await handlers.move_family(tx, move, now=day(6), by=SUPPORTER) == 0

    await town.fund(on=day(10))

    assert [await town.state(signal_id) for signal_id in signals] == ["declined", "enrolled"]


async def test_nobody_comes_from_the_list_when_the_programme_is_nearly_over(town: Town) -> None:
    await town.fund(on=day(1))
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(3)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(10))

    await town.close_trajectory(signals[0], on=day(21, year=2028))

    assert await town.state(signals[2]) == "declined"
    [declined] = await town.told(FamilyDeclined)
    assert declined.reasons == ("programme-nearly-over",)


async def test_withdrawing_consent_while_waiting_gives_up_the_place_in_the_line(town: Town) -> None:
    signal_id = await town.intake("Bakker", on=day(1))
    await town.admit(signal_id, on=day(1))
    command = WithdrawConsent(family_id=await town.family_of(signal_id), programme=PROGRAMME, purpose="take-part")
    async with town.database.transaction() as tx:
        await handlers.withdraw_consent(tx, command, now=day(2), by=SUPPORTER)
    await town.fund(on=day(3))

    assert await town.state(signal_id) == "closed"
    assert await town.told(FamilyEnrolled) == []


async def test_everybody_who_still_waits_at_the_end_hears_so(town: Town) -> None:
    signals = [await town.intake(f"Family {number}", on=day(1 + number)) for number in range(2)]
    for signal_id in signals:
        await town.admit(signal_id, on=day(10))
    async with town.database.transaction() as tx:
        closing = CloseWaitingList(programme=PROGRAMME)
        assert (await handlers.close_waiting_list(tx, closing, now=day(1, month=8, year=2028))).count == 2
        assert (await handlers.close_waiting_list(tx, closing, now=day(1, month=8, year=2028))).count == 0

    assert {event.reasons for event in await town.told(FamilyDeclined)} == {("programme-ended",)}


async def test_asking_for_an_answer_before_the_intake_is_a_fault(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    with pytest.raises(LookupError, match="has no intake"):
        async with town.database.transaction() as tx:
            await handlers.admit(tx, Admit(signal_id=signal_id), now=day(2))
