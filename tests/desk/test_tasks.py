"""Tasks are opened and closed once, whoever asks, and nobody takes what another has."""

import asyncio
from datetime import timedelta

import pytest

from services.desk import bus, handlers, store
from services.desk.commands import CompleteTask, ReportSafetyConcern
from services.desk.contracts import CloseTask, EscalateTask, TaskKind
from services.desk.events import TaskClosed, TaskEscalated, TaskOpened
from services.plans.events import ReviewHeld, TrajectoryClosed, TrajectoryOutcome
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.desk.office import ASKER, COLLEAGUE, HOLDER, MONDAY, REQUEST, TRAJECTORY, Office, person, question, task

pytestmark = pytest.mark.engines

DAY = timedelta(days=1)


def review_held() -> ReviewHeld:
    return ReviewHeld(
        trajectory_id=TRAJECTORY, review_id=stable_id("r"), ready_to_let_go=False, goals_open=1, goals_reached=0
    )


async def test_the_same_task_twice_is_one_task_also_at_once(office: Office) -> None:
    counts = await asyncio.gather(*(office.open(task()) for _ in range(4)))

    assert sorted(counts) == [0, 0, 0, 1]
    assert len(await office.told(TaskOpened)) == 1


async def test_a_closed_task_is_not_opened_again_by_a_late_repeat(office: Office) -> None:
    await office.open(task())
    async with office.database.transaction() as tx:
        command = CloseTask(subject_id=TRAJECTORY, kind=TaskKind.MAKE_PLAN, outcome="done")
        assert (await handlers.close_task(tx, command, now=MONDAY)).count == 1
        assert (await handlers.close_task(tx, command, now=MONDAY)).count == 0

    assert await office.open(task()) == 0
    assert await office.open_ids() == []


async def test_closing_says_whether_it_was_late(office: Office) -> None:
    await office.open(task(), task(TaskKind.HOLD_REVIEW, due_on=(MONDAY - DAY).date()))
    async with office.database.transaction() as tx:
        await handlers.close_task(tx, CloseTask(subject_id=TRAJECTORY, kind=None, outcome="done"), now=MONDAY)

    assert {event.kind: event.late for event in await office.told(TaskClosed)} == {
        "make-plan": False,
        "hold-review": True,
    }


async def test_a_review_that_was_held_closes_its_task_but_not_the_next_one(office: Office) -> None:
    first = task(TaskKind.HOLD_REVIEW)
    following = task(TaskKind.HOLD_REVIEW, task_id=stable_id("following"), number=2)
    await office.open(first, task())
    await office.open(following, now=MONDAY + 3 * DAY)
    async with office.database.transaction() as tx:
        await bus.on_review_held(tx, review_held(), MONDAY + DAY)

    assert set(await office.open_ids()) == {following.task_id, task().task_id}
    [closed] = await office.told(TaskClosed)
    assert (closed.task_id, closed.outcome) == (first.task_id, "done")


async def test_a_closed_trajectory_leaves_no_task_but_a_safety_concern_stays(office: Office) -> None:
    await office.open(task(), task(TaskKind.HOLD_REVIEW), question())
    concern = ReportSafetyConcern(
        concern_id=stable_id("concern"), programme="kansrijk-emmen", family_id=stable_id("family")
    )
    closed = TrajectoryClosed(
        trajectory_id=TRAJECTORY,
        family_id=stable_id("family"),
        programme="kansrijk-emmen",
        outcome=TrajectoryOutcome.STOPPED,
        reason="family-stops",
        closed_on=MONDAY.date(),
    )
    async with office.database.transaction() as tx:
        safety = await handlers.report_safety_concern(tx, concern, now=MONDAY, by=ASKER)
        assert await handlers.report_safety_concern(tx, concern, now=MONDAY, by=ASKER) == safety
        await bus.on_trajectory_closed(tx, closed, MONDAY)

    assert set(await office.open_ids()) == {safety, question().task_id}
    assert (await office.task(safety)).due_on == MONDAY.date()


async def test_a_safety_concern_is_finished_by_a_person_who_may(office: Office) -> None:
    concern = ReportSafetyConcern(
        concern_id=stable_id("concern"), programme="kansrijk-emmen", family_id=stable_id("family")
    )
    async with office.database.transaction() as tx:
        task_id = await handlers.report_safety_concern(tx, concern, now=MONDAY, by=ASKER)
        command = CompleteTask(task_id=task_id, outcome="looked-after")
        assert await handlers.complete_task(tx, command, now=MONDAY, actor=COLLEAGUE) == Refused("not-in-role")
        coordinator = person("Teun", Role.TEAM_COORDINATOR)
        finished = await handlers.complete_task(tx, command, now=MONDAY + 2 * DAY, actor=coordinator)

    assert isinstance(finished, store.Task)
    assert (finished.outcome, finished.late) == ("looked-after", True)


async def test_work_that_another_service_tells_of_is_not_ticked_off_by_hand(office: Office) -> None:
    await office.open(task())
    async with office.database.transaction() as tx:
        command = CompleteTask(task_id=task().task_id, outcome="done")
        refused = await handlers.complete_task(tx, command, now=MONDAY, actor=COLLEAGUE)

    assert refused == Refused("finished-elsewhere")


async def test_escalation_lets_one_role_more_take_it_once(office: Office) -> None:
    await office.open(question())
    command = EscalateTask(task_id=question().task_id, role=Role.PROGRAMME_MANAGER)
    async with office.database.transaction() as tx:
        assert (await handlers.escalate_task(tx, command, now=MONDAY)).count == 1
        assert (await handlers.escalate_task(tx, command, now=MONDAY)).count == 0

    escalated = await office.task(question().task_id)
    assert escalated.roles == (Role.BUDGET_HOLDER, Role.PROGRAMME_MANAGER)
    assert len(await office.told(TaskEscalated)) == 1


async def test_of_two_who_take_a_task_at_once_one_has_it(office: Office) -> None:
    await office.open(task())
    people = [person(name, Role.SUPPORTER) for name in ("Sanne", "Samir")]

    async def take(number: int) -> store.Task | Refused:
        async with office.database.transaction() as tx:
            return await handlers.take_task(tx, task().task_id, now=MONDAY, actor=people[number])

    answers = await asyncio.gather(take(0), take(1))

    assert [answer for answer in answers if isinstance(answer, Refused)] == [Refused("taken-by-another")]


async def test_only_who_took_a_task_gives_it_back(office: Office) -> None:
    await office.open(task())
    async with office.database.transaction() as tx:
        await handlers.take_task(tx, task().task_id, now=MONDAY, actor=COLLEAGUE)
        stranger = person("Sanne", Role.SUPPORTER)
        assert await handlers.release_task(tx, task().task_id, now=MONDAY, actor=stranger) == Refused("not-yours")
        released = await handlers.release_task(tx, task().task_id, now=MONDAY, actor=COLLEAGUE)

    assert isinstance(released, store.Task)
    assert released.taken_by is None


async def test_the_worklist_shows_what_is_due_first_and_only_what_one_may_take(office: Office) -> None:
    later = task(TaskKind.HOLD_REVIEW, due_on=(MONDAY + 30 * DAY).date())
    await office.open(later, task(), question())
    asker = person("asker", Role.BUDGET_HOLDER)
    async with office.database.transaction() as tx:
        mine = await store.open_tasks(tx, roles=COLLEAGUE.roles, person=COLLEAGUE.person)
        theirs = await store.open_tasks(tx, roles=HOLDER.roles, person=HOLDER.person)
        kept_from = await store.open_tasks(tx, roles=asker.roles, person=ASKER)

    assert [each.id for each in mine] == [task().task_id, later.task_id]
    assert [each.subject_id for each in theirs] == [REQUEST]
    assert kept_from == []
