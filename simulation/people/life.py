"""What befalls families while they take part: they pause, move, stop, change their minds, and come back.

Each of these reaches a trajectory by another way, so the town waits until it has arrived: what is told first on a day
is heard first, also when a process that carries it was killed.
"""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.desk.commands import ActOnTrajectory, CompleteTask, ReportSafetyConcern
from services.desk.contracts import TrajectoryAct
from services.desk.decisions import act
from services.desk.handlers import complete_task, report_safety_concern, take_task
from services.desk.handlers.concerns import FIRST, WIDER
from services.desk.store import Task
from services.intake import handlers as intake
from services.intake import store as intake_store
from services.intake.commands import MoveFamily, WithdrawConsent
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code
from simulation.people import rates
from simulation.people.outreach import meet
from simulation.people.world import World, as_actor
from simulation.town.households import OUTSIDE_AREA, Household, Meeting, address_in


def look_ahead(world: World, trajectory_id: UUID, started_on: date) -> None:
    """When a trajectory starts, what will befall this family is put on the town's calendar."""
    befalls = {
        "pauses": (rates.PAUSES, lambda: pause(world, trajectory_id)),
        "moves within": (rates.MOVES_WITHIN, lambda: move(world, trajectory_id, away=False)),
        "moves away": (rates.MOVES_AWAY, lambda: move(world, trajectory_id, away=True)),
        "stops": (rates.STOPS, lambda: stop(world, trajectory_id)),
        "withdraws": (rates.WITHDRAWS_CONSENT, lambda: withdraw(world, trajectory_id, required=True)),
        "withdraws some": (rates.WITHDRAWS_OPTIONAL_CONSENT, lambda: withdraw(world, trajectory_id, required=False)),
        "other tandem": (rates.CHANGES_TANDEM, lambda: change_tandem(world, trajectory_id)),
        "safety": (2 * rates.SAFETY_CONCERN_A_YEAR, lambda: fear(world, trajectory_id)),
    }
    for what, (rate, happens) in befalls.items():
        if world.chance.happens(rate, trajectory_id, what):
            world.plan(started_on + world.chance.days(*rates.LIFE_DAYS, trajectory_id, what, "when"), happens)


async def pause(world: World, trajectory_id: UUID) -> None:
    """For a while it does not work; mostly the family goes on later."""
    paused = await _act(world, trajectory_id, TrajectoryAct.PAUSE, "illness")
    if paused and not world.chance.happens(rates.NEVER_RESUMES, trajectory_id, "never resumes"):
        later = world.day + world.chance.days(*rates.PAUSE_DAYS, trajectory_id, "pause")
        world.plan(later, lambda: resume(world, trajectory_id))


async def resume(world: World, trajectory_id: UUID) -> None:
    await _act(world, trajectory_id, TrajectoryAct.RESUME, "better")


async def stop(world: World, trajectory_id: UUID) -> None:
    """The family stops; some are met again later, and come in anew."""
    if not await _act(world, trajectory_id, TrajectoryAct.STOP, "family-stops"):
        return
    if world.chance.happens(rates.COMES_BACK, trajectory_id, "comes back"):
        later = world.day + world.chance.days(*rates.COMES_BACK_DAYS, trajectory_id, "comes back when")
        world.plan(later, lambda: come_back(world, world.household(trajectory_id)))


async def come_back(world: World, household: Household) -> None:
    """A family that left is met again."""
    meeting = Meeting(
        signal_id=world.chance.identifier(world.programme.id, "signal", household.key, "back"),
        on=world.day,
        channel=world.programme.outreach[-1].code,
    )
    if world.day > world.programme.period.last_day:
        return
    world.expect(meeting.signal_id, household)
    world.diary.done["family comes back"] += 1
    await meet(world, household, meeting)


async def change_tandem(world: World, trajectory_id: UUID) -> None:
    """It does not click any more."""
    await _act(world, trajectory_id, TrajectoryAct.CHANGE_TANDEM, "no-click")


async def move(world: World, trajectory_id: UUID, *, away: bool) -> None:
    """The family moves: to another area of the programme, or out of it."""
    household = world.household(trajectory_id)
    family_id = world.families.get(household.key)
    if trajectory_id not in world.trajectories or family_id is None:
        return
    stream = world.chance.stream(trajectory_id, "new address", away)
    others = [area.code for area in world.programme.areas if area.code != world.trajectories[trajectory_id].area]
    area = OUTSIDE_AREA if away or not others else stream.choice(others)
    family = await world.see("intake", lambda tx: intake_store.family_by_id(tx, family_id))
    address = address_in(world.programme, area, stream)
    command = MoveFamily(family_id=family_id, address=address, seen=intake.address_mark(family))
    person = world.member_of(trajectory_id).person
    await world.act("intake", intake.move_family, command, now=world.moment(), by=person)
    await world.quiet.settle()


async def withdraw(world: World, trajectory_id: UUID, *, required: bool) -> None:
    """The family takes back a consent; without a required one the programme stops at once."""
    family_id = world.families.get(world.household(trajectory_id).key)
    purposes = [each.code for each in world.programme.intake.consents if each.required is required]
    if trajectory_id not in world.trajectories or family_id is None or not purposes:
        return
    command = WithdrawConsent(family_id=family_id, programme=world.programme.id, purpose=purposes[-1])
    person = world.member_of(trajectory_id).person
    await world.act("intake", intake.withdraw_consent, command, now=world.moment(), by=person)
    await world.quiet.settle()


async def fear(world: World, trajectory_id: UUID) -> None:
    """Somebody is worried, and a coordinator takes it up at once: alarms go by the hour, a town by days."""
    trajectory = world.trajectories.get(trajectory_id)
    worker = world.worker((FIRST, WIDER), trajectory_id, "concern")
    if trajectory is None or worker is None:
        return
    command = ReportSafetyConcern(
        concern_id=world.chance.identifier("concern", trajectory_id),
        programme=world.programme.id,
        family_id=trajectory.family_id,
    )
    places = frozenset(area.code for area in world.programme.areas)
    actor = replace(as_actor(worker), programmes=frozenset({world.programme.id}), areas=places)
    by = world.supporter_of(trajectory_id).person
    await world.act("desk", report_and_take, command, now=world.moment(), actor=actor, by=by)


async def report_and_take(
    tx: Transaction, command: ReportSafetyConcern, *, now: datetime, actor: Actor, by: UUID
) -> Task | Refused:
    """Reported and taken up in one go, as if the two had each other on the telephone."""
    task_id = await report_safety_concern(tx, command, now=now, by=by)
    return await take_task(tx, task_id, now=now, actor=actor)


async def look_at_concern(world: World, task: Task) -> None:
    """A coordinator has looked and talked."""
    worker = world.worker(task.roles, task.id)
    if worker is not None:
        command = CompleteTask(task_id=task.id, outcome="talked")
        await world.act("desk", complete_task, command, actor=as_actor(worker), now=world.moment())


async def talk_about_pause(world: World, task: Task) -> None:
    """A pause lasts long: the family goes on, stops, or needs more time."""
    if not world.is_day_for(task, rates.PAUSE_TALK_DAYS):
        return
    drawn = world.chance.stream(task.id, "pause talk").random()
    if drawn < 0.5:
        await _act(world, task.subject_id, TrajectoryAct.RESUME, "better")
    elif drawn < 0.8:
        await stop(world, task.subject_id)
    else:
        await look_at_concern(world, task)


async def _act(world: World, trajectory_id: UUID, what: TrajectoryAct, reason: Code) -> bool:
    if trajectory_id not in world.trajectories:
        return False
    command = ActOnTrajectory(
        action_id=world.chance.identifier("action", trajectory_id, what, world.day.isoformat()),
        trajectory_id=trajectory_id,
        act=what,
        reason=reason,
    )
    outcome = await act(
        world.databases["desk"], world.client, command, actor=world.supporter_of(trajectory_id), now=world.moment()
    )
    world.note(what.value, outcome)
    await world.quiet.settle()
    return not isinstance(outcome, Refused)
