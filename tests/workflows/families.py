"""A family to tell about: the terms of its trajectory, and its way from phase to phase."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from services.desk.contracts import trajectory_workflow_id
from services.plans.events import Phase
from services.shared.calendar import add_months
from tests.workflows.stage import Stage
from workflows.contracts import FactKind, TrajectoryTerms
from workflows.trajectory import FamilyTrajectory
from workflows.trajectory_state import TrajectoryRun


def family_terms(started_on: date, **changes: Any) -> TrajectoryTerms:
    """A family in Beijum that speaks Tigrinya and worries most about money; a year of help, then three months less."""
    terms = TrajectoryTerms(
        trajectory_id=uuid4(),
        family_id=uuid4(),
        programme="kansen-voor-kinderen-groningen",
        programme_version=1,
        area="beijum",
        languages=("ti",),
        themes=("money",),
        started_on=started_on,
        choice_days=14,
        trial_days=28,
        first_plan_days=42,
        working_together_months=12,
        as_long_as_needed=False,
        letting_go_months=3,
        aftercare_months=(3, 6),
        pause_maximum_months=6,
        ends_on=None,
    )
    return replace(terms, **changes)


async def enrol(town: Stage, **changes: Any) -> tuple[WorkflowHandle[Any, Any], TrajectoryTerms]:
    """A family that has just been enrolled."""
    terms = family_terms(await town.today(), **changes)
    handle = await town.start(
        FamilyTrajectory.run, TrajectoryRun(terms=terms), trajectory_workflow_id(terms.trajectory_id)
    )
    return handle, terms


async def find_tandem(town: Stage, handle: WorkflowHandle[Any, Any], terms: TrajectoryTerms) -> None:
    """A round proposes, the family chooses, the trial goes well."""
    await town.tell(handle, FactKind.TANDEM_PROPOSED, subject_id=uuid4())
    tandem = uuid4()
    await town.tell(handle, FactKind.TANDEM_CHOSEN, subject_id=tandem)
    town.memory.requests.pop(terms.trajectory_id, None)
    town.memory.tandems.add(terms.trajectory_id)
    await town.tell(handle, FactKind.TANDEM_CONFIRMED, subject_id=tandem)


async def bring_to(town: Stage, handle: WorkflowHandle[Any, Any], terms: TrajectoryTerms, phase: Phase) -> None:
    """Live until this phase."""
    if phase is Phase.MATCHING:
        return
    await find_tandem(town, handle, terms)
    if phase is Phase.PLAN:
        return
    await town.tell(handle, FactKind.PLAN_AGREED)
    if phase is Phase.WORKING_TOGETHER:
        return
    await town.tell(handle, FactKind.READY_TO_LET_GO)
    if phase is Phase.LETTING_GO:
        return
    await town.until(add_months(await town.today(), terms.letting_go_months))
