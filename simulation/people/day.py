"""One working day of the town, in an order that is the same each time."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from sqlalchemy import select

from services.budget.commands import TEST_DEBTOR, FundProgramme
from services.budget.handlers import fund_programme, register_payee
from services.desk import store as desk
from services.desk.contracts import TaskKind
from services.plans import store as plans
from services.plans.domain import Trajectory, TrajectoryState
from services.plans.tables import trajectory as trajectory_table
from services.shared.calendar import is_working_day, next_working_day
from services.shared.database import Transaction
from simulation.people import choosing, colleagues, deciding, life, outreach, spending, working
from simulation.people.world import World
from simulation.town.town import EXECUTOR

DAYS_IN_EVERY_MONTH = 28

Behaviour = Callable[[World, desk.Task], Awaitable[None]]
WORK: dict[TaskKind, Behaviour] = {
    TaskKind.CONTACT_FAMILY: outreach.contact_family,
    TaskKind.DO_INTAKE: outreach.do_intake,
    TaskKind.CHOOSE_TANDEM: choosing.choose_tandem,
    TaskKind.EVALUATE_TRIAL: choosing.evaluate_trial,
    TaskKind.MAKE_PLAN: working.make_plan,
    TaskKind.HOLD_REVIEW: working.hold_review,
    TaskKind.TAKE_MEASUREMENT: working.take_measurement,
    TaskKind.GIVE_AFTERCARE: working.give_aftercare,
    TaskKind.DECIDE_REQUEST: deciding.decide_request,
    TaskKind.RELEASE_BATCH: deciding.release_batch,
    TaskKind.TALK_ABOUT_PAUSE: life.talk_about_pause,
    TaskKind.ASK_URGENT_NEED: spending.ask_urgent_needs,
    TaskKind.SAFETY_CONCERN: life.look_at_concern,
}


async def open_programme(world: World) -> None:
    """The first day: payees, money, people; and everybody who will be met is on the calendar."""
    manager = world.town.workers[-1].person
    for payee in world.town.payees.values():
        await world.act("budget", register_payee, payee, by=manager, now=world.moment())
    fund = FundProgramme(
        programme=world.programme.id,
        version=world.programme.version,
        executor_payee_id=world.town.payees[EXECUTOR].payee_id,
        debtor=TEST_DEBTOR,
    )
    await world.act("budget", fund_programme, fund, now=world.moment())
    await colleagues.start(world)
    for household in world.town.households:
        for meeting in household.meetings:
            world.plan(meeting.on, partial(outreach.meet, world, household, meeting))


async def live(world: World) -> bool:
    """What people do today; whether anybody did anything."""
    if not is_working_day(world.day):
        return False
    await _look_round(world)
    # The worklist as it is this morning: what today's own acts bring is work for tomorrow, however fast it comes.
    tasks = await world.see("desk", lambda tx: desk.open_tasks(tx))
    for what in world.diary.plans.pop(world.day, []):
        await what()
    for task in sorted(tasks, key=lambda task: task.id):
        await WORK[task.kind](world, task)
    if world.acts_today:
        # What was decided today has reached every envelope before anybody looks what is in it.
        await world.quiet.settle()
    for trajectory_id in sorted(world.trajectories):
        if _is_day_of_the_month(world, trajectory_id):
            await working.log_month(world, trajectory_id)
            await spending.ask_this_month(world, trajectory_id)
    await spending.bank_answers(world)
    return world.acts_today > 0


async def _look_round(world: World) -> None:
    """Who takes part this morning; what will befall a new family is drawn once."""
    found = await world.see("plans", lambda tx: _open_trajectories(tx, world))
    for trajectory in found:
        if trajectory.id not in world.looked_ahead:
            world.looked_ahead.add(trajectory.id)
            life.look_ahead(world, trajectory.id, trajectory.started_on)
    world.trajectories = {trajectory.id: trajectory for trajectory in found}


async def _open_trajectories(tx: Transaction, world: World) -> list[Trajectory]:
    mine = (trajectory_table.c.programme == world.programme.id) & (trajectory_table.c.state != TrajectoryState.CLOSED)
    families = (await tx.execute(select(trajectory_table.c.family_id).where(mine).distinct())).scalars()
    known = await plans.trajectories_of(tx, sorted(families))
    return [each for each in known if each.state is not TrajectoryState.CLOSED]


def _is_day_of_the_month(world: World, trajectory_id: UUID) -> bool:
    """Each family has a day of the month, or the working day after it."""
    day = world.chance.stream(trajectory_id, "day of the month").randint(1, DAYS_IN_EVERY_MONTH)
    return next_working_day(world.day.replace(day=day)) == world.day
