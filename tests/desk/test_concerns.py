"""A concern about safety is heard: by who is called at once, by a wider circle when they do not answer, and once."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from deploy.local.programs import ROOT
from services.desk import concern_view, handlers, store
from services.desk.__main__ import SERVICE
from services.desk.colleagues import colleague, welcome
from services.desk.commands import ReportSafetyConcern, SetStandIn
from services.desk.contracts import TaskKind, concern_task_id
from services.desk.events import TaskEscalated, TaskOpened
from services.desk.handlers.changes import Change, changes_of
from services.desk.handlers.concerns import ALARM_AFTER, called, nobody_there, sound_alarms
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import MONDAY, Office, person, task

pytestmark = pytest.mark.engines

TRUUS = person("Truus", Role.TEAM_COORDINATOR)
ELSEWHERE = person("Ella", Role.TEAM_COORDINATOR, areas=frozenset({"elders"}), team="team-zuid")
WIM = person("Wim", Role.PROGRAMME_MANAGER)
JOOST = person("Joost", Role.ADMINISTRATOR)
BEA = person("Bea", Role.BUDDY)
SUNDAY_NIGHT = datetime(2027, 3, 7, 2, 30, tzinfo=UTC)
CONCERN = stable_id("concern")
TASK = concern_task_id(CONCERN)
SECOND = timedelta(seconds=1)
SEEN_SECONDS = 60


@pytest.fixture
async def people(office: Office) -> Callable[..., Awaitable[None]]:
    """`people(TRUUS, WIM)`: they were here today; and a family in their area is known."""

    async def here(*actors: Actor, now: datetime = MONDAY) -> None:
        async with office.database.transaction() as tx:
            for each in actors:
                await welcome(tx, each, now=now)

    await office.place(task())
    return here


async def reported(office: Office, *, now: datetime = MONDAY, by: Actor = BEA) -> store.Task:
    command = ReportSafetyConcern(concern_id=CONCERN, programme="kansrijk-emmen", family_id=stable_id("family"))
    async with office.database.transaction() as tx:
        await handlers.report_safety_concern(tx, command, now=now, by=by.person)
    return await office.task(TASK)


async def alarms(office: Office, *, now: datetime) -> int:
    async with office.database.transaction() as tx:
        return await sound_alarms(tx, now=now)


async def names_called(office: Office, *, now: datetime = MONDAY) -> list[str]:
    concern = await office.task(TASK)
    async with office.database.transaction() as tx:
        return [each.name for each in await called(tx, concern, now=now)]


async def takes(office: Office, actor: Actor, *, now: datetime) -> store.Task | Refused:
    async with office.database.transaction() as tx:
        return await handlers.take_task(tx, TASK, now=now, actor=actor)


async def banner(office: Office, actor: Actor, *, now: datetime) -> list[tuple[str, bool]]:
    async with office.database.transaction() as tx:
        return [(each.reported_by, each.alarm) for each in await concern_view.waiting_for(tx, actor, now=now)]


async def test_a_concern_is_one_task_at_once_for_the_coordinators_of_that_family_and_says_who_reported_it(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, ELSEWHERE, WIM, BEA)
    await asyncio.gather(reported(office), reported(office))

    assert await names_called(office) == ["Truus"]
    assert await banner(office, TRUUS, now=MONDAY) == [("Bea", False)]
    assert await banner(office, ELSEWHERE, now=MONDAY) == []
    assert await banner(office, WIM, now=MONDAY) == [], "the wider circle is called when the first does not answer"
    assert len(await office.told(TaskOpened)) == 1
    async with office.database.transaction() as tx:
        [opened] = await changes_of(tx, TASK)
    assert (opened.what, opened.person) == (Change.OPENED, BEA.person)


async def test_an_alarm_goes_off_after_an_hour_once_however_many_look(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM, BEA)
    await reported(office)
    assert await alarms(office, now=MONDAY + ALARM_AFTER - SECOND) == 0

    sounded = await asyncio.gather(*(alarms(office, now=MONDAY + ALARM_AFTER) for _ in range(4)))
    assert sum(sounded) == 1
    assert await alarms(office, now=MONDAY + 3 * ALARM_AFTER) == 0
    assert [event.role for event in await office.told(TaskEscalated)] == [Role.PROGRAMME_MANAGER]
    assert await names_called(office) == ["Truus", "Wim"]
    for each in (TRUUS, WIM):
        assert await banner(office, each, now=MONDAY + ALARM_AFTER) == [("Bea", True)]


async def test_it_counts_in_hours_also_on_a_sunday_night(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM)
    await reported(office, now=SUNDAY_NIGHT)
    assert await alarms(office, now=SUNDAY_NIGHT + ALARM_AFTER) == 1


async def test_what_had_to_go_off_while_nothing_ran_goes_off_once_when_it_is_back(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM)
    await reported(office)
    late = MONDAY + timedelta(hours=9)
    assert await banner(office, WIM, now=late) == [("", True)], "shown by the time alone"
    with pytest.raises(ZeroDivisionError):
        await _killed_before_it_committed(office, now=late)
    assert await office.told(TaskEscalated) == []

    assert await alarms(office, now=late) == 1
    assert len(await office.told(TaskEscalated)) == 1


async def test_who_takes_it_up_just_before_stops_the_alarm(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM, BEA)
    await reported(office)
    async with office.database.transaction() as tx:
        assert isinstance(
            await handlers.take_task(tx, TASK, now=MONDAY + ALARM_AFTER - SECOND, actor=TRUUS), store.Task
        )
        assert await alarms(office, now=MONDAY + ALARM_AFTER) == 0, "while it is being taken up, nothing goes off"
    assert await alarms(office, now=MONDAY + ALARM_AFTER) == 0
    assert await banner(office, TRUUS, now=MONDAY + ALARM_AFTER) == []


async def test_given_back_after_the_alarm_it_rings_again_for_everybody(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM, BEA)
    await reported(office)
    late = MONDAY + ALARM_AFTER
    await alarms(office, now=late)
    await takes(office, WIM, now=late)
    assert await banner(office, TRUUS, now=late) == []
    async with office.database.transaction() as tx:
        await handlers.release_task(tx, TASK, now=late, actor=WIM)
    assert await banner(office, TRUUS, now=late) == [("Bea", True)]


async def test_what_somebody_took_who_works_here_no_more_is_nobodys(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, WIM)
    await reported(office)
    await takes(office, TRUUS, now=MONDAY)
    async with office.database.transaction() as tx:
        await tx.execute(update(colleague).where(colleague.c.person == TRUUS.person).values(left_on=MONDAY.date()))
    assert await alarms(office, now=MONDAY + SECOND) == 1
    assert await names_called(office) == ["Wim"]


@pytest.mark.parametrize("why", ["nobody has the role", "long gone", "somebody stands in"])
async def test_without_a_coordinator_the_wider_circle_is_called_at_once(
    office: Office, people: Callable[..., Awaitable[None]], why: str
) -> None:
    await people(WIM)
    if why != "nobody has the role":
        await people(TRUUS, now=MONDAY - timedelta(days=30) if why == "long gone" else MONDAY)
    if why == "somebody stands in":
        command = SetStandIn(
            stand_in_id=stable_id("leave"), stand_in=WIM.person, from_on=MONDAY.date(), until_on=MONDAY.date()
        )
        async with office.database.transaction() as tx:
            await handlers.set_stand_in(tx, command, now=MONDAY, actor=TRUUS)
    await reported(office)

    assert await alarms(office, now=MONDAY + SECOND) == 1
    assert await names_called(office) == ["Wim"]


async def test_where_nobody_may_take_it_up_that_is_noticed_and_told(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(ELSEWHERE, BEA)
    await reported(office)
    await alarms(office, now=MONDAY + SECOND)
    async with office.database.transaction() as tx:
        assert await nobody_there(tx, now=MONDAY) == 1
        standing = await concern_view.standing(tx, CONCERN, BEA, now=MONDAY)
    assert standing is not None
    assert list(standing.called) == []

    await people(JOOST)
    async with office.database.transaction() as tx:
        assert await nobody_there(tx, now=MONDAY) == 0, "an administrator can put it right, and is called"
    assert await names_called(office) == ["Joost"]
    assert isinstance(await takes(office, JOOST, now=MONDAY), store.Task)


async def test_only_who_reported_it_or_may_take_it_hears_what_became_of_it(
    office: Office, people: Callable[..., Awaitable[None]]
) -> None:
    await people(TRUUS, ELSEWHERE, BEA)
    await reported(office)

    async def stands(actor: Actor) -> concern_view.Standing | None:
        async with office.database.transaction() as tx:
            return await concern_view.standing(tx, CONCERN, actor, now=MONDAY)

    assert (await stands(ELSEWHERE), await stands(person("Karim", Role.SUPPORTER))) == (None, None)
    before = await stands(BEA)
    await takes(office, TRUUS, now=MONDAY)
    after = await stands(BEA)
    assert before is not None
    assert after is not None
    assert (before.taken_by, list(before.called)) == (None, ["Truus"])
    assert (after.taken_by, list(after.called)) == ("Truus", [])


async def test_the_desk_sounds_alarms_by_itself_without_broker_and_without_temporal(
    migrated_settings: Callable[..., Settings],
) -> None:
    """Neither listens at its address. The first process is killed after an alarm; the second sounds what is new."""
    settings = migrated_settings("desk")
    database = SERVICE.database(settings)
    try:
        old = [concern_task_id(stable_id("old concern", number)) for number in (1, 2)]
        for task_id in old:
            await _an_old_concern(database, task_id)
            process = await _starts(settings)
            try:
                async with asyncio.timeout(SEEN_SECONDS):
                    while task_id not in await _escalations(database):
                        assert process.returncode is None
                        await asyncio.sleep(0.1)
            finally:
                process.kill()
                await process.wait()
        assert sorted(await _escalations(database)) == sorted(old)
    finally:
        await database.close()


async def _killed_before_it_committed(office: Office, *, now: datetime) -> None:
    async with office.database.transaction() as tx:
        assert await sound_alarms(tx, now=now) == 1
        raise ZeroDivisionError


async def _an_old_concern(database: Database, task_id: UUID) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=2)
    async with database.transaction() as tx:
        await tx.execute(
            insert(store.task).values(
                id=task_id,
                kind=TaskKind.SAFETY_CONCERN,
                programme="kansrijk-emmen",
                subject_id=task_id,
                family_id=stable_id("family"),
                roles=[Role.TEAM_COORDINATOR, Role.PROGRAMME_MANAGER],
                excluded=[],
                due_on=hours_ago.date(),
                number=1,
                opened_at=hours_ago,
            )
        )


async def _escalations(database: Database) -> list[UUID]:
    async with database.transaction() as tx:
        query = select(store.task_change.c.task_id).where(store.task_change.c.what == Change.ESCALATED)
        return list((await tx.execute(query)).scalars())


async def _starts(settings: Settings) -> asyncio.subprocess.Process:
    given = {
        "KANSEN_HOME": str(settings.home),
        "KANSEN_SECRET": settings.secret.get_secret_value(),
        "KANSEN_DATABASE_URL": settings.database_url.get_secret_value(),
        "KANSEN_RABBITMQ_URL": settings.rabbitmq_url.get_secret_value(),
        "KANSEN_TEMPORAL_ADDRESS": settings.temporal_address,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.desk"), cwd=ROOT, env=kept | given, stdout=asyncio.subprocess.DEVNULL
    )
