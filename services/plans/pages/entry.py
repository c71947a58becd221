"""How every page of plans begins: who may open it, whose family it is, and the line that says that it was read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from programmes.load import load
from programmes.schema import Programme
from programmes.words import in_language
from services.plans import store
from services.plans.domain import Trajectory
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import must_see
from services.shared.screens.web import Page
from services.shared.types import Code

PlanReader = Annotated[Actor, Depends(allowed(Permission.READ_PLAN))]
PlanWriter = Annotated[Actor, Depends(allowed(Permission.WRITE_PLAN))]
PlanWorker = Annotated[Actor, Depends(allowed(Permission.WORK_ON_PLAN))]
ReviewReader = Annotated[Actor, Depends(allowed(Permission.READ_REVIEWS))]
ReviewWriter = Annotated[Actor, Depends(allowed(Permission.WRITE_REVIEWS))]
JournalWriter = Annotated[Actor, Depends(allowed(Permission.WRITE_JOURNAL))]
DocumentReader = Annotated[Actor, Depends(allowed(Permission.READ_DOCUMENTS))]
DocumentWriter = Annotated[Actor, Depends(allowed(Permission.WRITE_DOCUMENTS))]
HistoryReader = Annotated[Actor, Depends(allowed(Permission.READ_HISTORY))]


async def opened(
    tx: Transaction, actor: Actor, permission: Permission, trajectory_id: UUID, *, what: Code, now: datetime
) -> Trajectory:
    """The trajectory for whoever may see it, with the reading written down. Answers 403, or 404 until it is here."""
    await must_see(tx, actor, permission, trajectory_id=trajectory_id)
    trajectory = await store.trajectory(tx, trajectory_id)
    if trajectory is None:
        raise Problem(404, "unknown-trajectory")
    await log_reading(tx, actor, trajectory.family_id, what=what, now=now)
    return trajectory


def programme_of(trajectory: Trajectory, page: Page) -> Programme:
    """The programme in the version that this family started under, in the reader's language."""
    return in_language(load(trajectory.programme, trajectory.programme_version), page.language)


def themes_of(trajectory: Trajectory, page: Page) -> dict[Code, str]:
    """What a goal can be about, with the words of the programme."""
    return {theme.code: theme.name for theme in programme_of(trajectory, page).goal_domains}


def titles_of(trajectory: Trajectory, page: Page) -> dict[str, str]:
    """What the programme calls the two of a tandem, as at the beginning of a line."""
    return {part: title[:1].upper() + title[1:] for part, title in in_a_line(trajectory, page).items()}


def in_a_line(trajectory: Trajectory, page: Page) -> dict[str, str]:
    """The same within a sentence."""
    tandem = programme_of(trajectory, page).tandem
    return {"supporter": tandem.supporter_title, "buddy": tandem.buddy_title}


def refusal_of(outcome: object) -> Code | None:
    return outcome.code if isinstance(outcome, Refused) else None
