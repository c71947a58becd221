"""Work changes hands openly: who may give it, to whom, and what stays behind in its history."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.desk import colleagues, handlers, store
from services.desk.commands import AssignMany, Assignment, HandOver, MoveAll, Reason, Snooze
from services.desk.contracts import CloseTask, EscalateTask, OpenTask, TaskKind
from services.desk.handlers import Assigned, Change
from services.desk.handlers.assignments import SNOOZE_DAYS_MAX
from services.shared.access import Actor
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.desk.office import AREA, MONDAY, Office, person, question, task

pytestmark = pytest.mark.engines

DAY = timedelta(days=1)
SANNE, SAMIR = person("Sanne", Role.SUPPORTER), person("Samir", Role.SUPPORTER)
TRUUS = person("Truus", Role.TEAM_COORDINATOR)
OMAR = person("Omar", Role.BUDGET_HOLDER)
FAR_AWAY = person("Fenna", Role.SUPPORTER, areas=frozenset({"elders"}), team="team-zuid")
BUSY = Reason.TOO_BUSY


def some(number: int, kind: TaskKind = TaskKind.MAKE_PLAN, **changes: object) -> OpenTask:
    """The task of one family among many."""
    named: dict[str, object] = {
        "task_id": stable_id("task", kind, number),
        "subject_id": stable_id("trajectory", number),
        "family_id": stable_id("family", number),
    }
    return task(kind, **(named | changes))


async def meet(office: Office, *people: Actor, now: datetime = MONDAY) -> None:
    async with office.database.transaction() as tx:
        for each in people:
            await colleagues.welcome(tx, each, now=now)


@pytest.mark.parametrize(
    ("spoke", "has_it"), [(SANNE, True), (FAR_AWAY, False), (TRUUS, False)], ids=["may", "out of reach", "another role"]
)
async def test_an_intake_is_of_who_spoke_with_the_family_if_they_may_do_it(
    office: Office, spoke: Actor, has_it: bool
) -> None:
    await meet(office, SANNE, FAR_AWAY, TRUUS)
    intake = task(TaskKind.DO_INTAKE, family_id=None, meant_for=spoke.person)
    await office.open(intake, team=None)

    assert (await office.task(intake.task_id)).taken_by == (spoke.person if has_it else None)


async def takes(office: Office, actor: Actor, *tasks: OpenTask, now: datetime = MONDAY) -> Sequence[Assigned]:
    async with office.database.transaction() as tx:
        chosen = AssignMany(task_ids=tuple(each.task_id for each in tasks), assignment=Assignment.TAKE)
        return await handlers.assign_many(tx, chosen, now=now, actor=actor)


async def hands(
    office: Office, actor: Actor, given: OpenTask, to: Actor, now: datetime = MONDAY
) -> store.Task | Refused:
    async with office.database.transaction() as tx:
        command = HandOver(task_id=given.task_id, to=to.person, reason=BUSY)
        return await handlers.hand_over(tx, command, now=now, actor=actor)


async def rests(office: Office, actor: Actor, resting: OpenTask, until: date | None) -> store.Task | Refused:
    async with office.database.transaction() as tx:
        command = Snooze(task_id=resting.task_id, until=until)
        return await handlers.snooze_task(tx, command, now=MONDAY, actor=actor)


async def history(office: Office, told: OpenTask) -> list[tuple[Change, object, object]]:
    async with office.database.transaction() as tx:
        changes = await handlers.changes_of(tx, told.task_id)
    return [(change.what, change.person, change.other) for change in reversed(changes)]


async def test_a_task_goes_from_hand_to_hand_and_its_history_tells_how(office: Office) -> None:
    await office.open(task())
    await meet(office, SANNE, SAMIR, TRUUS)
    await takes(office, SANNE, task())
    await hands(office, SANNE, task(), SAMIR)
    async with office.database.transaction() as tx:
        await handlers.release_task(tx, task().task_id, now=MONDAY, actor=SAMIR)
    await hands(office, TRUUS, task(), SANNE)
    async with office.database.transaction() as tx:
        escalation = EscalateTask(task_id=task().task_id, role=Role.TEAM_COORDINATOR)
        await handlers.escalate_task(tx, escalation, now=MONDAY)
        await handlers.close_task(
            tx, CloseTask(subject_id=task().subject_id, kind=None, outcome="done"), now=MONDAY + DAY
        )

    assert await history(office, task()) == [
        (Change.OPENED, None, None),
        (Change.TAKEN, SANNE.person, None),
        (Change.HANDED_OVER, SANNE.person, SAMIR.person),
        (Change.RELEASED, SAMIR.person, SAMIR.person),
        (Change.HANDED_OVER, TRUUS.person, SANNE.person),
        (Change.ESCALATED, None, None),
        (Change.CLOSED, None, None),
    ]


async def test_what_happened_cannot_be_rewritten(office: Office) -> None:
    await office.open(task())

    for statement in ("UPDATE desk.task_change SET what = 'taken'", "DELETE FROM desk.task_change"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with office.database.transaction() as tx:
                await tx.execute(text(statement))


async def test_the_same_again_changes_nothing(office: Office) -> None:
    await office.open(task())
    await meet(office, SANNE, SAMIR)
    for _ in range(2):
        await takes(office, SANNE, task())
    for _ in range(2):
        await hands(office, SANNE, task(), SAMIR)

    assert [what for what, _, _ in await history(office, task())] == [Change.OPENED, Change.TAKEN, Change.HANDED_OVER]


async def test_only_who_has_a_task_or_hands_out_work_there_gives_it_away(office: Office) -> None:
    await office.open(task())
    elsewhere = person("Tineke", Role.TEAM_COORDINATOR, areas=frozenset({"elders"}), team="team-zuid")
    await meet(office, SANNE, SAMIR, TRUUS, elsewhere)
    await takes(office, SANNE, task())

    assert await hands(office, SAMIR, task(), SAMIR) == Refused("not-yours")
    assert await hands(office, elsewhere, task(), SAMIR) == Refused("unknown-task")
    given = await hands(office, TRUUS, task(), SAMIR)
    assert isinstance(given, store.Task)
    assert given.taken_by == SAMIR.person


async def test_work_goes_only_to_who_can_do_it(office: Office) -> None:
    await office.open(task(), question())
    holder, other = person("Hanneke", Role.BUDGET_HOLDER), person("asker", Role.BUDGET_HOLDER)
    unknown = person("Nobody", Role.SUPPORTER)
    await meet(office, SANNE, FAR_AWAY, holder, other)
    asker = Actor(person=stable_id("asker"), roles=other.roles, name="asker", programmes=other.programmes)
    await meet(office, asker)
    await takes(office, SANNE, task())
    await takes(office, holder, question())

    for to in (FAR_AWAY, holder, unknown):
        assert await hands(office, SANNE, task(), to) == Refused("colleague-cannot")
    assert await hands(office, holder, question(), asker) == Refused("colleague-cannot")


async def test_offered_is_exactly_who_would_not_be_refused(office: Office) -> None:
    await office.open(task(), question())
    holder, asker = person("Hanneke", Role.BUDGET_HOLDER), replace(OMAR, person=stable_id("asker"))
    everybody = (SANNE, SAMIR, FAR_AWAY, holder, OMAR, asker)
    await meet(office, TRUUS, *everybody)

    for given in (task(), question()):
        async with office.database.transaction() as tx:
            able = await handlers.able_colleagues(tx, TRUUS, [await office.task(given.task_id)], now=MONDAY)
        taken = [each for each in everybody if isinstance(await hands(office, TRUUS, given, each), store.Task)]
        assert {each.colleague.person for each in able} == {each.person for each in taken}


async def test_of_many_tasks_who_may_do_most_comes_first(office: Office) -> None:
    await office.open(some(1), some(2), some(3, roles=(Role.SUPPORTER, Role.MATCHER)))
    matcher = person("Anne", Role.MATCHER)
    await meet(office, TRUUS, SANNE, matcher)
    tasks = [await office.task(some(number).task_id) for number in (1, 2, 3)]

    async with office.database.transaction() as tx:
        able = await handlers.able_colleagues(tx, TRUUS, tasks, now=MONDAY)

    assert [(each.colleague.person, each.tasks) for each in able] == [(SANNE.person, 3), (matcher.person, 1)]


async def test_many_at_once_each_have_their_own_outcome(office: Office) -> None:
    await office.open(some(1), some(2), some(3))
    await office.open(some(4), area="elders", team="team-zuid")
    await takes(office, SAMIR, some(2))

    outcomes = {each.task_id: each.refused for each in await takes(office, SANNE, *(some(n) for n in (1, 2, 3, 4)))}

    assert outcomes == {
        some(1).task_id: None,
        some(2).task_id: "taken-by-another",
        some(3).task_id: None,
        some(4).task_id: "unknown-task",
    }


async def test_two_who_take_the_same_pile_at_once_share_it_and_nobody_waits_for_ever(office: Office) -> None:
    pile = [some(number) for number in range(12)]
    await office.open(*pile)

    first, second = await asyncio.gather(takes(office, SANNE, *pile), takes(office, SAMIR, *reversed(pile)))

    for_sanne = {each.task_id for each in first if each.refused is None}
    for_samir = {each.task_id for each in second if each.refused is None}
    assert for_sanne | for_samir == {each.task_id for each in pile}
    assert not for_sanne & for_samir


async def test_a_task_rests_until_a_day_but_never_past_its_last_one(office: Office) -> None:
    last = (MONDAY + 20 * DAY).date()
    concern = some(2, kind=TaskKind.SAFETY_CONCERN, roles=(Role.SUPPORTER,))
    await office.open(some(1, fatal_on=last), concern)
    await takes(office, SANNE, some(1), concern)
    today = MONDAY.date()

    assert await rests(office, SAMIR, some(1), last) == Refused("not-yours")
    assert await rests(office, SANNE, some(1), today) == Refused("not-in-the-future")
    assert await rests(office, SANNE, some(1), last + DAY) == Refused("after-the-last-day")
    assert await rests(office, SANNE, concern, today + DAY) == Refused("never-put-off")
    resting = await rests(office, SANNE, some(1), last)
    assert isinstance(resting, store.Task)
    assert resting.snoozed_until == last
    woken = await rests(office, SANNE, some(1), None)
    assert isinstance(woken, store.Task)
    assert woken.snoozed_until is None


async def test_without_a_last_day_a_task_rests_for_two_months_at_most(office: Office) -> None:
    await office.open(task())
    await takes(office, SANNE, task())
    farthest = MONDAY.date() + timedelta(days=SNOOZE_DAYS_MAX)

    assert await rests(office, SANNE, task(), farthest + DAY) == Refused("too-far-away")
    assert isinstance(await rests(office, SANNE, task(), farthest), store.Task)


async def test_whoever_is_handed_a_resting_task_sees_it_at_once(office: Office) -> None:
    await office.open(task())
    await meet(office, SANNE, SAMIR)
    await takes(office, SANNE, task())
    await rests(office, SANNE, task(), MONDAY.date() + 5 * DAY)
    given = await hands(office, SANNE, task(), SAMIR)

    assert isinstance(given, store.Task)
    assert given.snoozed_until is None


async def test_what_an_absent_colleague_has_can_be_taken_over(office: Office) -> None:
    await office.open(task())
    await meet(office, SANNE, SAMIR)
    await takes(office, SAMIR, task())
    still_there, gone = MONDAY + 7 * DAY, MONDAY + 8 * DAY

    [refused] = await takes(office, SANNE, task(), now=still_there)
    assert refused.refused == "taken-by-another"
    [taken] = await takes(office, SANNE, task(), now=gone)
    assert taken.refused is None
    assert (Change.TAKEN, SANNE.person, SAMIR.person) in await history(office, task())


async def test_a_coordinator_moves_everything_of_who_left_in_one_go(office: Office) -> None:
    mine = [some(number) for number in (1, 2, 3)]
    decided = some(5, kind=TaskKind.DECIDE_REQUEST, roles=(Role.BUDGET_HOLDER, Role.SUPPORTER))
    far = some(9)
    await office.open(*mine, decided)
    await office.open(far, area="elders", team=None)
    samir = person("Samir", Role.SUPPORTER, areas=frozenset({AREA, "elders"}))
    await meet(office, SANNE, samir, TRUUS)
    await takes(office, samir, *mine, decided, far)
    async with office.database.transaction() as tx:
        assert await colleagues.part_from(tx, SAMIR.person, now=MONDAY)
        command = MoveAll(person=SAMIR.person, to=SANNE.person, reason=Reason.LEFT)
        assert await handlers.move_all(tx, command, now=MONDAY, actor=SANNE) == []
        moved = await handlers.move_all(tx, command, now=MONDAY, actor=TRUUS)

    assert {each.task_id for each in moved if each.refused is None} == {each.task_id for each in (*mine, decided)}
    for each in mine:
        assert (await office.task(each.task_id)).taken_by == SANNE.person
    assert (await office.task(far.task_id)).taken_by == SAMIR.person


async def test_who_left_gets_no_work(office: Office) -> None:
    await office.open(task())
    await meet(office, SANNE, SAMIR)
    await takes(office, SANNE, task())
    async with office.database.transaction() as tx:
        await colleagues.part_from(tx, SAMIR.person, now=MONDAY)
        offered = await colleagues.colleagues_of(tx, SANNE, now=MONDAY)

    assert offered == []
    assert await hands(office, SANNE, task(), SAMIR) == Refused("colleague-cannot")


async def test_who_is_in_no_team_is_offered_colleagues_by_name(office: Office) -> None:
    await meet(office, SANNE, SAMIR)
    async with office.database.transaction() as tx:
        offered = await colleagues.colleagues_of(tx, replace(TRUUS, team=None), now=MONDAY)

    assert [each.person for each in offered] == [SAMIR.person, SANNE.person]
