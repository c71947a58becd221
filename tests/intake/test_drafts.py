"""An intake that is saved step by step: taken up again, by two at once, done once, on the real database."""

from uuid import uuid4

import pytest

from services.intake import handlers, store
from services.intake.commands import ChooseFamily
from services.intake.contracts import CloseSignal
from services.intake.domain.told import Step
from services.intake.events import ConsentGiven, ConsentWithdrawn, IntakeCompleted, UrgentNeedReported
from services.intake.handlers import Completed, Stale, Unfinished
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.intake.talk import AGREED, BSN, SEAL, finish, person, save, save_all, told
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day

pytestmark = pytest.mark.engines

COLLEAGUE = stable_id("test", "colleague")


async def test_what_was_typed_is_there_on_another_device_right_or_wrong(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    typed = {"members": [person("Samira", "", "31-2-1990")], "expected": ["soon"]}
    await save(town, signal_id, Step.HOUSEHOLD, typed, version=0, on=day(2))

    async with town.database.transaction() as tx:
        draft = await store.draft_of(tx, signal_id)

    assert draft is not None
    assert draft.told(Step.HOUSEHOLD) == typed
    assert (draft.version, draft.saved_at, draft.saved_by) == (1, day(2), SUPPORTER)


async def test_who_saves_over_a_colleague_hears_so_and_changes_nothing(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    first = told()[Step.HOUSEHOLD]
    await save(town, signal_id, Step.HOUSEHOLD, first, version=0, on=day(2), by=COLLEAGUE)

    mine = {"members": [person("Sam", "Bakker", "14-5-1990")], "expected": []}
    stale = await save(town, signal_id, Step.HOUSEHOLD, mine, version=0, on=day(3))

    assert isinstance(stale, Stale)
    assert stale.draft.steps[Step.HOUSEHOLD]["by"] == str(COLLEAGUE)
    assert stale.draft.told(Step.HOUSEHOLD) == first
    again = await save(town, signal_id, Step.HOUSEHOLD, mine, version=stale.draft.version, on=day(3))
    assert isinstance(again, store.Draft)


async def test_two_people_who_fill_in_different_steps_do_not_get_in_each_others_way(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    await save(town, signal_id, Step.CONSENT, AGREED, version=0, on=day(2))
    await save(town, signal_id, Step.HOUSEHOLD, told()[Step.HOUSEHOLD], version=1, on=day(2), by=COLLEAGUE)

    saved = await save(town, signal_id, Step.CONTACT, told()[Step.CONTACT], version=1, on=day(2))

    assert isinstance(saved, store.Draft)
    assert saved.version == 3


async def test_a_button_that_is_pressed_twice_saves_once(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    for _ in range(2):
        saved = await save(town, signal_id, Step.CONSENT, AGREED, version=0, on=day(2))
        assert isinstance(saved, store.Draft)
        assert saved.version == 1


async def test_a_draft_becomes_an_intake_and_is_gone(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    typed = told()
    typed[Step.WISHES] |= {"urgent": ["bicycle", "yacht"]}
    draft = await save_all(town, signal_id, typed, on=day(2))
    completed = await finish(town, signal_id, draft.version, on=day(4))

    assert isinstance(completed, Completed)
    async with town.database.transaction() as tx:
        assert await store.draft_of(tx, signal_id) is None
        members = await store.members(tx, completed.family_id)
        family = await store.family_by_id(tx, completed.family_id)
        record = await store.intake_of(tx, signal_id)
        answers = await store.consents(tx, completed.family_id, PROGRAMME)
        moments = {row.at for row in await tx.execute(store.consent.select())}
    assert [(each.given_name, each.surname) for each in members] == [("Samira", "Bakker"), ("Noor", "Bakker")]
    assert (family.postcode, family.contact_channel, family.contact_moment) == ("7822AB", "app", "evening")
    assert (record.themes, record.urgent_needs) == (["money"], ["bicycle"])
    assert answers == {"take-part": "given", "aftercare": "refused"}
    assert moments == {day(2)}, "the family answered in the talk, not when the form was sent"
    [event] = await town.told(IntakeCompleted)
    assert (event.children, event.expected_births) == (1, 1)
    assert isinstance(await finish(town, signal_id, draft.version, on=day(4)), Completed)
    assert len(await town.told(IntakeCompleted)) == 1
    assert [each.need for each in await town.told(UrgentNeedReported)] == ["bicycle"]


async def test_an_intake_is_sent_as_it_was_seen_or_not_at_all(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    draft = await save_all(town, signal_id, told(), on=day(2))
    later = told()[Step.CONTACT] | {"phone": "06 87654321"}
    await save(town, signal_id, Step.CONTACT, later, version=draft.version, on=day(3), by=COLLEAGUE)

    assert isinstance(await finish(town, signal_id, draft.version, on=day(4)), Stale)


async def test_what_is_missing_is_named_by_its_field(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    draft = await save(town, signal_id, Step.CONSENT, {"answers": {"take-part": "given"}}, version=0, on=day(2))
    assert isinstance(draft, store.Draft)
    unfinished = await finish(town, signal_id, draft.version, on=day(4))

    assert isinstance(unfinished, Unfinished)
    found = {(fault.step, fault.field, fault.code) for fault in unfinished.faults}
    assert (Step.CONSENT, "consent-aftercare", "consent-not-asked") in found
    assert (Step.HOUSEHOLD, "given_name-1", "parent-missing") in found
    assert (Step.CONTACT, "street", "street-missing") in found
    assert Step.WISHES in {step for step, _, _ in found}


async def test_a_family_that_says_no_to_what_is_needed_is_not_taken_in(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    no = {"answers": {"take-part": "refused", "aftercare": "refused"}}
    draft = await save_all(town, signal_id, told() | {Step.CONSENT: no}, on=day(2))

    assert await finish(town, signal_id, draft.version, on=day(4)) == Refused("consent-missing", ("take-part",))
    async with town.database.transaction() as tx:
        assert (await tx.execute(store.family.select())).all() == []


async def test_a_bsn_is_kept_under_seal_and_read_by_who_has_the_key(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    draft = await save_all(town, signal_id, told(), on=day(2))
    async with town.database.transaction() as tx:
        saved = await handlers.save_bsn(tx, signal_id, draft.version, BSN, seal=SEAL, now=day(2), by=SUPPORTER)
    assert isinstance(saved, store.Draft)
    completed = await finish(town, signal_id, saved.version, on=day(4))
    assert isinstance(completed, Completed)

    async with town.database.transaction() as tx:
        row = (await tx.execute(store.citizen_number.select())).one()
        assert await handlers.read_number(tx, completed.family_id, seal=SEAL) == BSN
        assert await handlers.read_number(tx, uuid4(), seal=SEAL) == ""
    assert BSN.encode() not in row.sealed + row.mark


async def test_a_family_that_is_known_is_seen_while_typing_and_asked_about(town: Town) -> None:
    known = await town.family_of(await town.intake("Bakker", on=day(1)))
    signal_id = await town.meet("Bakker again", on=day(5))
    typed = told()
    typed[Step.HOUSEHOLD] = {"members": [person("Ana", "Bakker", "4-5-1990")], "expected": []}
    draft = await save_all(town, signal_id, typed, on=day(6))

    async with town.database.transaction() as tx:
        [likely] = await handlers.likely_families(tx, draft, seal=SEAL)
    assert (likely.family_id, likely.told_name) == (known, "Ana Bakker")
    unfinished = await finish(town, signal_id, draft.version, on=day(6))
    assert isinstance(unfinished, Unfinished)
    assert (unfinished.faults, unfinished.family_to_choose) == ((), True)

    async with town.database.transaction() as tx:
        choice = ChooseFamily(signal_id=signal_id, version=draft.version, family_id=known)
        chosen = await handlers.choose_family(tx, choice, seal=SEAL, now=day(6), by=SUPPORTER)
    assert isinstance(chosen, store.Draft)
    completed = await finish(town, signal_id, chosen.version, on=day(6))
    assert completed == Completed(family_id=known, returning=True)


async def test_another_family_is_asked_about_once_for_each_that_is_alike(town: Town) -> None:
    await town.intake("Bakker", on=day(1))
    signal_id = await town.meet("Another Bakker", on=day(5))
    typed = told()
    typed[Step.HOUSEHOLD] = {"members": [person("Anna", "Bakker", "4-5-1990")], "expected": []}
    draft = await save_all(town, signal_id, typed, on=day(6))
    async with town.database.transaction() as tx:
        choice = ChooseFamily(signal_id=signal_id, version=draft.version, family_id=None)
        chosen = await handlers.choose_family(tx, choice, seal=SEAL, now=day(6), by=SUPPORTER)
    assert isinstance(chosen, store.Draft)

    completed = await finish(town, signal_id, chosen.version, on=day(6))
    assert isinstance(completed, Completed)
    assert not completed.returning


async def test_nobody_is_put_into_a_file_that_nobody_resembles(town: Town) -> None:
    stranger = await town.family_of(await town.intake("Visser", on=day(1)))
    signal_id = await town.meet("Bakker", on=day(5))
    draft = await save_all(town, signal_id, told(), on=day(6))
    async with town.database.transaction() as tx:
        choice = ChooseFamily(signal_id=signal_id, version=draft.version, family_id=stranger)
        refused = await handlers.choose_family(tx, choice, seal=SEAL, now=day(6), by=SUPPORTER)

    assert refused == Refused("not-alike")


async def test_the_same_bsn_finds_a_family_whatever_its_name_is_now(town: Town) -> None:
    first = await town.meet("Bakker", on=day(1))
    draft = await save_all(town, first, told(), on=day(2))
    async with town.database.transaction() as tx:
        saved = await handlers.save_bsn(tx, first, draft.version, BSN, seal=SEAL, now=day(2), by=SUPPORTER)
    assert isinstance(saved, store.Draft)
    completed = await finish(town, first, saved.version, on=day(2))
    assert isinstance(completed, Completed)

    again = await town.meet("de Wit", on=day(9))
    other = {"members": [person("S.", "de Wit", "1-1-1980")], "expected": []}
    await save(town, again, Step.HOUSEHOLD, other, version=0, on=day(9))
    async with town.database.transaction() as tx:
        await handlers.save_bsn(tx, again, 1, BSN, seal=SEAL, now=day(9), by=SUPPORTER)
    async with town.database.transaction() as tx:
        draft_again = await store.draft_of(tx, again)
        assert draft_again is not None
        [likely] = await handlers.likely_families(tx, draft_again, seal=SEAL)
    assert (likely.family_id, likely.told_name, likely.score) == (completed.family_id, "", 100)


async def test_a_consent_that_a_known_family_takes_back_in_the_talk_is_taken_back(town: Town) -> None:
    first = await town.meet("Bakker", on=day(1))
    yes = {"answers": {"take-part": "given", "aftercare": "given"}}
    draft = await save_all(town, first, told() | {Step.CONSENT: yes}, on=day(1))
    completed = await finish(town, first, draft.version, on=day(1))
    assert isinstance(completed, Completed)

    again = await town.meet("Bakker again", on=day(9))
    draft = await save_all(town, again, told(), on=day(9))
    async with town.database.transaction() as tx:
        choice = ChooseFamily(signal_id=again, version=draft.version, family_id=completed.family_id)
        chosen = await handlers.choose_family(tx, choice, seal=SEAL, now=day(9), by=SUPPORTER)
    assert isinstance(chosen, store.Draft)
    assert isinstance(await finish(town, again, chosen.version, on=day(9)), Completed)

    [withdrawn] = await town.told(ConsentWithdrawn)
    assert (withdrawn.purpose, withdrawn.required) == ("aftercare", False)
    assert len(await town.told(ConsentGiven)) == 2


async def test_a_closed_signal_takes_no_draft(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    async with town.database.transaction() as tx:
        await handlers.close_signal(tx, CloseSignal(signal_id=signal_id, reason="refused"), now=day(2))

    refused = await save(town, signal_id, Step.CONSENT, AGREED, version=0, on=day(3))
    assert refused == Refused("signal-not-open")
    assert await save(town, uuid4(), Step.CONSENT, AGREED, version=0, on=day(3)) == Refused("unknown-signal")
