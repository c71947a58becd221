"""A decider asks something back, in codes; the question goes to who asked, and the decision waits for nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from services.desk import asking_store, store
from services.desk.commands import AnswerQuestion, AskBack
from services.desk.contracts import Choice, OpenTask, OpenTasks, TaskKind
from services.desk.domain import why_not_decide, why_not_take
from services.desk.handlers.lent import question_of
from services.desk.handlers.tasks import close_one, open_tasks
from services.shared.access import Actor
from services.shared.calendar import add_working_days, local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import stable_id

ANSWER_WORKING_DAYS = 3
"""A question is answered well before a decision is taken to somebody else."""
ANSWERING_ROLES = (Role.SUPPORTER, Role.TEAM_COORDINATOR, Role.BUDDY)


async def ask_back(tx: Transaction, command: AskBack, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Ask who asked for money something; gives the question's id. The same question again changes nothing.

    Refused: unknown-task, what `why_not_decide` says, nobody-to-ask, question-open, too-many-questions,
    id-already-used.
    """
    task = await store.task_by_id(tx, command.task_id, lock=True)
    if task is None:
        return Refused("unknown-task")
    known = await asking_store.question_by_id(tx, command.question_id)
    if known is not None:
        same = (known.task_id, known.asked_by, known.code) == (task.id, actor.person, command.question)
        return known.id if same else Refused("id-already-used")
    judged = await question_of(tx, task)
    if reason := why_not_decide(judged, actor, Choice.REFUSE, task.digest or "", None, None):
        return Refused(reason)
    if task.kind is not TaskKind.DECIDE_REQUEST or len(task.excluded) != 1:
        return Refused("nobody-to-ask")
    asked = await asking_store.questions_about(tx, task.id)
    if any(each.answer is None for each in asked):
        return Refused("question-open")
    if len(asked) >= asking_store.QUESTIONS_MAX:
        return Refused("too-many-questions")
    (asker,) = task.excluded
    await tx.execute(
        insert(asking_store.question).values(
            id=command.question_id,
            task_id=task.id,
            answer_task_id=stable_id("question", command.question_id),
            code=command.question,
            asked_by=actor.person,
            asked_of=asker,
            asked_at=now,
        )
    )
    await _put_on_list(tx, task, command.question_id, asker, len(asked) + 1, now=now)
    if task.taken_by is None:
        # Whoever asks is who the answer comes back to.
        await give_to(tx, task.id, actor.person)
    return command.question_id


async def answer_question(tx: Transaction, command: AnswerQuestion, *, now: datetime, actor: Actor) -> UUID | Refused:
    """Answer what a decider asked; gives the id of the task of the decision. The same answer again changes nothing.

    Refused: unknown-question, not-in-role, excluded, answered-before, task-closed.
    """
    known = await asking_store.question_by_id(tx, command.question_id, lock=True)
    if known is None:
        return Refused("unknown-question")
    if known.answer is not None:
        same = (known.answer, known.answered_by) == (command.answer, actor.person)
        return known.task_id if same else Refused("answered-before")
    task = await store.task_by_id(tx, known.answer_task_id, lock=True)
    if task is None or task.closed_at is not None:
        return Refused("task-closed")
    if reason := why_not_take(frozenset(task.roles), frozenset(task.excluded), actor):
        return Refused(reason)
    await tx.execute(
        update(asking_store.question)
        .where(asking_store.question.c.id == known.id)
        .values(answer=command.answer, answered_by=actor.person, answered_at=now)
    )
    await close_one(tx, task, "answered", now=now)
    return known.task_id


async def _put_on_list(
    tx: Transaction, about: store.Task, question_id: UUID, asker: UUID, number: int, *, now: datetime
) -> None:
    due_on = max(local_date(now), min(about.due_on, add_working_days(local_date(now), ANSWER_WORKING_DAYS)))
    task = OpenTask(
        task_id=stable_id("question", question_id),
        kind=TaskKind.ANSWER_QUESTION,
        programme=about.programme,
        subject_id=about.subject_id,
        family_id=about.family_id,
        trajectory_id=about.trajectory_id,
        roles=ANSWERING_ROLES,
        due_on=due_on,
        number=number,
    )
    await open_tasks(tx, OpenTasks(tasks=(task,)), now=now)
    await give_to(tx, task.task_id, asker)


async def give_to(tx: Transaction, task_id: UUID, person: UUID) -> None:
    """Let it be somebody's, unless a colleague has it."""
    await tx.execute(
        update(store.task)
        .where(store.task.c.id == task_id, func.coalesce(store.task.c.taken_by, person) == person)
        .values(taken_by=person)
    )
