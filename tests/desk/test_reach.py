"""Work is judged by the trajectory or the signal that it is of, never by all that a family does; merged or not."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.dialects.postgresql import insert

from services.desk import bus, dossier_store, handlers, reach, store, timeline_bus
from services.desk.commands import AskBack, DeciderAsks
from services.desk.contracts import OpenTask, OpenTasks, TaskKind
from services.desk.pages.rows import trajectories_of
from services.desk.worklist import Item
from services.intake.events import FamilyEnrolled, FamilyMerged, FamilyUnmerged
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.desk.office import HOLDER, MONDAY, Office, person, question, task
from tests.hearing import hears
from tests.standing import standing

pytestmark = pytest.mark.engines

FAMILY = stable_id("family")
EARLIER, NOW_IN_EMMEN, IN_DORP = (stable_id("trajectory", name) for name in ("earlier", "now in Emmen", "in Dorp"))
ANNA = person("Anna", Role.SUPPORTER, programmes=frozenset({"kansrijk-emmen"}), areas=frozenset(), team=None)
HENK = person("Henk", Role.SUPPORTER, programmes=frozenset({"kansrijk-emmen"}), areas=frozenset(), team=None)
DORPER = person("Doris", Role.TEAM_COORDINATOR, programmes=frozenset({"kansrijk-dorp"}))


async def _stands(office: Office, trajectory_id: UUID, programme: str, **stands: Any) -> None:
    facts = {"trajectory_id": trajectory_id, "family_id": FAMILY, "programme": programme, "area": "angelslo"}
    async with office.database.transaction() as tx:
        await tx.execute(insert(store.tables.family_scope).values(facts | stands))


async def _a_family_that_came_back_and_is_in_two_programmes(office: Office) -> None:
    await _stands(office, EARLIER, "kansrijk-emmen", supporter_id=ANNA.person, closed_on=date(2026, 1, 31))
    await _stands(office, NOW_IN_EMMEN, "kansrijk-emmen", supporter_id=HENK.person, team="team-noord")
    await _stands(office, IN_DORP, "kansrijk-dorp", team="team-dorp")


async def _seen(office: Office, actor: Actor, *tasks: OpenTask) -> list[OpenTask]:
    async with office.database.transaction() as tx:
        seen = set(await reach.seen_among(tx, actor, [each.task_id for each in tasks]))
    return [each for each in tasks if each.task_id in seen]


async def _open(office: Office, *tasks: OpenTask) -> None:
    async with office.database.transaction() as tx:
        await handlers.open_tasks(tx, OpenTasks(tasks=tasks), now=MONDAY)


def _work(trajectory_id: UUID, programme: str, kind: TaskKind = TaskKind.HOLD_REVIEW) -> OpenTask:
    roles = (Role.SUPPORTER, Role.TEAM_COORDINATOR)
    task_id = stable_id("task", kind, trajectory_id)
    return task(kind, task_id=task_id, subject_id=trajectory_id, programme=programme, roles=roles, family_id=FAMILY)


async def test_who_works_in_one_programme_sees_no_work_of_the_other(office: Office) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    in_emmen, in_dorp = _work(NOW_IN_EMMEN, "kansrijk-emmen"), _work(IN_DORP, "kansrijk-dorp")
    await _open(office, in_emmen, in_dorp)

    assert await _seen(office, HENK, in_emmen, in_dorp) == [in_emmen]
    assert await _seen(office, DORPER, in_emmen, in_dorp) == [in_dorp]


async def test_who_supported_a_family_once_sees_nothing_of_what_is_asked_now_that_it_came_back(
    office: Office,
) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    asked = question(trajectory_id=NOW_IN_EMMEN, family_id=FAMILY, roles=(Role.SUPPORTER,))
    await _open(office, asked)

    assert await _seen(office, ANNA, asked) == []
    assert await _seen(office, HENK, asked) == [asked]


async def test_what_names_no_trajectory_is_of_the_family_in_its_own_programme(office: Office) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    asked = question(family_id=FAMILY, roles=(Role.SUPPORTER, Role.TEAM_COORDINATOR))
    await _open(office, asked)

    assert await _seen(office, HENK, asked) == [asked]
    assert await _seen(office, DORPER, asked) == []


async def test_what_a_decider_asks_is_of_the_same_trajectory(office: Office) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    asked = question(trajectory_id=NOW_IN_EMMEN, family_id=FAMILY)
    await _open(office, asked)
    command = AskBack(question_id=stable_id("question"), task_id=asked.task_id, question=DeciderAsks.WHY_THIS_AMOUNT)
    async with office.database.transaction() as tx:
        assert await handlers.ask_back(tx, command, now=MONDAY, actor=HOLDER) == command.question_id

    answering = await office.task(stable_id("question", command.question_id))
    assert (answering.trajectory_id, answering.family_id) == (NOW_IN_EMMEN, FAMILY)


async def test_a_dossier_lists_what_is_to_be_done_in_that_trajectory_alone(office: Office) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    in_emmen, in_dorp = _work(NOW_IN_EMMEN, "kansrijk-emmen"), _work(IN_DORP, "kansrijk-dorp")
    await _open(office, in_emmen, in_dorp)
    async with office.database.transaction() as tx:
        to_do = await dossier_store.to_do(tx, NOW_IN_EMMEN, FAMILY, "kansrijk-emmen")

    assert [each.id for each in to_do] == [in_emmen.task_id]


async def test_a_task_leads_to_the_dossier_of_its_own_programme(office: Office) -> None:
    await _a_family_that_came_back_and_is_in_two_programmes(office)
    named, unnamed = _work(EARLIER, "kansrijk-emmen"), question(family_id=FAMILY, programme="kansrijk-dorp")
    await _open(office, named, unnamed)
    tasks = [await office.task(each.task_id) for each in (named, unnamed)]
    items = [Item(task=each, urgency=3, area=None, from_away=False) for each in tasks]
    async with office.database.transaction() as tx:
        found = await trajectories_of(tx, items)

    assert found == {named.task_id: EARLIER, unnamed.task_id: IN_DORP}


async def test_families_that_are_one_share_work_and_dossiers_until_they_are_two_again(office: Office) -> None:
    kept = stable_id("the file that keeps")
    enrolled = FamilyEnrolled(
        trajectory_id=NOW_IN_EMMEN,
        family_id=FAMILY,
        signal_id=stable_id("signal"),
        programme="kansrijk-emmen",
        programme_version=1,
        area="angelslo",
        enrolled_on=MONDAY.date(),
        children=1,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
    )
    for consumer in (bus.consumer, timeline_bus.consumer):
        await hears(office.database, consumer, enrolled, now=MONDAY)
    before, after = _work(NOW_IN_EMMEN, "kansrijk-emmen"), question(trajectory_id=NOW_IN_EMMEN, family_id=FAMILY)
    told: dict[str, Any] = {"family_id": kept, "merged_id": FAMILY, "merge_id": stable_id("merge")}
    told |= {"signal_ids": (enrolled.signal_id,), "trajectory_ids": (NOW_IN_EMMEN,)}

    await _open(office, before)
    await hears(office.database, bus.consumer, FamilyMerged(**told), now=MONDAY)
    # A workflow goes on calling the family by the file under which its trajectory began.
    await _open(office, after)
    merged = await _families(office, before, after)
    await hears(office.database, bus.consumer, FamilyUnmerged(**told), now=MONDAY)

    assert merged == {kept}
    assert await _families(office, before, after) == {FAMILY}


async def _families(office: Office, *tasks: OpenTask) -> set[UUID | None]:
    """Whose all of this is: the tasks, the course, and where the family stands."""
    async with office.database.transaction() as tx:
        course = await dossier_store.course_of(tx, NOW_IN_EMMEN)
        scope = await standing(tx, NOW_IN_EMMEN)
    assert course is not None
    return {(await office.task(each.task_id)).family_id for each in tasks} | {course.family_id, scope.family_id}
