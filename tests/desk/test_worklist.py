"""The worklist: what is pressing on top, counted as it is listed, page by page, and nothing of others' families."""

from datetime import datetime, timedelta

import pytest

from services.budget.events import SpendingRequestDecided, SpendingRequestSubmitted, Verdict
from services.desk import bus, colleagues, handlers, worklist
from services.desk.commands import SaveSearch, Snooze, Whose
from services.desk.contracts import EscalateTask, OpenTask, OpenTasks, TaskKind
from services.desk.due import DueWithin
from services.desk.following import Place, news_for, place_now
from services.desk.handlers.searches import SEARCHES_MAX
from services.desk.worklist import Cursor, Wanted
from services.intake.events import IntakeCompleted, SignalClosed, SignalReceived
from services.shared.access import Actor
from services.shared.events import Event
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.desk.office import AREA, ASKER, MONDAY, REQUEST, TRAJECTORY, Office, person, question
from tests.desk.test_assignments import meet, some, takes
from tests.hearing import hears

pytestmark = pytest.mark.engines

DAY = timedelta(days=1)
SANNE, SAMIR = person("Sanne", Role.SUPPORTER), person("Samir", Role.SUPPORTER)
TRUUS = person("Truus", Role.TEAM_COORDINATOR)
TODAY = MONDAY.date()
EVERYTHING = Wanted(whose=Whose.TEAM)
CALLED = stable_id("signal", "called")


async def shown(office: Office, actor: Actor, wanted: Wanted = EVERYTHING, now: datetime = MONDAY) -> list[object]:
    async with office.database.transaction() as tx:
        listed = await worklist.listed(tx, actor, wanted, now=now)
        counted = await worklist.counts(tx, actor, wanted, now=now)
    assert counted[wanted.whose] == len(listed.items), "what is counted is what is listed"
    return [item.task.id for item in listed.items]


def ids(*tasks: OpenTask) -> list[object]:
    return [each.task_id for each in tasks]


async def test_danger_comes_first_then_what_presses_then_what_is_due(office: Office) -> None:
    late, later = some(1, due_on=TODAY - 9 * DAY), some(2, due_on=TODAY + 9 * DAY)
    ending = some(3, due_on=TODAY + 20 * DAY, fatal_on=TODAY + 7 * DAY)
    handed_up = some(4, due_on=TODAY + 5 * DAY)
    danger = some(5, kind=TaskKind.SAFETY_CONCERN, due_on=TODAY + DAY)
    await office.open(late, later, ending, handed_up, danger)
    async with office.database.transaction() as tx:
        escalation = EscalateTask(task_id=handed_up.task_id, role=Role.TEAM_COORDINATOR)
        await handlers.escalate_task(tx, escalation, now=MONDAY)

    assert await shown(office, SANNE) == ids(danger, handed_up, ending, late, later)


async def met_with(office: Office, task: OpenTask, *needs: str) -> None:
    """Somebody met the family of a task at the library."""
    where = {"programme": task.programme, "programme_version": 1, "area": AREA, "channel": "library"}
    await hears(
        office.database, bus.consumer, SignalReceived(signal_id=task.subject_id, needs=needs, **where), now=MONDAY
    )


async def test_what_cannot_wait_comes_before_what_is_due_and_after_what_presses(office: Office) -> None:
    late, ending = some(1, due_on=TODAY - 9 * DAY), some(2, due_on=TODAY + 20 * DAY, fatal_on=TODAY - DAY)
    to_call = some(3, kind=TaskKind.CONTACT_FAMILY, due_on=TODAY + 5 * DAY, family_id=None)
    to_call_too = some(4, kind=TaskKind.CONTACT_FAMILY, due_on=TODAY, family_id=None)
    await met_with(office, to_call, "food")
    await office.open(late, ending, to_call, to_call_too)
    await met_with(office, to_call_too)

    assert await shown(office, SANNE) == ids(ending, to_call, late, to_call_too)


@pytest.mark.parametrize(
    "settled",
    [
        SignalClosed(signal_id=CALLED, programme=question().programme, reason="refused"),
        IntakeCompleted(
            signal_id=CALLED,
            family_id=stable_id("family", "called"),
            programme=question().programme,
            children=1,
            expected_births=0,
            returning=False,
        ),
    ],
    ids=["nobody needs it", "it is in the intake"],
)
async def test_what_is_settled_waits_for_its_day_again(office: Office, settled: Event) -> None:
    urgent = some(3, kind=TaskKind.CONTACT_FAMILY, due_on=TODAY + 5 * DAY, family_id=None, subject_id=CALLED)
    late = some(1, due_on=TODAY - DAY)
    await met_with(office, urgent, "food")
    await office.open(late, urgent, now=MONDAY + DAY)
    assert await shown(office, SANNE) == ids(urgent, late)

    # Of what is asked again on a later day nobody said that it cannot wait.
    await hears(office.database, bus.consumer, settled, now=MONDAY)
    assert await shown(office, SANNE) == ids(late, urgent)


async def test_a_request_with_haste_comes_first_until_it_is_decided(office: Office) -> None:
    holder = person("Hanneke", Role.BUDGET_HOLDER)
    earlier = question(task_id=stable_id("other"), subject_id=stable_id("other"), due_on=TODAY)
    asked = {"request_id": REQUEST, "trajectory_id": TRAJECTORY, "programme": earlier.programme, "category": "bicycle"}
    amount = {"amount_cents": 1_000, "urgent": True}
    await office.open(question(), earlier)
    submitted = SpendingRequestSubmitted(
        **asked, **amount, family_id=stable_id("family"), programme_version=1, asked_by=ASKER
    )
    await hears(office.database, bus.consumer, submitted, now=MONDAY)
    assert await shown(office, holder) == ids(question(), earlier)

    decided = SpendingRequestDecided(**asked, **amount, verdict=Verdict.APPROVED, reason="fits", deciders=())
    await hears(office.database, bus.consumer, decided, now=MONDAY - DAY)
    assert await shown(office, holder) == ids(earlier, question())


async def test_page_after_page_shows_everything_once(office: Office) -> None:
    pile = [some(number, due_on=TODAY + (number % 3) * DAY) for number in range(7)]
    await office.open(*pile)
    # The first page ends between what cannot wait and what waits for its day.
    for urgent in (pile[2], pile[4], pile[5]):
        await met_with(office, urgent, "food")
    seen: list[object] = []
    after: Cursor | None = None
    async with office.database.transaction() as tx:
        for _ in range(10):
            listed = await worklist.listed(tx, SANNE, Wanted(whose=Whose.TEAM), now=MONDAY, after=after, limit=3)
            seen += [item.task.id for item in listed.items]
            after = listed.following
            if after is None:
                break
            assert Cursor.read(str(after)) == after

    assert after is None
    assert seen[:3] == ids(pile[4], *sorted((pile[2], pile[5]), key=lambda each: str(each.task_id)))
    assert (len(seen), set(seen)) == (7, set(ids(*pile)))


async def test_somebody_narrows_the_list_to_what_they_look_for(office: Office) -> None:
    plan, review = some(1), some(2, kind=TaskKind.HOLD_REVIEW, due_on=TODAY)
    late = some(3, kind=TaskKind.HOLD_REVIEW, due_on=TODAY - DAY, programme="kansrijk-dorp")
    await office.open(plan, review, late)
    await office.open(some(4, due_on=TODAY + 30 * DAY), area="elders")

    async def found(**wanted: object) -> set[object]:
        return set(await shown(office, SANNE, Wanted(whose=Whose.TEAM, **wanted)))  # type: ignore[arg-type]  # codes

    assert await found(kind=TaskKind.HOLD_REVIEW) == set(ids(review, late))
    assert await found(programme="kansrijk-dorp") == set(ids(late))
    assert await found(area="elders") == {some(4).task_id}
    assert await found(due=DueWithin.LATE) == set(ids(late))
    assert await found(due=DueWithin.TODAY) == set(ids(review))
    assert await found(due=DueWithin.WEEK) == set(ids(review, late))
    assert await found(area=AREA, kind=TaskKind.MAKE_PLAN) == set(ids(plan))


async def test_nobody_finds_work_for_families_out_of_reach(office: Office) -> None:
    away = person("Fenna", Role.SUPPORTER, areas=frozenset({"elders"}), team="team-zuid")
    other_programme = person("Pim", Role.PROGRAMME_MANAGER, programmes=frozenset({"elders"}))
    await office.open(some(1), question())

    for stranger in (away, other_programme, person("Hugo", Role.OUTREACH_WORKER)):
        assert await shown(office, stranger) == []
        async with office.database.transaction() as tx:
            assert await worklist.seen_task(tx, stranger, some(1).task_id, now=MONDAY) is None
    # Who hands out work in the area sees also what they cannot do themselves.
    assert set(await shown(office, TRUUS)) == set(ids(some(1), question()))


async def test_what_rests_is_out_of_the_way_until_its_day(office: Office) -> None:
    await office.open(some(1))
    await takes(office, SANNE, some(1))
    async with office.database.transaction() as tx:
        command = Snooze(task_id=some(1).task_id, until=TODAY + 3 * DAY)
        await handlers.snooze_task(tx, command, now=MONDAY, actor=SANNE)

    mine, resting = Wanted(whose=Whose.MINE), Wanted(whose=Whose.SNOOZED)
    assert (await shown(office, SANNE, mine), await shown(office, SANNE, resting)) == ([], ids(some(1)))
    back = MONDAY + 3 * DAY
    assert (await shown(office, SANNE, mine, back), await shown(office, SANNE, resting, back)) == (ids(some(1)), [])


async def test_work_of_who_is_not_there_lies_with_nobody_and_says_whose_it_was(office: Office) -> None:
    await office.open(some(1), some(2))
    await meet(office, SANNE, SAMIR, TRUUS)
    await takes(office, SAMIR, some(1))
    unassigned = Wanted(whose=Whose.UNASSIGNED)

    assert await shown(office, SANNE, unassigned) == ids(some(2))
    gone = MONDAY + 8 * DAY
    assert set(await shown(office, SANNE, unassigned, gone)) == set(ids(some(1), some(2)))
    async with office.database.transaction() as tx:
        listed = await worklist.listed(tx, SANNE, unassigned, now=gone)
        absent = await worklist.absent_with_work(tx, TRUUS, now=gone)
        not_hers = await worklist.absent_with_work(tx, SANNE, now=gone)
        await colleagues.welcome(tx, SAMIR, now=gone)
    assert {item.task.taken_by: item.from_away for item in listed.items} == {SAMIR.person: True, None: False}
    assert [(each.name, each.tasks) for each in absent] == [("Samir", 1)]
    assert not_hers == []
    assert await shown(office, SANNE, unassigned, gone) == ids(some(2))


async def test_searches_are_kept_for_oneself(office: Office) -> None:
    command = SaveSearch(search_id=stable_id("search"), name="Te laat in Angelslo", area=AREA, due=DueWithin.LATE)
    async with office.database.transaction() as tx:
        for _ in range(2):
            assert await handlers.save_search(tx, command, now=MONDAY, actor=SANNE) == command.search_id
        renewed = command.model_copy(update={"search_id": stable_id("again"), "due": None})
        assert await handlers.save_search(tx, renewed, now=MONDAY, actor=SANNE) == command.search_id
        stolen = command.model_copy(update={"name": "Van mij"})
        assert await handlers.save_search(tx, stolen, now=MONDAY, actor=SAMIR) == Refused("id-already-used")
        assert await handlers.forget_search(tx, command.search_id, actor=SAMIR) == Refused("unknown-search")
        assert [each.due for each in await handlers.searches_of(tx, SANNE)] == [None]
        assert await handlers.searches_of(tx, SAMIR) == []
        assert await handlers.forget_search(tx, command.search_id, actor=SANNE) == command.search_id
        assert await handlers.searches_of(tx, SANNE) == []


async def test_nobody_keeps_more_searches_than_they_can_find_back(office: Office) -> None:
    async with office.database.transaction() as tx:
        for number in range(SEARCHES_MAX + 1):
            command = SaveSearch(search_id=stable_id("search", number), name=f"Zoek {number}")
            kept = await handlers.save_search(tx, command, now=MONDAY, actor=SANNE)

    assert kept == Refused("too-many-searches")


async def news(office: Office, actor: Actor, since: Place) -> tuple[list[object], Place]:
    async with office.database.transaction() as tx:
        told = await news_for(tx, actor, since)
    return sorted(told.tasks, key=str), told.place


async def test_new_work_is_told_once_to_whoever_it_is_for(office: Office) -> None:
    async with office.database.transaction() as tx:
        start = await place_now(tx)
    await office.open(some(1), some(2))
    await office.open(some(3), area="elders", team="team-zuid")
    await meet(office, SANNE, SAMIR)

    told, place = await news(office, SANNE, start)
    assert told == sorted(ids(some(1), some(2)), key=str)
    assert await news(office, SANNE, place) == ([], place)
    await takes(office, SAMIR, some(1), some(2))
    told, place = await news(office, SANNE, place)
    assert told == []
    async with office.database.transaction() as tx:
        await handlers.release_task(tx, some(1).task_id, now=MONDAY, actor=SAMIR)
    assert (await news(office, SANNE, place))[0] == ids(some(1))
    assert (await news(office, SAMIR, place))[0] == [], "what somebody did is no news to them"


async def test_what_commits_late_is_not_passed_over(office: Office) -> None:
    """A line that was written before another, and committed after it."""
    await office.place(some(1), some(2))
    async with office.database.transaction() as tx:
        start = await place_now(tx)
    async with office.database.transaction() as slow:
        await handlers.open_tasks(slow, OpenTasks(tasks=(some(1),)), now=MONDAY)
        await office.open(some(2))
        meanwhile, place = await news(office, SANNE, start)

    assert meanwhile == [], "told in the order in which it was written, or not yet"
    assert (await news(office, SANNE, place))[0] == sorted(ids(some(1), some(2)), key=str)
