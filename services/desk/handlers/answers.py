"""What people decide and do, written down before it is sent to a workflow, and what the workflow answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.desk import kept_store, store
from services.desk.commands import ActOnTrajectory, Decide
from services.desk.contracts import (
    ACT_UPDATE,
    DECIDE_UPDATE,
    Decision,
    TrajectoryAction,
    approval_id,
    trajectory_workflow_id,
)
from services.desk.domain import StandIn, lent_roles, why_not_decide
from services.desk.handlers.lent import question_of
from services.desk.store import Answer
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import Code, stable_id

ALREADY_ENDED: Code = "already-ended"
"""The workflow that asked has ended."""


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What must reach a workflow: `id` is the row's and the update's, so that twice is once.

    `answered` says that the workflow accepted it before.
    """

    id: UUID
    workflow_id: str
    update: str
    argument: Decision | TrajectoryAction
    answered: bool


async def offer_decision(tx: Transaction, command: Decide, *, now: datetime, actor: Actor) -> Sending | Refused:
    """Write a decision down if this person may take it. The same decision again is sent again, not taken again."""
    task = await store.task_by_id(tx, command.task_id, lock=True)
    if task is None:
        return Refused("unknown-task")
    earlier = await store.standing_decision(tx, task.id, actor.person)
    stand_in = await _stand_in(tx, command, actor, now=now)
    if earlier is not None:
        accepted = earlier.answer is Answer.ACCEPTED
        same = (earlier.choice, earlier.on_behalf_of) == (command.choice, command.on_behalf_of)
        # Sent again as it was, nobody speaks twice; with another reason somebody means to.
        if not same or (accepted and earlier.reason != command.reason):
            return Refused("decided-before")
        return _sending(
            earlier.id, _workflow(task), command, actor.person, lent_roles(actor, stand_in), answered=accepted
        )
    question = await question_of(tx, task)
    if reason := why_not_decide(question, actor, command.choice, command.digest, command.on_behalf_of, stand_in):
        return Refused(reason)
    decision_id = await _write(tx, command, actor, stand_in, now=now)
    return _sending(decision_id, _workflow(task), command, actor.person, lent_roles(actor, stand_in), answered=False)


async def kept_decisions(tx: Transaction, *, now: datetime) -> list[Sending]:
    """What was decided while its workflow could not be reached, and goes by itself; what is older waits for people.

    As it was taken, with the roles of that moment: the workflow judges whether it still fits.
    """
    return [
        _sending(each.id, each.workflow, each.command, each.person, each.roles, answered=False)
        for each in await kept_store.to_send(tx, now=now)
    ]


async def answer_decision(tx: Transaction, decision_id: UUID, refusal: Code | None, *, now: datetime) -> None:
    """Keep what the workflow answered; whoever it refused may speak again."""
    answered = await _answer(tx, store.decision, decision_id, refusal, now=now)
    if answered and refusal is not None:
        await tx.execute(delete(store.voice).where(store.voice.c.decision_id == decision_id))


async def settle_decisions(tx: Transaction, subject_id: UUID, deciders: tuple[UUID, ...], *, now: datetime) -> None:
    """It has been decided: decisions of which the answer never came back (a process died) get the one that stands."""
    table = store.decision
    tasks = select(store.task.c.id).where(store.task.c.subject_id == subject_id)
    unanswered = update(table).where(table.c.task_id.in_(tasks), table.c.answer == Answer.PENDING)
    await tx.execute(unanswered.where(table.c.person.in_(deciders)).values(answer=Answer.ACCEPTED, answered_at=now))
    await tx.execute(unanswered.values(answer=Answer.REFUSED, refusal=ALREADY_ENDED, answered_at=now))


async def offer_action(tx: Transaction, command: ActOnTrajectory, *, now: datetime, actor: Actor) -> Sending | Refused:
    """Write down what somebody does in a trajectory. The same action again is sent again, not taken again."""
    table = store.action
    added = await tx.execute(
        insert(table)
        .values(
            id=command.action_id,
            trajectory_id=command.trajectory_id,
            act=command.act,
            person=actor.person,
            reason=command.reason,
            acted_at=now,
        )
        .on_conflict_do_nothing()
        .returning(table.c.id)
    )
    answered = False
    if added.first() is None:
        row = (await tx.execute(select(table).where(table.c.id == command.action_id))).one()
        same = (row.trajectory_id, row.act, row.person) == (command.trajectory_id, command.act, actor.person)
        if not same or row.answer == Answer.REFUSED:
            return Refused(row.refusal if same else "id-already-used")
        answered = row.answer == Answer.ACCEPTED
    return Sending(
        id=command.action_id,
        workflow_id=trajectory_workflow_id(command.trajectory_id),
        update=ACT_UPDATE,
        argument=TrajectoryAction(act=command.act, person=actor.person, reason=command.reason),
        answered=answered,
    )


async def answer_action(tx: Transaction, action_id: UUID, refusal: Code | None, *, now: datetime) -> None:
    """Keep what the workflow answered."""
    await _answer(tx, store.action, action_id, refusal, now=now)


async def _stand_in(tx: Transaction, command: Decide, actor: Actor, *, now: datetime) -> StandIn | None:
    if command.on_behalf_of is None:
        return None
    found = await store.stand_ins(tx, local_date(now), person=command.on_behalf_of, by=actor.person)
    return found[-1] if found else None


async def _write(tx: Transaction, command: Decide, actor: Actor, stand_in: StandIn | None, *, now: datetime) -> UUID:
    table = store.decision
    mine = (table.c.task_id == command.task_id) & (table.c.person == actor.person)
    refused_before = (await tx.execute(select(func.count()).select_from(table).where(mine))).scalar_one()
    decision_id = stable_id("decision", command.task_id, actor.person, refused_before)
    await tx.execute(
        insert(table).values(
            id=decision_id,
            task_id=command.task_id,
            person=actor.person,
            on_behalf_of=command.on_behalf_of,
            choice=command.choice,
            reason=command.reason,
            digest=command.digest,
            roles=sorted(lent_roles(actor, stand_in)),
            decided_at=now,
        )
    )
    people = {actor.person} | ({command.on_behalf_of} if command.on_behalf_of else set())
    await tx.execute(
        insert(store.voice),
        [{"task_id": command.task_id, "person": person, "decision_id": decision_id} for person in sorted(people)],
    )
    return decision_id


def _workflow(task: store.Task) -> UUID:
    return task.workflow or task.subject_id


def _sending(
    decision_id: UUID, workflow: UUID, command: Decide, person: UUID, roles: Iterable[Role], *, answered: bool
) -> Sending:
    decision = Decision(
        choice=command.choice,
        person=person,
        roles=tuple(sorted(roles)),
        reason=command.reason,
        digest=command.digest,
        on_behalf_of=command.on_behalf_of,
    )
    return Sending(
        id=decision_id,
        workflow_id=approval_id(workflow),
        update=DECIDE_UPDATE,
        argument=decision,
        answered=answered,
    )


async def _answer(tx: Transaction, table: Table, row_id: UUID, refusal: Code | None, *, now: datetime) -> bool:
    """Whether this is the answer that is kept: the first one."""
    answer = Answer.ACCEPTED if refusal is None else Answer.REFUSED
    kept = await tx.execute(
        update(table)
        .where(table.c.id == row_id, table.c.answer == Answer.PENDING)
        .values(answer=answer, refusal=refusal, answered_at=now)
    )
    return bool(kept.rowcount)
