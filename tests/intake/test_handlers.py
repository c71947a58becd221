"""From the first meeting to the moment that a family has its answer, on the real database."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.intake import handlers, store
from services.intake.commands import (
    FindLikelyDuplicates,
    GiveConsent,
    Member,
    MemberRole,
    ReceiveSignal,
    RecordContactAttempt,
    WithdrawConsent,
)
from services.intake.contracts import CloseSignal
from services.intake.events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactAttempted,
    ContactOutcome,
    FamilyMoved,
    IntakeCompleted,
    SignalClosed,
    SignalReceived,
    UrgentNeedReported,
)
from services.shared.outcomes import Refused
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day, household

pytestmark = pytest.mark.engines


async def test_a_signal_is_received_once_however_often_it_is_sent(town: Town) -> None:
    await asyncio.gather(*(town.meet("Bakker", on=day(1)) for _ in range(4)))

    assert len(await town.told(SignalReceived)) == 1


async def test_a_signal_for_a_programme_or_channel_that_does_not_exist_is_refused(town: Town) -> None:
    signal = ReceiveSignal(signal_id=uuid4(), programme=PROGRAMME, area="angelslo", channel="library")
    async with town.database.transaction() as tx:
        unknown = await handlers.receive_signal(tx, signal.model_copy(update={"programme": "nowhere"}), now=day(1))
        later = await handlers.receive_signal(tx, signal.model_copy(update={"programme_version": 9}), now=day(1))
        channel = await handlers.receive_signal(tx, signal.model_copy(update={"channel": "pub"}), now=day(1))

    assert (unknown, later, channel) == (
        Refused("unknown-programme"),
        Refused("unknown-programme"),
        Refused("unknown-channel"),
    )


async def test_attempts_are_numbered_without_a_gap_also_when_two_people_call_at_once(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))

    async def call() -> int | Refused:
        command = RecordContactAttempt(attempt_id=uuid4(), signal_id=signal_id, outcome=ContactOutcome.NOT_REACHED)
        async with town.database.transaction() as tx:
            return await handlers.record_contact_attempt(tx, command, now=day(2), by=SUPPORTER)

    numbers = await asyncio.gather(call(), call(), call())

    assert sorted(number for number in numbers if not isinstance(number, Refused)) == [1, 2, 3]
    assert [event.attempt for event in await town.told(ContactAttempted)] == [1, 2, 3]


async def test_the_same_attempt_twice_counts_once(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    command = RecordContactAttempt(attempt_id=uuid4(), signal_id=signal_id, outcome=ContactOutcome.REACHED)
    for _ in range(2):
        async with town.database.transaction() as tx:
            assert await handlers.record_contact_attempt(tx, command, now=day(2), by=SUPPORTER) == 1

    assert [event.by for event in await town.told(ContactAttempted)] == [SUPPORTER]


async def test_a_closed_signal_takes_no_attempt_and_no_intake(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    async with town.database.transaction() as tx:
        closing = CloseSignal(signal_id=signal_id, reason="unreachable")
        assert (await handlers.close_signal(tx, closing, now=day(20))).count == 1
        assert (await handlers.close_signal(tx, closing, now=day(20))).count == 0
        command = RecordContactAttempt(attempt_id=uuid4(), signal_id=signal_id, outcome=ContactOutcome.REACHED)
        attempt = await handlers.record_contact_attempt(tx, command, now=day(21), by=SUPPORTER)

    assert attempt == Refused("signal-not-open")
    assert await town.complete(signal_id, on=day(21)) == Refused("signal-not-open")
    assert [event.reason for event in await town.told(SignalClosed)] == ["unreachable"]


async def test_an_intake_needs_the_consents_that_the_programme_needs(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))

    assert await town.complete(signal_id, on=day(2)) == Refused("consent-missing", ("take-part",))


async def test_a_refused_intake_leaves_nothing_behind(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    refused = await town.complete(signal_id, on=day(2), themes=("money", "astrology"))

    assert refused == Refused("unknown-theme", ("astrology",))
    async with town.database.transaction() as tx:
        assert (await tx.execute(store.household_member.select())).all() == []


async def test_a_completed_intake_tells_numbers_and_codes_only(town: Town) -> None:
    signal_id = await town.intake("Bakker", on=day(1), urgent_needs=("no-heating", "no-food"))

    [completed] = await town.told(IntakeCompleted)
    assert (completed.children, completed.returning) == (2, False)
    assert [event.need for event in await town.told(UrgentNeedReported)] == ["no-food", "no-heating"]
    assert [event.purpose for event in await town.told(ConsentGiven)] == ["take-part"]
    async with town.database.transaction() as tx:
        values = await store.personal_values(tx)
        bodies = [row.body.decode() for row in await tx.execute(store.tables.outbox.select())]
    assert {"Bakker", "Mevrouw Bakker", "Boslaan", "7822AB12", "anna@example.org"} <= set(values)
    assert not [value for value in values for body in bodies if value in body]
    assert await town.state(signal_id) == "intake-done"


async def test_completing_an_intake_twice_is_completing_it_once(town: Town) -> None:
    signal_id = await town.intake("Bakker", on=day(1))
    again = await town.complete(signal_id, on=day(5))

    assert isinstance(again, handlers.Completed)
    assert len(await town.told(IntakeCompleted)) == 1


async def test_a_known_family_is_recognised_and_keeps_its_id(town: Town) -> None:
    first = await town.intake("van der Berg", on=day(1))
    family_id = await town.family_of(first)
    told = Member.model_validate(household("van der Berg")["members"][0])  # type: ignore[index]  # a tuple of members
    search = FindLikelyDuplicates(given_name="Ana", surname="v.d. Berg", birth_date=told.birth_date)
    async with town.database.transaction() as tx:
        [candidate] = await handlers.find_likely_duplicates(tx, search)
    assert candidate.family_id == family_id

    await town.intake("van der Berg again", on=day(20), family_id=candidate.family_id)

    assert [event.returning for event in await town.told(IntakeCompleted)] == [False, True]
    assert {event.family_id for event in await town.told(IntakeCompleted)} == {family_id}


async def test_a_signal_stays_with_its_family(town: Town) -> None:
    one = await town.intake("Bakker", on=day(1))
    two = await town.meet("Visser", on=day(2))
    async with town.database.transaction() as tx:
        await handlers.give_consent(tx, GiveConsent(signal_id=two, purpose="take-part"), now=day(2), by=SUPPORTER)
        other = GiveConsent(signal_id=two, family_id=await town.family_of(one), purpose="aftercare")
        refused = await handlers.give_consent(tx, other, now=day(2), by=SUPPORTER)

    assert refused == Refused("signal-is-of-another-family")


async def test_withdrawing_a_required_consent_names_the_trajectory_that_must_stop(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))
    admitted = await town.admit(signal_id, on=day(1))
    family_id = await town.family_of(signal_id)
    command = WithdrawConsent(family_id=family_id, programme=PROGRAMME, purpose="take-part")
    async with town.database.transaction() as tx:
        assert await handlers.withdraw_consent(tx, command, now=day(9), by=SUPPORTER) is True
        again = await handlers.withdraw_consent(tx, command, now=day(9), by=SUPPORTER)

    assert again == Refused("consent-not-given")
    [withdrawn] = await town.told(ConsentWithdrawn)
    assert (withdrawn.required, withdrawn.trajectory_id) == (True, admitted.trajectory_id)


async def test_withdrawing_an_optional_consent_stops_nothing(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))
    await town.admit(signal_id, on=day(1))
    family_id = await town.family_of(signal_id)
    async with town.database.transaction() as tx:
        give = GiveConsent(signal_id=signal_id, purpose="aftercare")
        await handlers.give_consent(tx, give, now=day(2), by=SUPPORTER)
        command = WithdrawConsent(family_id=family_id, programme=PROGRAMME, purpose="aftercare")
        assert await handlers.withdraw_consent(tx, command, now=day(9), by=SUPPORTER) is False

    [withdrawn] = await town.told(ConsentWithdrawn)
    assert (withdrawn.required, withdrawn.trajectory_id) == (False, None)


async def test_what_a_family_answered_can_not_be_rewritten(town: Town) -> None:
    await town.intake("Bakker", on=day(1))
    for statement in ("UPDATE intake.consent SET answer = 'refused'", "DELETE FROM intake.consent"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with town.database.transaction() as tx:
                await tx.execute(text(statement))


@pytest.mark.parametrize(("area", "within"), [("emmerhout", True), ("klazienaveen", False)])
async def test_only_the_area_of_a_move_is_told(town: Town, area: str, *, within: bool) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("Bakker", on=day(1))
    await town.admit(signal_id, on=day(1))
    address = household(area=area)["address"]
    command = await town.move(signal_id, address)
    async with town.database.transaction() as tx:
        assert await handlers.move_family(tx, command, now=day(9), by=SUPPORTER) == 1

    [moved] = await town.told(FamilyMoved)
    assert (moved.area, moved.within_programme) == (area, within)


async def test_a_grown_up_child_is_no_longer_counted(town: Town) -> None:
    grown = Member(role=MemberRole.CHILD, given_name="Bram", surname="Bakker", birth_date=day(1, year=2008).date())
    members = household()["members"]
    assert isinstance(members, tuple)
    await town.intake("Bakker", on=day(1), members=(*members, grown))

    assert [event.children for event in await town.told(IntakeCompleted)] == [2]
