"""What years of a family cost in history events and billable actions: bounds that a change must not pass unseen."""

from datetime import timedelta

import pytest

from services.plans.events import Phase
from services.shared.calendar import add_months
from simulation.report.footprint import Weight, weigh
from tests.workflows.decisions import ask, decide
from tests.workflows.families import bring_to, enrol
from tests.workflows.stage import Stage
from workflows.contracts import CycleTerms, FactKind, matching_workflow_id
from workflows.matching_round import MatchingRound

pytestmark = pytest.mark.engines

TRAJECTORY = Weight(workflows=1, runs=5, history_events=210, history_bytes=40_000, actions=42)
"""A whole trajectory: two and a half years."""
SPENDING = Weight(workflows=1, runs=1, history_events=24, history_bytes=12_000, actions=5)
ROUNDS_OF_A_YEAR = Weight(workflows=1, runs=2, history_events=320, history_bytes=80_000, actions=60)


async def weight_of(town: Stage, workflow_id: str) -> Weight:
    """Of one workflow over all its runs, as a simulation weighs it."""
    return (await weigh(town.client, {"only": [workflow_id]})).total


def within(found: Weight, bound: Weight) -> bool:
    return found.workflows == 1 and all(getattr(found, part) <= getattr(bound, part) for part in Weight.model_fields)


async def test_a_whole_trajectory_stays_within_its_footprint(town: Stage) -> None:
    handle, terms = await enrol(town)
    await bring_to(town, handle, terms, Phase.WORKING_TOGETHER)
    started = await town.today()
    for month, call in ((18, 1), (21, 2)):
        await town.until(add_months(started, month))
        await town.tell(handle, FactKind.AFTERCARE_GIVEN, number=call)
    found = await weight_of(town, handle.id)
    assert within(found, TRAJECTORY), found


async def test_a_request_that_is_decided_in_time_stays_within_its_footprint(town: Stage) -> None:
    request, handle = await ask(town)
    await decide(town, request)
    found = await weight_of(town, handle.id)
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
    found = await weight_of(town, handle.id)
    assert within(found, ROUNDS_OF_A_YEAR), found
