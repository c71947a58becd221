"""What plans shows in the dossier: the plan, how it goes, the last contacts, documents and the history."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.plans import journal_store, store
from services.plans.domain import GoalState, PlanState, TrajectoryState
from services.plans.events import Contributor
from services.plans.pages.entry import (
    DocumentReader,
    HistoryReader,
    JournalWriter,
    PlanReader,
    ReviewReader,
    in_a_line,
    opened,
    programme_of,
    themes_of,
    titles_of,
)
from services.shared.calendar import local_date
from services.shared.permissions import Permission
from services.shared.scopes import may_see
from services.shared.screens.part import PartOf
from services.shared.screens.web import PageOf
from services.shared.web import DatabaseOf, Now

LAST_CONTACTS = 3

router = APIRouter()


@router.get("/panelen/plan/{trajectory_id}")
async def show_plan(
    trajectory_id: UUID, actor: PlanReader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """The plan that the family agreed to, its goals and who does what by when.

    How it goes now is for who makes the plan: to a buddy it is told by the family.
    """
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.READ_PLAN, trajectory_id, what="plan", now=now)
        plans = await store.plans(tx, trajectory_id)
        goals = await store.goals(tx, trajectory_id)
        steps = await store.steps(tx, trajectory_id)
        may_write = await may_see(tx, actor, Permission.WRITE_PLAN, trajectory_id=trajectory_id)
        agreed = next((each for each in plans if each.state is PlanState.AGREED), None)
        draft = next((each for each in plans if each.state is PlanState.DRAFT), None)
        told = agreed or draft
        drafted = await journal_store.drafted(tx, trajectory_id, told.version) if told and may_write else None
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "agreed": agreed,
        "draft": draft,
        "situation": told.situation if told else None,
        "drafted": drafted,
        "drafted_on": local_date(drafted.at) if drafted else None,
        "goals": [
            goal
            for goal in goals
            if goal.state is GoalState.OPEN and (agreed is None or goal.version <= agreed.version)
        ],
        "reached": [goal for goal in goals if goal.state is GoalState.REACHED],
        "steps": steps,
        "titles": titles_of(trajectory, page),
        "goal_themes": themes_of(trajectory, page),
        "open": trajectory.state is not TrajectoryState.CLOSED,
        "may_write": may_write,
        "today": local_date(now),
    }
    return page("plan_panel.html", values)


@router.get("/panelen/voortgang/{trajectory_id}")
async def show_progress(
    trajectory_id: UUID, actor: ReviewReader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """Reviews, measurements and calls afterwards: what was, and what is due."""
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.READ_REVIEWS, trajectory_id, what="progress", now=now)
        reviews = await store.reviews(tx, trajectory_id)
        measurements = await store.measurements(tx, trajectory_id)
        calls = await store.aftercare_of(tx, trajectory_id)
    instruments = {
        (each.code, dimension.code): dimension.name
        for each in programme_of(trajectory, page).instruments
        for dimension in each.dimensions
    }
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "trajectory": trajectory,
        "reviews": reviews,
        "measurements": measurements,
        "calls": calls,
        "due_review": next((each for each in reviews if each.held_on is None), None),
        "due_measurement": next((each for each in measurements if each.taken_on is None), None),
        "due_call": next((each for each in calls if each.given_on is None), None),
        "instruments": instruments,
        "open": trajectory.state is not TrajectoryState.CLOSED,
        "today": local_date(now),
    }
    return page("progress_panel.html", values)


@router.get("/panelen/logboek/{trajectory_id}")
async def show_contacts(
    trajectory_id: UUID, actor: JournalWriter, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """The last contacts and the hours of the tandem. A buddy reads the words of their own contacts only."""
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_JOURNAL, trajectory_id, what="contacts", now=now)
        all_words = await may_see(tx, actor, Permission.READ_JOURNAL, trajectory_id=trajectory_id)
        entries = await journal_store.entries(tx, trajectory_id, limit=LAST_CONTACTS)
        hours = {each.contributor: each.minutes for each in await store.hours_of(tx, trajectory_id)}
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "trajectory": trajectory,
        "entries": entries,
        "all_words": all_words,
        "titles": titles_of(trajectory, page),
        "in_a_line": in_a_line(trajectory, page),
        "professional": hours.get(Contributor.PROFESSIONAL, 0),
        "buddy": hours.get(Contributor.BUDDY, 0),
        "promised": programme_of(trajectory, page).tandem.buddy_hours_per_professional_hour,
    }
    return page("journal_panel.html", values)


@router.get("/panelen/documenten/{trajectory_id}")
async def show_documents(
    trajectory_id: UUID, actor: DocumentReader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """Which documents there are; what is in them is opened one by one."""
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.READ_DOCUMENTS, trajectory_id, what="documents", now=now)
        documents = await journal_store.documents(tx, trajectory_id)
    return page("documents_panel.html", {"part": part, "trajectory_id": trajectory_id, "documents": documents})


@router.get("/panelen/geschiedenis/{trajectory_id}")
async def show_history(
    trajectory_id: UUID,
    actor: HistoryReader,
    page: PageOf,
    part: PartOf,
    database: DatabaseOf,
    now: Now,
    before: Annotated[int | None, Query(alias="voor", ge=1)] = None,
) -> Response:
    """Who changed what, when and why."""
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.READ_HISTORY, trajectory_id, what="history", now=now)
        changes = await journal_store.changes(tx, trajectory_id, before=before)
    following = changes[-1].position if len(changes) == journal_store.PAGE else None
    programme = programme_of(trajectory, page)
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "changes": changes,
        "following": following,
        "goal_themes": themes_of(trajectory, page),
        "area_names": {each.code: each.name for each in programme.areas},
    }
    return page("history_panel.html", values)
