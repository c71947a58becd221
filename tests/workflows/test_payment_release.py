"""A batch that was made is paid when two people release it, and otherwise taken apart."""

import pytest

from services.desk.contracts import TaskKind
from services.shared.calendar import term_end
from services.shared.roles import Role
from tests.workflows.decisions import decide, is_refused, make
from tests.workflows.stage import Stage
from workflows.contracts import ReleaseEnded

pytestmark = pytest.mark.engines


async def test_two_people_release_a_batch_and_it_is_paid(town: Stage) -> None:
    batch, handle = await make(town)
    assert town.memory.open_kinds() == [TaskKind.RELEASE_BATCH]
    first = await decide(town, batch)
    assert await is_refused(town, batch, person=first.person) == "decided-before"
    second = await decide(town, batch)
    assert await town.result(handle, ReleaseEnded) == ReleaseEnded(released=True)
    assert town.memory.released[batch].releasers == (first.person, second.person)
    assert town.memory.left_open() == []


async def test_a_batch_that_nobody_releases_is_escalated_and_taken_apart(town: Stage) -> None:
    batch, handle = await make(town)
    await town.until(term_end(await town.today(), 8))
    assert [each.role for each in town.memory.escalations] == [Role.PROGRAMME_MANAGER]
    assert await town.result(handle, ReleaseEnded) == ReleaseEnded(released=False)
    assert (town.memory.cancelled, town.memory.released) == ({batch}, {})
    assert town.memory.left_open() == []


async def test_a_release_that_budget_does_not_accept_leaves_no_task(town: Stage) -> None:
    town.memory.accepts_releases = False
    batch, handle = await make(town)
    await decide(town, batch)
    await decide(town, batch)
    assert await town.result(handle, ReleaseEnded) == ReleaseEnded(released=False)
    assert town.memory.cancelled == {batch}
    assert town.memory.left_open() == []
