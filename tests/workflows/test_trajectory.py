"""A family's years, from its enrolment to its last aftercare call."""

from datetime import timedelta

import pytest

from services.desk.contracts import TaskKind
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.calendar import add_months
from tests.workflows.families import enrol, find_tandem
from tests.workflows.stage import Stage
from workflows.contracts import FactKind, TrajectoryEnded

pytestmark = pytest.mark.engines


async def test_a_family_goes_the_whole_way(town: Stage) -> None:
    handle, terms = await enrol(town)
    memory, family = town.memory, terms.trajectory_id
    assert memory.requests == {family: 1}
    assert memory.envelopes == {family}
    await find_tandem(town, handle, terms)
    assert memory.files[family] is Phase.PLAN
    assert memory.open_kinds() == [TaskKind.MAKE_PLAN]
    await town.tell(handle, FactKind.PLAN_AGREED)
    started = await town.today()
    assert memory.files[family] is Phase.WORKING_TOGETHER
    await town.until(add_months(started, 12) - timedelta(days=1))
    assert memory.files[family] is Phase.WORKING_TOGETHER
    await town.days(1)
    assert memory.files[family] is Phase.LETTING_GO
    await town.until(add_months(started, 15))
    assert memory.files[family] is Phase.AFTERCARE
    await town.until(add_months(started, 18))
    assert memory.open_kinds() == [TaskKind.GIVE_AFTERCARE]
    await town.tell(handle, FactKind.AFTERCARE_GIVEN, number=1)
    await town.until(add_months(started, 21))
    await town.tell(handle, FactKind.AFTERCARE_GIVEN, number=2)
    ended = await town.result(handle, TrajectoryEnded)
    assert ended.outcome is TrajectoryOutcome.COMPLETED
    assert memory.outcomes == {family: TrajectoryOutcome.COMPLETED}
    assert memory.left_open() == []
