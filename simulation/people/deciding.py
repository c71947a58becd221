"""Who may decide, decides: approves, refuses, is late, is away and has somebody stand in."""

from uuid import UUID

from services.desk import store
from services.desk.commands import Decide
from services.desk.contracts import Choice, TaskKind
from services.desk.decisions import decide
from services.desk.store import Task
from services.shared.calendar import local_date, next_working_day
from simulation.people import rates
from simulation.people.world import World, as_actor
from simulation.town.workers import Worker

ASKS_WHO_IS_THERE = 0.8


async def decide_request(world: World, task: Task) -> None:
    """One person a day has a say; refusing is rarer than approving."""
    await _have_a_say(world, task, rates.DECISION_DAYS, refuses=rates.REFUSED)


async def release_batch(world: World, task: Task) -> None:
    """Two people look at the batch and release it."""
    await _have_a_say(world, task, rates.RELEASE_DAYS, refuses=0.0)


async def _have_a_say(world: World, task: Task, days: tuple[int, int], *, refuses: float) -> None:
    key = world.diary.request_keys.get(task.subject_id, str(task.subject_id))
    voices = await world.see("desk", lambda tx: store.voices(tx, task.id))
    opened = local_date(task.opened_at)
    if voices:
        second = opened + world.chance.days(*rates.SECOND_DECISION_DAYS, key, "second")
        if world.day < next_working_day(second):
            return
    elif not world.is_day_for(task, days, key=key):
        return
    principal = _asked(world, task, key, len(voices), frozenset(voices))
    if principal is None or task.digest is None:
        return
    person, on_behalf_of = principal, None
    if not principal.is_there(world.day):
        stand_ins = await world.see("desk", lambda tx: store.stand_ins(tx, world.day, person=principal.person))
        found = [worker for worker in world.town.workers if worker.person in {each.stand_in for each in stand_ins}]
        if not found:
            return
        person = found[0]
        if not set(person.roles) & set(task.roles):
            on_behalf_of = principal.person
        world.diary.done["decided by a stand-in"] += on_behalf_of is not None
    refused = task.kind is TaskKind.DECIDE_REQUEST and world.chance.happens(refuses, key, "refused", len(voices))
    command = Decide(
        task_id=task.id,
        choice=Choice.REFUSE if refused else Choice.APPROVE,
        reason="other-help-fits" if refused else "fits-the-plan",
        digest=task.digest,
        on_behalf_of=on_behalf_of,
    )
    outcome = await decide(world.databases["desk"], world.client, command, actor=as_actor(person), now=world.moment())
    world.note("decide", outcome)


def _asked(world: World, task: Task, key: str, turn: int, but: frozenset[UUID]) -> Worker | None:
    """Who is asked: the first role of the mandate for the first voice, the last role for the last.

    Mostly somebody who is there; sometimes somebody who is away, so that their stand-in decides, or it waits.
    """
    able = [
        worker
        for worker in world.town.workers
        if set(worker.roles) & set(task.roles) and worker.person not in task.excluded and worker.person not in but
    ]
    role = task.roles[min(turn, len(task.roles) - 1)]
    able = [worker for worker in able if role in worker.roles] or able
    order = world.chance.stream(key, "asked", turn)
    order.shuffle(able)
    there = [worker for worker in able if worker.is_there(world.day)]
    wanted = there if order.random() < ASKS_WHO_IS_THERE else able
    return next(iter(wanted), None)
