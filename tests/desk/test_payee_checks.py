"""An organisation that is not registered yet: somebody checks it in time, and what comes back is its asker's."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from services.budget.events import (
    PayeeProposalAnswered,
    PayeeProposalMade,
    PayeeProposalSettled,
    ProposalAnswer,
)
from services.desk import bus, reach, store, watch
from services.desk.__main__ import SERVICE
from services.desk.contracts import TaskKind
from services.desk.events import TaskEscalated
from services.desk.handlers import hand_up_checks
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.service import Part
from services.shared.settings import Settings
from services.shared.temporal import connect
from services.shared.types import stable_id
from tests.desk.office import ASKER, MONDAY, REQUEST, Office, person, task
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines
SEEN_SECONDS = 20

PAYEE = stable_id("payee", "new")
CHECK, MEND = stable_id("check-payee", PAYEE), stable_id("mend-request", REQUEST)
CONTROLLER = person("Cor", Role.CONTROLLER)
BY_CHANCE_CONTROLLER = Actor(person=ASKER, roles=frozenset({Role.CONTROLLER}), programmes=frozenset({task().programme}))


async def make(office: Office, *, urgent: bool = False) -> None:
    event = PayeeProposalMade(
        payee_id=PAYEE,
        request_id=REQUEST,
        trajectory_id=task().subject_id,
        programme=task().programme,
        proposed_by=ASKER,
        urgent=urgent,
    )
    async with office.database.transaction() as tx:
        await bus.on_payee_proposal_made(tx, event, now=MONDAY)


async def answer(office: Office, said: ProposalAnswer) -> None:
    event = PayeeProposalAnswered(
        payee_id=PAYEE,
        request_id=REQUEST,
        trajectory_id=task().subject_id,
        family_id=stable_id("family", 1),
        programme=task().programme,
        proposed_by=ASKER,
        answer=said,
    )
    async with office.database.transaction() as tx:
        await bus.on_payee_proposal_answered(tx, event, now=MONDAY)


async def sees(office: Office, actor: Actor) -> store.Task | None:
    async with office.database.transaction() as tx:
        return await reach.seen_task(tx, CHECK, actor)


async def test_a_controller_finds_it_on_the_list_and_who_proposed_it_never_does(office: Office) -> None:
    await make(office)
    found = await sees(office, CONTROLLER)
    assert found is not None
    assert (found.kind, found.due_on) == (TaskKind.CHECK_PAYEE, date(2027, 3, 3)), "two working days"
    assert await sees(office, BY_CHANCE_CONTROLLER) is None


async def test_what_has_haste_is_checked_the_same_day(office: Office) -> None:
    await make(office, urgent=True)
    assert (await office.task(CHECK)).due_on == MONDAY.date()


async def test_what_is_registered_closes_the_task_and_asks_nothing_more(office: Office) -> None:
    await make(office)
    await answer(office, ProposalAnswer.REGISTERED)
    assert (await office.task(CHECK)).outcome == "registered"
    assert await office.open_ids() == []


async def test_what_is_refused_is_work_of_who_asked_until_they_have_seen_to_it(office: Office) -> None:
    await make(office)
    await answer(office, ProposalAnswer.REFUSED)
    mend = await office.task(MEND)
    assert (mend.kind, mend.taken_by, mend.subject_id) == (TaskKind.MEND_REQUEST, ASKER, REQUEST)

    async with office.database.transaction() as tx:
        settled = PayeeProposalSettled(payee_id=PAYEE, request_id=REQUEST)
        await bus.on_payee_proposal_settled(tx, settled, now=MONDAY)
    assert await office.open_ids() == []


async def test_what_nobody_checked_in_time_is_handed_up_once_on_the_next_working_day(office: Office) -> None:
    await make(office, urgent=True)
    days = [await handed_up(office, MONDAY + timedelta(days=day)) for day in range(3)]

    assert days == [0, 1, 0], "not on the day itself, and never twice"
    assert [event.role for event in await office.told(TaskEscalated)] == [Role.PROGRAMME_MANAGER]
    found = await office.task(CHECK)
    assert (found.escalated_role, found.roles) == (Role.PROGRAMME_MANAGER, (Role.CONTROLLER,)), "it stays a check"
    async with office.database.transaction() as tx:
        assert await reach.seen_task(tx, CHECK, person("Wim", Role.PROGRAMME_MANAGER)) is not None


async def test_a_check_that_was_done_or_falls_due_in_a_weekend_is_not_handed_up(office: Office) -> None:
    await make(office)
    saturday = MONDAY + timedelta(days=5)
    assert await handed_up(office, saturday) == 0
    await answer(office, ProposalAnswer.REGISTERED)
    assert await handed_up(office, saturday + timedelta(days=2)) == 0


async def test_the_desk_hands_up_late_checks_by_itself(
    office: Office, placeholder_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(office, urgent=True)
    monkeypatch.setattr(watch, "wall_clock", lambda: MONDAY + timedelta(days=1))
    client = await connect(placeholder_settings, lazy=True)
    watching = asyncio.create_task(
        watch.watch_concerns(Part(settings=placeholder_settings, database=office.database, temporal=client))
    )
    async with asyncio.timeout(SEEN_SECONDS):
        while (await office.task(CHECK)).escalated_role is None:
            assert not watching.done()
            await asyncio.sleep(0.05)
    watching.cancel()


async def test_its_task_names_the_payee_and_leads_who_may_check_it_to_the_check(
    office: Office, placeholder_settings: Settings
) -> None:
    await make(office)
    desk = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert desk is not None
    async with signed_in(desk, CONTROLLER) as checks, signed_in(desk, person("Wim", Role.PROGRAMME_MANAGER)) as gives:
        checked = (await checks.get(f"/taken/{CHECK}")).text
        given = await gives.get(f"/taken/{CHECK}")

    assert f'hx-get="/budget/panelen/voorstel/{PAYEE}"' in checked
    assert f'href="/budget/ontvangers/voorstel/{PAYEE}"' in checked
    assert given.status_code == 200
    assert str(PAYEE) not in given.text, "a page that is closed to them"


async def handed_up(office: Office, now: datetime) -> int:
    async with office.database.transaction() as tx:
        return await hand_up_checks(tx, now=now)
