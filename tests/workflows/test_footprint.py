"""What years of a family cost in history events and billed actions: bounds that a change must not pass unseen."""

from datetime import timedelta

import pytest

from services.plans.events import Phase
from services.shared.calendar import add_months
from tests.workflows.decisions import ask, decide
from tests.workflows.families import bring_to, enrol
from tests.workflows.footprint import Footprint, footprint
from tests.workflows.stage import Stage
from workflows.contracts import CycleTerms, FactKind, matching_workflow_id
from workflows.matching_round import MatchingRound

pytestmark = pytest.mark.engines

TRAJECTORY = Footprint(runs=5, events=210, actions=42, size_bytes=40_000)
"""A whole trajectory: two and a half years."""
SPENDING = Footprint(runs=1, events=24, actions=5, size_bytes=12_000)
ROUNDS_OF_A_YEAR = Footprint(runs=2, events=320, actions=60, size_bytes=80_000)


def within(found: Footprint, bound: Footprint) -> bool:
    return (
        found.runs <= bound.runs
        and found.events <= bound.events
        and found.actions <= bound.actions
        and found.size_bytes <= bound.size_bytes
    )


async def test_a_whole_trajectory_stays_within_its_footprint(town: Stage) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    started = await town.today()
    for month, call in ((18, 1), (21, 2)):
        await town.until(add_months(started, month))
        await town.tell(handle, FactKind.AFTERCARE_GIVEN, number=call)
    found = await footprint(town.client, handle.id, handle.first_execution_run_id or "")
    assert within(found, TRAJECTORY), found


async def test_a_request_that_is_decided_in_time_stays_within_its_footprint(town: Stage) -> None:
    request, handle = await ask(town)
    await decide(town, request)
    found = await footprint(town.client, handle.id, handle.first_execution_run_id or "")
    assert within(found, SPENDING), found


async def test_a_year_of_matching_rounds_stays_within_its_footprint(town: Stage) -> None:
    today = await town.today()
    terms = CycleTerms(
        programme="kansrijk-groningen",
        programme_version=1,
        next_on=today + timedelta(days=1),
        until=add_months(today, 12),
        every_days=14,
    )
    handle = await town.start(MatchingRound.run, terms, matching_workflow_id("kansrijk-groningen"))
    await town.until(add_months(today, 12))
    found = await footprint(town.client, handle.id, handle.first_execution_run_id or "")
    assert within(found, ROUNDS_OF_A_YEAR), found
