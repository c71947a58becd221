"""What a stand-in may decide today for somebody who is away."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.desk import asking_store, reach, store
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
        within = reach.sees(tx, replace(actor, roles=frozenset(stand_in.roles)))
        tasks = await store.open_tasks(
            tx, roles=stand_in.roles, person=actor.person, narrowed=narrowed, within=within, limit=limit
        )
        for task in tasks:
            question = await question_of(tx, task)
            if why_not_decide(question, actor, Choice.APPROVE, task.digest or "", stand_in.person, stand_in) is None:
                lent.setdefault(task.id, LentTask(task=task, on_behalf_of=stand_in.person))
    return sorted(lent.values(), key=lambda each: (each.task.due_on, each.task.id))[:limit]


async def question_of(tx: Transaction, task: store.Task) -> Question:
    """What the rules need to know of a task about which somebody decides."""
    signed = await asking_store.standing_decisions(tx, task.id)
    needed = await asking_store.mandate_of(tx, task.id)
    # A decision of before its roles were kept: the workflow, which knows them, judges the seats.
    known = all(each.roles is not None for each in signed)
    return Question(
        is_open=task.closed_at is None,
        is_decision=task.workflow is not None,
        roles=frozenset(task.roles),
        excluded=frozenset(task.excluded),
        digest=task.digest,
        voices=frozenset(person for each in signed for person in (each.person, each.on_behalf_of) if person),
        seats=needed.seats if known else (),
        escalated=task.escalated_role,
        approvals=tuple(each.roles or frozenset() for each in signed if each.choice is Choice.APPROVE),
    )
