"""What a family cannot wait for is on somebody's list until it was asked; what comes to nothing is there again."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI

from services.budget.events import (
    PayeeProposalAnswered,
    PayeeProposalMade,
    PayeeProposalSettled,
    ProposalAnswer,
    SpendingRequestDecided,
    SpendingRequestSubmitted,
    Verdict,
)
from services.desk import bus, handlers, store, worklist
from services.desk.__main__ import SERVICE
from services.desk.colleagues import welcome
from services.desk.commands import CompleteTask, Whose
from services.desk.contracts import TaskKind, urgent_task_id
from services.desk.urgent_store import needs_of
from services.desk.worklist import Wanted
from services.intake.events import FamilyEnrolled, SignalReceived
from services.matching.events import TandemChosen
from services.plans.events import TrajectoryClosed, TrajectoryOutcome
from services.shared.access import Actor
from services.shared.events import Event
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import AREA, MONDAY, TEAM, TRAJECTORY, Office, person, task
from tests.hearing import hears
from tests.screens.people import signed_in

pytestmark = pytest.mark.engines

PROGRAMME = "kansrijk-emmen"
SANNE = person("Sanne", Role.SUPPORTER)
OF_ANOTHER_TEAM = person("Olga", Role.SUPPORTER, team="team-zuid")
CARLA = person("Carla", Role.TEAM_COORDINATOR)
NOOR = person("Noor", Role.OUTREACH_WORKER)
MANAGER = person("Wim", Role.PROGRAMME_MANAGER)
EVERYBODY = (SANNE, OF_ANOTHER_TEAM, CARLA, NOOR, MANAGER)
DAY = timedelta(days=1)
TASK = urgent_task_id(TRAJECTORY)


async def enrol(office: Office, *needs: str, by: Actor | None = None) -> None:
    async with office.database.transaction() as tx:
        for each in EVERYBODY:
            await welcome(tx, each, now=MONDAY)
    met = SignalReceived(
        signal_id=stable_id("signal"), programme=PROGRAMME, programme_version=1, area=AREA, channel="library"
    )
    enrolled = FamilyEnrolled(
        family_id=stable_id("family"),
        trajectory_id=TRAJECTORY,
        signal_id=stable_id("signal"),
        programme=PROGRAMME,
        programme_version=1,
        area=AREA,
        enrolled_on=MONDAY.date(),
        children=1,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
        intake_by=by.person if by else None,
        needs=needs,
    )
    await hear(office, met, enrolled)


async def hear(office: Office, *events: Event) -> None:
    await hears(office.database, bus.consumer, *events, now=MONDAY)


def asked(need: str, *, by: Actor = SANNE, name: str = "first", urgent: bool = True) -> SpendingRequestSubmitted:
    return SpendingRequestSubmitted(
        request_id=stable_id("request", name),
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        programme=PROGRAMME,
        programme_version=1,
        category=need,
        amount_cents=1_000,
        urgent=urgent,
        asked_by=by.person,
    )


def decided(need: str, verdict: Verdict, *, name: str = "first") -> SpendingRequestDecided:
    return SpendingRequestDecided(
        request_id=stable_id("request", name),
        trajectory_id=TRAJECTORY,
        programme=PROGRAMME,
        category=need,
        amount_cents=1_000,
        urgent=True,
        verdict=verdict,
        reason="fits",
        deciders=(),
    )


def proposed(need: str) -> PayeeProposalMade:
    return PayeeProposalMade(
        payee_id=stable_id("payee"),
        request_id=stable_id("request", "first"),
        trajectory_id=TRAJECTORY,
        programme=PROGRAMME,
        proposed_by=SANNE.person,
        urgent=True,
        category=need,
    )


def answered(said: ProposalAnswer) -> PayeeProposalAnswered:
    return PayeeProposalAnswered(
        payee_id=stable_id("payee"),
        request_id=stable_id("request", "first"),
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        programme=PROGRAMME,
        proposed_by=SANNE.person,
        answer=said,
    )


async def asks(office: Office) -> list[store.Task]:
    """The open tasks to ask for what cannot wait."""
    async with office.database.transaction() as tx:
        return [each for each in await store.open_tasks(tx) if each.kind is TaskKind.ASK_URGENT_NEED]


async def listed(office: Office, actor: Actor, whose: Whose) -> list[UUID]:
    async with office.database.transaction() as tx:
        found = await worklist.listed(tx, actor, Wanted(whose=whose), now=MONDAY)
    return [item.task.id for item in found.items]


async def test_whoever_may_ask_in_the_area_finds_it_on_top_before_there_is_a_tandem(office: Office) -> None:
    await enrol(office, "bicycle", "clothing")
    (found,) = await asks(office)
    assert (found.id, found.due_on, found.taken_by) == (TASK, date(2027, 3, 2), None), "the next working day"
    earlier = task(task_id=stable_id("earlier"), subject_id=stable_id("other"), due_on=MONDAY.date())
    await office.open(earlier)
    assert await listed(office, SANNE, Whose.UNASSIGNED) == [TASK, earlier.task_id], "before what is due earlier"
    assert await listed(office, OF_ANOTHER_TEAM, Whose.UNASSIGNED) == [TASK]
    assert TASK in await listed(office, CARLA, Whose.TEAM)
    assert await listed(office, NOOR, Whose.TEAM) == [], "who may not ask money is not asked"


async def test_who_did_the_intake_has_it_when_they_may_ask(office: Office) -> None:
    await enrol(office, "bicycle", by=SANNE)
    assert await listed(office, SANNE, Whose.MINE) == [TASK]


async def test_what_an_outreach_worker_heard_is_for_whoever_may_ask(office: Office) -> None:
    await enrol(office, "bicycle", by=NOOR)
    assert await listed(office, SANNE, Whose.UNASSIGNED) == [TASK]


async def test_a_family_that_can_wait_asks_nothing_of_anybody(office: Office) -> None:
    await enrol(office)
    await hear(office, asked("bicycle"), decided("bicycle", Verdict.REFUSED))
    assert await asks(office) == []


async def test_it_is_done_when_each_need_was_asked_for(office: Office) -> None:
    await enrol(office, "bicycle", "clothing")
    await hear(office, asked("food", name="else"), asked("bicycle", urgent=False))
    assert [each.id for each in await asks(office)] == [TASK]
    await hear(office, asked("clothing", name="second"), decided("bicycle", Verdict.APPROVED))
    assert await asks(office) == []
    assert (await office.task(TASK)).outcome == "asked"


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.WITHDRAWN, Verdict.LAPSED])
async def test_what_came_to_nothing_is_back_with_who_asked(office: Office, verdict: Verdict) -> None:
    await enrol(office, "bicycle")
    await hear(office, asked("bicycle"), decided("bicycle", verdict))
    (again,) = await asks(office)
    assert (again.taken_by, again.due_on) == (SANNE.person, date(2027, 3, 2))
    await hear(office, decided("bicycle", verdict))
    assert len(await asks(office)) == 1, "heard twice is once"
    await hear(office, asked("bicycle", name="another way"))
    assert await asks(office) == []


async def test_a_refusal_asks_nothing_while_something_else_was_asked_for_it(office: Office) -> None:
    await enrol(office, "bicycle")
    await hear(office, asked("bicycle"), asked("bicycle", name="other"), decided("bicycle", Verdict.REFUSED))
    assert await asks(office) == []
    await hear(office, decided("bicycle", Verdict.REFUSED, name="other"))
    assert len(await asks(office)) == 1


async def test_an_organisation_that_is_checked_first_is_asked_too(office: Office) -> None:
    await enrol(office, "bicycle")
    await hear(office, proposed("bicycle"))
    assert await asks(office) == []
    await hear(office, answered(ProposalAnswer.REGISTERED), asked("bicycle"))
    assert await asks(office) == []


async def test_a_proposal_that_is_taken_back_asks_again_and_a_refused_one_once_its_asker_let_it_go(
    office: Office,
) -> None:
    await enrol(office, "bicycle")
    await hear(office, proposed("bicycle"), answered(ProposalAnswer.REFUSED))
    assert await asks(office) == [], "it is with who asked, who mends it"
    settled = PayeeProposalSettled(payee_id=stable_id("payee"), request_id=stable_id("request", "first"))
    await hear(office, settled)
    assert [each.taken_by for each in await asks(office)] == [SANNE.person]


async def test_it_is_settled_by_hand_where_it_needs_no_money_and_stays_so(office: Office) -> None:
    await enrol(office, "bicycle", "clothing", by=SANNE)
    await hear(office, asked("bicycle"))
    command = CompleteTask(task_id=TASK, outcome="arranged-otherwise")
    async with office.database.transaction() as tx:
        assert await handlers.complete_task(tx, command, now=MONDAY, actor=NOOR) == Refused("not-in-role")
        closed = await handlers.complete_task(tx, command, now=MONDAY, actor=SANNE)
    assert isinstance(closed, store.Task)
    assert closed.outcome == "arranged-otherwise"
    await hear(office, decided("bicycle", Verdict.REFUSED))
    async with office.database.transaction() as tx:
        needs = await needs_of(tx, TRAJECTORY)
    assert {each.code: each.is_open for each in needs} == {"bicycle": True, "clothing": False}, "only what was asked"


async def test_once_there_is_a_tandem_its_supporter_has_it(office: Office) -> None:
    await enrol(office, "bicycle", by=OF_ANOTHER_TEAM)
    assert await listed(office, OF_ANOTHER_TEAM, Whose.MINE) == [TASK]
    chosen = TandemChosen(
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        tandem_id=stable_id("tandem"),
        supporter_id=SANNE.person,
        buddy_id=stable_id("buddy"),
        team=TEAM,
    )
    await hear(office, chosen)
    assert await listed(office, SANNE, Whose.MINE) == [TASK]
    assert await listed(office, OF_ANOTHER_TEAM, Whose.TEAM) == [], "who sees the family no more has nothing left of it"


async def test_a_family_that_stops_needs_nothing_any_more(office: Office) -> None:
    await enrol(office, "bicycle", "clothing")
    await hear(office, asked("bicycle"))
    closed = TrajectoryClosed(
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        programme=PROGRAMME,
        outcome=TrajectoryOutcome.STOPPED,
        reason="moved",
        closed_on=MONDAY.date(),
    )
    await hear(office, closed, decided("bicycle", Verdict.LAPSED))
    assert await asks(office) == []


async def test_what_nobody_asked_in_time_is_handed_up(office: Office) -> None:
    await enrol(office, "bicycle")
    async with office.database.transaction() as tx:
        assert await handlers.hand_up_checks(tx, now=MONDAY + DAY) == 0
        assert await handlers.hand_up_checks(tx, now=MONDAY + 2 * DAY) == 1


async def test_a_supporter_reaches_a_family_that_nobody_reached_yet(office: Office) -> None:
    """Who may do an intake may speak with the family first: list and sign-up agree."""
    to_reach = task(TaskKind.CONTACT_FAMILY, family_id=None, roles=(Role.OUTREACH_WORKER,))
    await office.open(to_reach)
    assert await listed(office, SANNE, Whose.UNASSIGNED) == [to_reach.task_id]
    async with office.database.transaction() as tx:
        taken = await handlers.take_task(tx, to_reach.task_id, now=MONDAY, actor=SANNE)
    assert isinstance(taken, store.Task)


@pytest.fixture
async def app(office: Office, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=office.database, clock=lambda: MONDAY)
    assert made is not None
    return made


async def test_the_task_leads_to_the_request_of_each_need_and_is_settled_there(office: Office, app: FastAPI) -> None:
    await enrol(office, "bicycle", "clothing")
    async with signed_in(app, SANNE) as sanne, signed_in(app, MANAGER) as manager:
        page = (await sanne.get(f"/taken/{TASK}")).text
        handed_out = (await manager.get(f"/taken/{TASK}")).text
        assert (await sanne.post(f"/taken/{TASK}/afronden", data={"uitkomst": ""})).status_code == 400
        done = await sanne.post(f"/taken/{TASK}/afronden", data={"uitkomst": "not-needed"})
        told = (await sanne.get(done.headers["location"].removeprefix("/desk"))).text
    for need in ("bicycle", "clothing"):
        assert f"/budget/aanvragen/nieuw/{TRAJECTORY}?spoed=ja&amp;voor={need}" in page
    assert "Hoeft het niet meer?" in page
    assert "/budget/aanvragen" not in handed_out, "who hands out work asks no money"
    assert "Het gezin heeft het niet meer nodig." in told
