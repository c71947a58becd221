"""What a stand-in may decide today for somebody who is away."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.desk import store
from services.desk.contracts import Choice
from services.desk.domain import Question, why_not_decide
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction


@dataclass(frozen=True, kw_only=True)
class LentTask:
    """A task, and in whose place it can be decided."""

    task: store.Task
    on_behalf_of: UUID


async def lent_tasks(
    tx: Transaction, actor: Actor, narrowed: store.Narrowed, *, now: datetime, limit: int
) -> list[LentTask]:
    """Open questions that this person could answer only for a colleague, what is due first on top, at most `limit`."""
    lent: dict[UUID, LentTask] = {}
    for stand_in in await store.stand_ins(tx, local_date(now), by=actor.person):
        tasks = await store.open_tasks(tx, roles=stand_in.roles, person=actor.person, narrowed=narrowed, limit=limit)
        for task in tasks:
            question = question_of(task, await store.voices(tx, task.id))
            if why_not_decide(question, actor, Choice.APPROVE, task.digest or "", stand_in.person, stand_in) is None:
                lent.setdefault(task.id, LentTask(task=task, on_behalf_of=stand_in.person))
    return sorted(lent.values(), key=lambda each: (each.task.due_on, each.task.id))[:limit]


def question_of(task: store.Task, voices: frozenset[UUID]) -> Question:
    """What the rules need to know of a task about which somebody decides."""
    return Question(
        is_open=task.closed_at is None,
        is_decision=task.workflow is not None,
        roles=frozenset(task.roles),
        excluded=frozenset(task.excluded),
        digest=task.digest,
        voices=voices,
    )
