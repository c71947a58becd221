"""Somebody leaves, or works elsewhere from now on: their work goes back with a reason, and families do not get lost."""

from datetime import date
from uuid import uuid4

import pytest

from services.desk import bus, dossier_store, families, handlers, store
from services.desk.commands import Reason
from services.desk.contracts import TaskKind
from services.desk.dossier_store import Course, CourseState
from services.desk.handlers.changes import Change
from services.desk.handlers.sessions import open_session, shut_out
from services.intake.events import SignalReceived
from services.matching.events import PersonChanged, PersonLeft, TandemConfirmed, TandemPart
from services.plans.events import Phase
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.desk.office import COLLEAGUE, MONDAY, TRAJECTORY, Office, person, task
from tests.hearing import hears
from tests.standing import standing

pytestmark = pytest.mark.engines

MARIEKE = person("Marieke", Role.TEAM_COORDINATOR)
FAMILY = stable_id("family")
TOGETHER = TandemConfirmed(
    trajectory_id=TRAJECTORY,
    family_id=FAMILY,
    tandem_id=stable_id("tandem"),
    supporter_id=COLLEAGUE.person,
    buddy_id=stable_id("buddy"),
    replaces=False,
    waited_days=3,
    team="team-noord",
)
LEAVES = PersonLeft(person_id=COLLEAGUE.person, part=TandemPart.SUPPORTER, trajectory_ids=(TRAJECTORY,))


async def _here(office: Office, actor: Actor) -> None:
    async with office.database.transaction() as tx:
        assert await open_session(tx, actor, uuid4(), now=MONDAY)


async def _takes(office: Office, actor: Actor, *tasks: store.Task) -> None:
    async with office.database.transaction() as tx:
        for each in tasks:
            assert isinstance(await handlers.take_task(tx, each.id, now=MONDAY, actor=actor), store.Task)


async def _last_change(office: Office, task_id: object) -> tuple[Change, object, object]:
    async with office.database.transaction() as tx:
        change = (await handlers.changes_of(tx, task_id))[0]  # type: ignore[arg-type]  # an id of these tests
    return change.what, change.other, change.reason


async def test_work_of_a_supporter_who_leaves_goes_back_with_the_reason_and_the_rest_stays(office: Office) -> None:
    elsewhere = stable_id("another trajectory")
    theirs = task()
    other = task(TaskKind.HOLD_REVIEW, subject_id=elsewhere, family_id=stable_id("another family"))
    await office.open(theirs, other)
    await hears(office.database, bus.consumer, TOGETHER, now=MONDAY)
    await _here(office, COLLEAGUE)
    await _takes(office, COLLEAGUE, *[await office.task(each.task_id) for each in (theirs, other)])

    for _ in range(2):
        await hears(office.database, bus.consumer, LEAVES, now=MONDAY)

    assert (await office.task(theirs.task_id)).taken_by is None
    assert await _last_change(office, theirs.task_id) == (Change.RELEASED, COLLEAGUE.person, Reason.LEFT)
    assert (await office.task(other.task_id)).taken_by == COLLEAGUE.person


async def test_who_leaves_a_programme_leaves_no_family_that_was_met_and_goes_on_deciding_and_working_elsewhere(
    office: Office,
) -> None:
    met, place = stable_id("met"), {"family_id": None, "roles": (Role.OUTREACH_WORKER, Role.SUPPORTER)}
    to_call = task(TaskKind.CONTACT_FAMILY, subject_id=met, **place)
    elsewhere = task(
        TaskKind.DO_INTAKE, subject_id=stable_id("met there"), programme="kansen-voor-kinderen-groningen", **place
    )
    to_decide = task(TaskKind.DECIDE_REQUEST, subject_id=stable_id("request"), roles=(Role.BUDGET_HOLDER,))
    worker = person(
        "Carla",
        Role.SUPPORTER,
        Role.BUDGET_HOLDER,
        programmes=frozenset({"kansrijk-emmen", "kansen-voor-kinderen-groningen"}),
        areas=frozenset({"angelslo"}),
    )
    for each in (to_call, elsewhere):
        signal = SignalReceived(
            signal_id=each.subject_id, programme=each.programme, programme_version=1, area="angelslo", channel="library"
        )
        await hears(office.database, bus.consumer, signal, now=MONDAY)
    await office.open(to_call, elsewhere, to_decide)
    await _here(office, worker)
    await _takes(office, worker, *[await office.task(each.task_id) for each in (to_call, elsewhere, to_decide)])

    left = PersonLeft(person_id=worker.person, part=TandemPart.SUPPORTER, trajectory_ids=(), programme="kansrijk-emmen")
    await hears(office.database, bus.consumer, left, now=MONDAY)

    assert (await office.task(to_call.task_id)).taken_by is None
    assert await _last_change(office, to_call.task_id) == (Change.RELEASED, worker.person, Reason.LEFT)
    for kept in (elsewhere, to_decide):
        assert (await office.task(kept.task_id)).taken_by == worker.person


async def test_who_does_not_work_here_any_more_leaves_nothing_lying(office: Office) -> None:
    theirs = task()
    await office.open(theirs)
    await _here(office, COLLEAGUE)
    await _takes(office, COLLEAGUE, await office.task(theirs.task_id))

    async with office.database.transaction() as tx:
        await shut_out(tx, COLLEAGUE.person, by=MARIEKE.person, now=MONDAY)

    assert (await office.task(theirs.task_id)).taken_by is None
    assert await _last_change(office, theirs.task_id) == (Change.RELEASED, COLLEAGUE.person, Reason.LEFT)


@pytest.mark.parametrize(("team", "kept"), [("team-noord", True), ("team-zuid", False)])
async def test_who_signs_in_from_another_team_gives_back_what_they_see_no_more(
    office: Office, team: str, kept: bool
) -> None:
    theirs = task()
    await office.open(theirs)
    await _here(office, COLLEAGUE)
    await _takes(office, COLLEAGUE, await office.task(theirs.task_id))

    await _here(office, person("Carla", Role.SUPPORTER, team=team))

    found = await office.task(theirs.task_id)
    assert found.taken_by == (COLLEAGUE.person if kept else None)
    if not kept:
        assert await _last_change(office, theirs.task_id) == (Change.RELEASED, COLLEAGUE.person, Reason.ELSEWHERE)


async def test_a_family_stays_with_its_supporter_who_changes_team_and_the_new_team_sees_it(office: Office) -> None:
    await hears(office.database, bus.consumer, TOGETHER, now=MONDAY)
    moved = PersonChanged(
        person_id=COLLEAGUE.person,
        programme="kansrijk-emmen",
        part=TandemPart.SUPPORTER,
        areas=("angelslo",),
        team="team-zuid",
    )
    await hears(office.database, bus.consumer, moved, now=MONDAY)
    async with office.database.transaction() as tx:
        scope = await standing(tx, TRAJECTORY)

    assert (scope.team, scope.supporter_id) == ("team-zuid", COLLEAGUE.person)


@pytest.mark.parametrize("phase", [Phase.MATCHING, Phase.WORKING_TOGETHER])
async def test_a_family_that_lost_its_supporter_is_told_of_on_the_worklist_of_who_hands_out_work(
    office: Office, phase: Phase
) -> None:
    await office.place(task())
    await hears(office.database, bus.consumer, TOGETHER, now=MONDAY)
    course = Course(
        trajectory_id=TRAJECTORY,
        family_id=FAMILY,
        programme="kansrijk-emmen",
        programme_version=1,
        phase=phase,
        phase_since=date(2027, 1, 1),
        state=CourseState.ACTIVE,
        started_on=date(2027, 1, 1),
        closed_on=None,
        outcome=None,
    )

    async def told(actor: Actor) -> tuple[int, int]:
        async with office.database.transaction() as tx:
            total, _ = await families.listed(tx, actor, families.Looked(uncovered=True))
            return await families.uncovered(tx, actor), total

    async def has() -> int:
        async with office.database.transaction() as tx:
            return await families.families_of(tx, LEAVES.person_id)

    async with office.database.transaction() as tx:
        await dossier_store.keep_course(tx, course)
    before, had = await told(MARIEKE), await has()
    await hears(office.database, bus.consumer, LEAVES, now=MONDAY)
    had_a_tandem = 1 if phase is Phase.WORKING_TOGETHER else 0

    assert (before, had, await has()) == ((0, 0), 1, 0)
    assert await told(MARIEKE) == (had_a_tandem, had_a_tandem)
    assert await told(person("Carla", Role.SUPPORTER)) == (0, had_a_tandem)
    assert await told(person("Ria", Role.TEAM_COORDINATOR, areas=frozenset({"elders"}), team="team-zuid")) == (0, 0)
