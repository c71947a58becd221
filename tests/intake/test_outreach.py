"""Outreach: what is told at a first meeting is kept and let go of, and public forms have their bounds."""

import asyncio
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from programmes.load import all_programmes, latest
from programmes.places import ANY_OTHER
from programmes.schema import ChannelKind, Programme
from services.intake import domain, handlers, outreach_store, store, tables
from services.intake.commands import ReachFirst, ReceiveSignal, Referral
from services.intake.contracts import CloseSignal, EraseDue
from services.intake.events import SignalReceived
from services.intake.handlers.public_forms import counted_address
from services.intake.pages import meeting
from services.shared.outcomes import Refused
from tests.intake.town import PROGRAMME, Town, day

pytestmark = pytest.mark.engines

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.8"


def met(**told: object) -> ReceiveSignal:
    values = {"signal_id": uuid4(), "programme": PROGRAMME, "area": "angelslo", "channel": "library"}
    return ReceiveSignal.model_validate(values | {"contact_name": "Samira"} | told)


async def receive(town: Town, command: ReceiveSignal) -> store.Signal | Refused:
    async with town.database.transaction() as tx:
        return await handlers.receive_signal(tx, command, now=day(10))


async def sign_up(town: Town, command: ReceiveSignal, *, address: str = HERE, minutes: int = 0) -> object:
    moment = day(10) + timedelta(minutes=minutes)
    async with town.database.transaction() as tx:
        return await handlers.receive_public_form(
            tx, command, address=address, fresh_salt=secrets.token_bytes(16), now=moment
        )


async def first_contact(town: Town, signal_id: UUID) -> outreach_store.FirstContact | None:
    async with town.database.transaction() as tx:
        return await outreach_store.first_contact_of(tx, signal_id)


async def test_what_is_needed_now_is_told_to_the_world_and_whom_to_reach_is_not(town: Town) -> None:
    command = met(needs=("bicycle",), contact_via="haar buurvrouw op nummer 12")

    await receive(town, command)

    told = await first_contact(town, command.signal_id)
    assert told is not None
    assert (told.needs, told.via) == (("bicycle",), "haar buurvrouw op nummer 12")
    (event,) = await town.told(SignalReceived)
    assert event.needs == ("bicycle",)
    assert "buurvrouw" not in event.model_dump_json()


async def test_a_need_that_the_programme_does_not_know_is_refused(town: Town) -> None:
    assert await receive(town, met(needs=("yacht",))) == Refused("unknown-need", ("yacht",))


async def test_a_family_of_which_nothing_more_was_told_has_nothing_more(town: Town) -> None:
    command = met()

    await receive(town, command)

    assert await first_contact(town, command.signal_id) is None


async def test_who_referred_a_family_is_forgotten_together_with_how_to_reach_it(town: Town) -> None:
    referral = Referral(name="Juf Marleen", phone="0591123456", reach_first=ReachFirst.REFERRER)
    command = met(contact_via="de school", referral=referral, call_consent=1)
    await receive(town, command)
    async with town.database.transaction() as tx:
        assert "Juf Marleen" in await store.personal_values(tx)
        await handlers.close_signal(tx, CloseSignal(signal_id=command.signal_id, reason="refused"), now=day(11))

    async with town.database.transaction() as tx:
        erased = await handlers.erase_due(tx, EraseDue(programme=PROGRAMME, limit=5), now=day(11, year=2047))
        assert "Juf Marleen" not in await store.personal_values(tx)

    told = await first_contact(town, command.signal_id)
    assert erased.count == 1
    assert told is not None
    assert (told.via, told.referral, told.call_consent) == (None, None, 1)


async def test_one_address_sends_so_many_forms_an_hour_and_no_more(town: Town) -> None:
    sent = [await sign_up(town, met()) for _ in range(handlers.ONE_ADDRESS_MAX)]

    assert not any(isinstance(each, Refused) for each in sent)
    assert await sign_up(town, met()) == Refused(handlers.TOO_MANY_HERE)
    assert not isinstance(await sign_up(town, met(), address=ELSEWHERE), Refused)
    assert not isinstance(await sign_up(town, met(), minutes=61), Refused)


async def test_the_same_form_twice_counts_once_also_when_no_more_are_taken(town: Town) -> None:
    first = met()
    received = await sign_up(town, first)
    for _ in range(handlers.ONE_ADDRESS_MAX - 1):
        await sign_up(town, met())

    assert await sign_up(town, first) == received


async def test_many_at_once_do_not_pass_the_bound_together(town: Town) -> None:
    await asyncio.gather(*(sign_up(town, met()) for _ in range(2 * handlers.ONE_ADDRESS_MAX)))

    assert len(await town.told(SignalReceived)) == handlers.ONE_ADDRESS_MAX


async def test_a_flood_from_everywhere_is_stopped(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.handlers.public_forms.EVERYBODY_MAX", 3)
    for number in range(3):
        await sign_up(town, met(), address=f"192.0.2.{number}")

    assert await sign_up(town, met(), address="192.0.2.99") == Refused(handlers.TOO_MANY)


async def test_no_address_is_kept_and_the_salt_of_yesterday_is_gone(town: Town) -> None:
    await sign_up(town, met())
    await sign_up(town, met(), minutes=24 * 60)

    async with town.database.transaction() as tx:
        digests = list((await tx.execute(select(tables.public_form.c.address_digest))).scalars())
        salts = (await tx.execute(select(func.count()).select_from(tables.public_salt))).scalar_one()
    assert len(digests) == 1
    assert HERE.encode() not in digests[0]
    assert salts == 1


async def test_what_was_counted_is_forgotten_also_when_nobody_sends_anything_more(town: Town) -> None:
    await sign_up(town, met())

    async with town.database.transaction() as tx:
        await handlers.erase_due(tx, EraseDue(programme=PROGRAMME, limit=5), now=day(11))

    async with town.database.transaction() as tx:
        for table in (tables.public_form, tables.public_salt):
            assert (await tx.execute(select(func.count()).select_from(table))).scalar_one() == 0


async def test_a_refused_form_is_not_counted(town: Town) -> None:
    for _ in range(handlers.ONE_ADDRESS_MAX + 1):
        assert await sign_up(town, met(channel="pub")) == Refused("unknown-channel")


def test_the_phones_of_one_household_count_as_one_address() -> None:
    counted = counted_address

    assert counted("2001:db8:1:2:aaaa::1") == counted("2001:db8:1:2:bbbb::2") != counted("2001:db8:1:3::1")
    assert counted("no address") == "unknown"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("06 12 34 56 78", "0612345678"),
        ("06-12345678", "0612345678"),
        ("+31 (6) 1234.5678", "+31612345678"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031 6 12345678", "0031612345678"),
        ("+4512345678", "+4512345678"),
    ],
)
def test_a_number_is_understood_however_it_was_written(written: str, number: str) -> None:
    assert (domain.dialled(written), domain.number_fault(written)) == (number, None)


@pytest.mark.parametrize(
    "written",
    [
        *("06 1234 567", "06 1234 56789", "112", "0800 123", "0612345678901234567"),
        *("+31 6 1234 567", "+31 06 12345678", "+31 612345678 9", "+4512345", "0045 1234", "+1234567890123456"),
    ],
)
def test_a_number_that_lacks_a_digit_or_has_one_too_many_reaches_nobody(written: str) -> None:
    assert (domain.dialled(written), domain.number_fault(written)) == (None, "wrong-length")


def test_what_is_no_number_is_told_apart_from_a_number_with_a_fault() -> None:
    assert (domain.dialled("bel me"), domain.number_fault("bel me")) == (None, "no-number")
    assert domain.number_fault(" ") is None


def test_a_programme_is_open_from_its_first_day_to_its_last(small_programme: str) -> None:
    programme = latest(small_programme)

    open_days = [on.date() for on in (day(1, month=1), day(1), day(31, month=7, year=2028), day(1, month=8, year=2028))]

    assert [bool(domain.open_on([programme], on)) for on in open_days] == [False, True, True, False]
    assert [area.code for area in domain.areas_on(programme, open_days[1])] == ["angelslo"]


@pytest.mark.parametrize("programme", all_programmes(), ids=lambda programme: programme.id)
def test_places_come_before_partners_and_somewhere_else_comes_last(programme: Programme) -> None:
    offered = meeting.choices(programme, day(1).date()).channels

    assert offered[-1].code == ANY_OTHER
    kinds = [each.kind is ChannelKind.PLACE for each in offered[:-1]]
    assert kinds == sorted(kinds, reverse=True)
