"""A sign-up that goes on in another programme: nothing is told twice, nobody is helped twice, and back again."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from programmes.load import load
from services.intake import handlers, store
from services.intake.__main__ import SERVICE
from services.intake.commands import RecordContactAttempt, SwitchProgramme, SwitchReason
from services.intake.contracts import Admission
from services.intake.domain import SignalState
from services.intake.domain.switching import carried, ranked, same_purposes
from services.intake.domain.told import Step
from services.intake.events import ContactAttempted, ContactOutcome, IntakeCompleted, SignalClosed, SignalReceived
from services.intake.handlers import Choice, Completed
from services.intake.pages.beginning import beginning
from services.intake.pages.steps import signal_row
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.intake.talk import BSN, SEAL, finish, save, save_all, told
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day
from tests.screens.people import person, signed_in

pytestmark = pytest.mark.engines

OTHER = "kansrijk-emmen-jong"
AFTERCARE_ELSEWHERE = "Wij mogen u na een jaar nog een keer bellen."


@pytest.fixture(autouse=True)
def second_programme(small_programme: str, tmp_path: Path) -> None:
    """One place at once, for families with one child, in the same areas; it asks one consent in other words."""
    text = (tmp_path / small_programme / "1.toml").read_text()
    for old, new in (
        ('id = "kansrijk-emmen"', f'id = "{OTHER}"'),
        ("places-at-once = 2", "places-at-once = 1"),
        ("minimum = 2", "minimum = 1"),
        ("Wij mogen u nog bellen.", AFTERCARE_ELSEWHERE),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / OTHER).mkdir()
    (tmp_path / OTHER / "1.toml").write_text(text)


async def switch(
    town: Town,
    signal_id: UUID,
    *,
    on: datetime,
    programme: str = OTHER,
    reason: SwitchReason = SwitchReason.FITS_BETTER,
) -> UUID | Refused:
    command = SwitchProgramme(signal_id=signal_id, programme=programme, reason=reason)
    async with town.database.transaction() as tx:
        return await handlers.switch_programme(tx, command, seal=SEAL, now=on, by=SUPPORTER)


async def switched(town: Town, signal_id: UUID, *, on: datetime) -> UUID:
    new_id = await switch(town, signal_id, on=on)
    assert isinstance(new_id, UUID), new_id
    return new_id


async def choices(town: Town, signal_id: UUID, *, on: datetime) -> list[Choice]:
    async with town.database.transaction() as tx:
        signal = await store.signal_by_id(tx, signal_id)
        assert signal is not None
        return await handlers.choices(tx, signal, now=on)


async def draft_of(town: Town, signal_id: UUID) -> store.Draft:
    async with town.database.transaction() as tx:
        draft = await store.draft_of(tx, signal_id)
    assert draft is not None
    return draft


async def halfway(town: Town, name: str = "Bakker") -> UUID:
    """Everything was told, one child; the programme wants two."""
    signal_id = await town.meet(name, on=day(1))
    await save_all(town, signal_id, told(name), on=day(2))
    return signal_id


async def test_only_a_programme_that_fits_what_was_told_is_offered(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))
    assert await choices(town, signal_id, on=day(2)) == [], "nothing is known of the household yet"

    await save_all(town, signal_id, told(), on=day(2))
    [choice] = await choices(town, signal_id, on=day(3))
    assert (choice.programme.id, choice.admission, choice.waiting) == (OTHER, Admission.WAITING, 0), "no money yet"
    assert choice.asked_anew == (AFTERCARE_ELSEWHERE,)


async def test_what_was_told_goes_along_and_only_what_is_said_differently_is_asked_again(town: Town) -> None:
    signal_id = await halfway(town)
    before = await draft_of(town, signal_id)
    new_id = await switched(town, signal_id, on=day(3))

    draft = await draft_of(town, new_id)
    assert draft.told(Step.CONSENT)["answers"] == {"take-part": "given"}
    for step in (Step.HOUSEHOLD, Step.CONTACT):
        assert draft.told(step) == before.told(step)
    assert draft.told(Step.WISHES)["ranks"] == {"money": "1"}
    assert draft.steps[Step.CONSENT]["at"] == before.steps[Step.CONSENT]["at"], "the family answered then"
    assert await town.state(signal_id) == "closed"
    async with town.database.transaction() as tx:
        assert await store.draft_of(tx, signal_id) is None, "what was told stands in one place"


async def test_the_world_hears_that_the_one_ended_and_the_other_began(town: Town) -> None:
    signal_id = await halfway(town)
    attempt = RecordContactAttempt(attempt_id=stable_id("attempt"), signal_id=signal_id, outcome=ContactOutcome.REACHED)
    async with town.database.transaction() as tx:
        await handlers.record_contact_attempt(tx, attempt, now=day(2), by=SUPPORTER)
    new_id = await switched(town, signal_id, on=day(3))

    *_, received = await town.told(SignalReceived)
    assert (received.signal_id, received.programme, received.switched_from) == (new_id, OTHER, signal_id)
    [closed] = await town.told(SignalClosed)
    assert (closed.signal_id, closed.reason, closed.switched_to) == (signal_id, "switched-programme", new_id)
    *_, reached = await town.told(ContactAttempted)
    assert (reached.signal_id, reached.outcome) == (new_id, ContactOutcome.REACHED), "nobody is called twice for it"
    assert reached.by == SUPPORTER


async def test_pressed_twice_it_is_one_and_for_a_third_programme_it_is_too_late(town: Town) -> None:
    signal_id = await halfway(town)
    new_id = await switched(town, signal_id, on=day(3))

    assert await switch(town, signal_id, on=day(3)) == new_id
    assert await switch(town, signal_id, on=day(3), programme=PROGRAMME) == Refused("switched-already")
    assert len(await town.told(SignalClosed)) == 1


async def test_a_programme_that_no_longer_fits_is_refused_and_nothing_changes(town: Town) -> None:
    signal_id = await town.meet("Bakker", on=day(1))

    assert await switch(town, signal_id, on=day(3)) == Refused("no-longer-fits")
    assert await town.state(signal_id) == "open"
    assert await town.told(SignalClosed) == []


async def test_who_was_declined_is_taken_in_elsewhere_without_telling_it_again(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("de Boer", on=day(2), members=_one_child(), urgent_needs=("bicycle",))
    assert (await town.admit(signal_id, on=day(3))).admission is Admission.DECLINED
    new_id = await switched(town, signal_id, on=day(4))

    assert await town.state(signal_id) == "declined", "the answer that was given stands"
    draft = await draft_of(town, new_id)
    assert [each["given_name"] for each in draft.told(Step.HOUSEHOLD)["members"]] == ["Anna", "Kind0"]
    assert draft.told(Step.CONTACT)["postcode"] == "7822AB"
    assert draft.told(Step.WISHES) == {"ranks": {"money": "1"}, "urgent": ["bicycle"], "income": ""}
    answers = draft.told(Step.CONSENT)["answers"]
    assert answers == {"take-part": "given"}
    await _answer_aftercare(town, new_id, draft)
    completed = await finish(town, new_id, (await draft_of(town, new_id)).version, on=day(5))
    assert isinstance(completed, Completed), completed
    assert completed.family_id == await town.family_of(signal_id)
    assert not completed.returning, "it is the same sign-up, not another one"
    assert len(await town.told(IntakeCompleted)) == 2
    async with town.database.transaction() as tx:
        began = await beginning(tx, await signal_row(tx, new_id))
    assert (began[0].what, began[0].at) == ("met", day(2)), "it began where the family was met"
    assert [(each.at, each.about) for each in began if each.what == "switched"] == [(day(4), PROGRAMME)]
    assert (began[-1].what, began[-1].at) == ("intake", day(5))


async def test_who_waits_makes_room_and_put_back_has_its_old_place_in_the_line(town: Town) -> None:
    await town.fund(on=day(1))
    for name in ("een", "twee"):
        await town.admit(await town.intake(name, on=day(2)), on=day(2))
    first, second = await town.intake("drie", on=day(3)), await town.intake("vier", on=day(4))
    for signal_id in (first, second):
        assert (await town.admit(signal_id, on=day(5))).admission is Admission.WAITING
    new_id = await switched(town, first, on=day(6))
    assert await _line(town) == [second]

    back = await switch(town, new_id, on=day(7), programme=PROGRAMME, reason=SwitchReason.SWITCHED_BACK)
    assert isinstance(back, UUID), back
    draft = await draft_of(town, back)
    assert draft.told(Step.CONSENT)["answers"]["take-part"] == "given"
    await _answer_aftercare(town, back, draft)
    finished = await finish(town, back, (await draft_of(town, back)).version, on=day(8))
    assert isinstance(finished, Completed), finished
    assert (await town.admit(back, on=day(8))).admission is Admission.WAITING
    assert await _line(town) == [back, second]


async def test_only_what_came_from_elsewhere_can_be_put_back(town: Town) -> None:
    signal_id = await halfway(town)
    back = await switch(town, signal_id, on=day(3), programme=OTHER, reason=SwitchReason.SWITCHED_BACK)
    assert back == Refused("no-longer-fits")


async def test_who_has_a_place_keeps_it(town: Town) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake("de Boer", on=day(2))
    await town.admit(signal_id, on=day(3))
    assert await switch(town, signal_id, on=day(4)) == Refused("signal-not-open")


async def test_a_bsn_goes_along_under_a_seal_of_its_own(town: Town) -> None:
    signal_id = await halfway(town)
    version = (await draft_of(town, signal_id)).version
    async with town.database.transaction() as tx:
        await handlers.save_bsn(tx, signal_id, version, BSN, seal=SEAL, now=day(2), by=SUPPORTER)
    new_id = await switched(town, signal_id, on=day(3))

    sealed = (await draft_of(town, new_id)).bsn
    assert sealed is not None
    assert SEAL.open(sealed, owner=new_id) == BSN


async def test_of_two_colleagues_at_once_the_family_goes_one_way(town: Town) -> None:
    signal_id = await halfway(town)
    one, other = await asyncio.gather(*(switch(town, signal_id, on=day(3)) for _ in range(2)))
    assert isinstance(one, UUID)
    assert one == other
    assert len(await town.told(SignalClosed)) == 1


def test_an_area_or_a_goal_that_the_other_does_not_know_is_asked_again() -> None:
    old, new = load(PROGRAMME, 1), load(OTHER, 1)
    contact = carried(
        Step.CONTACT, {"area": "elsewhere", "languages": ["tlh", "other"], "phone": "1"}, old=old, new=new
    )
    assert (contact["area"], contact["languages"], contact["phone"]) == ("", ["other", ""], "1")
    wishes = carried(Step.WISHES, {"ranks": {"yachts": "1", "money": "2"}, "urgent": ["yacht"]}, old=old, new=new)
    assert (wishes["ranks"], wishes["urgent"]) == ({"money": "1"}, [])
    assert ranked(["yachts"], new) == {}
    assert same_purposes(old, new) == {"take-part"}


def _one_child() -> tuple[dict[str, str], ...]:
    return (
        {"role": "parent", "given_name": "Anna", "surname": "de Boer", "birth_date": "1990-05-04"},
        {"role": "child", "given_name": "Kind0", "surname": "de Boer", "birth_date": "2020-01-01"},
    )


async def _answer_aftercare(town: Town, signal_id: UUID, draft: store.Draft) -> None:
    """The family is asked what the other programme says differently."""
    typed = {"language": "nl", "answers": draft.told(Step.CONSENT)["answers"] | {"aftercare": "refused"}}
    saved = await save(town, signal_id, Step.CONSENT, typed, version=draft.version, on=day(5))
    assert isinstance(saved, store.Draft)


async def _line(town: Town) -> list[UUID]:
    async with town.database.transaction() as tx:
        return [each.id for each in await store.signals_in_line(tx, PROGRAMME, SignalState.WAITING)]


async def test_on_the_screen_the_choice_is_made_once_and_a_colleague_who_is_late_hears_so(
    town: Town, placeholder_settings: Settings
) -> None:
    app = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: day(3))
    assert app is not None
    signal_id = await halfway(town)
    path = f"/ander-programma/{signal_id}"
    both = {"programmes": frozenset({PROGRAMME, OTHER}), "areas": frozenset({"angelslo"})}
    async with signed_in(app, person("Ans", Role.SUPPORTER, **both)) as ans:
        shown = await ans.get(path)
        assert "Kansrijk Emmen" in shown.text
        assert AFTERCARE_ELSEWHERE in shown.text
        wrong = await ans.post(path, data={"programme": "no-such-programme", "reason": "because"})
        assert (wrong.status_code, "Kies een programma." in wrong.text) == (400, True)
        chosen = {"programme": OTHER, "reason": "family-wish"}
        done = await ans.post(path, data=chosen)
        again = await ans.post(path, data=chosen)
        assert done.status_code == 303
        assert again.headers["location"] == done.headers["location"]
        new = await ans.get(done.headers["location"].removeprefix("/intake"))
        assert "Het gezin wil dit liever" in new.text
        late = await ans.post(path, data={"programme": PROGRAMME, "reason": "family-wish"})
        assert late.status_code == 409
    async with signed_in(app, person("Bea", Role.SUPPORTER, **both | {"programmes": frozenset({PROGRAMME})})) as bea:
        gone = await bea.get(f"/uitkomsten/{signal_id}")
        assert "Collega's van dat programma nemen het over." in gone.text
