"""Supporters, buddies and colleagues: they start, renew certificates, go on holiday, leave, and are followed up."""

from datetime import date, timedelta

from services.desk.commands import SetStandIn
from services.desk.handlers import set_stand_in
from services.matching import handlers
from services.matching.commands import PersonLeaves, RegisterPerson, RenewVog
from services.matching.events import TandemPart
from services.shared.calendar import add_months
from services.shared.roles import Role
from simulation.people import rates
from simulation.people.world import World, as_actor
from simulation.town.workers import Away, Worker

DAYS_A_YEAR = 365
STANDS_IN_FOR = {Role.BUDGET_HOLDER: Role.TEAM_COORDINATOR, Role.PROGRAMME_MANAGER: Role.BUDGET_HOLDER}
"""Whose roles are lent while they are away, and to whom: people who have other roles of their own."""


async def start(world: World) -> None:
    """On the first day everybody is registered, and the years ahead are put on the calendar."""
    for person in (*world.town.supporters, *world.town.buddies):
        await register(world, person)
    for worker in world.town.workers:
        for away in worker.away:
            plan_holiday(world, worker, away)


async def register(world: World, person: RegisterPerson) -> None:
    """Somebody starts; whether and when they leave again is their own."""
    await world.act("matching", handlers.register_person, person, now=world.moment())
    if person.vog_until is not None:
        plan_renewal(world, person, person.vog_until)
    yearly = rates.BUDDY_LEAVES_A_YEAR if person.part is TandemPart.BUDDY else rates.SUPPORTER_LEAVES_A_YEAR
    day, years = world.day, 0
    while day < world.programme.period.last_day:
        if world.chance.happens(yearly, person.person_id, "leaves", years):
            leaves_on = day + world.chance.days(30, DAYS_A_YEAR, person.person_id, "leaves when", years)
            world.plan(leaves_on, lambda: leave(world, person))
            return
        years += 1
        day += timedelta(days=DAYS_A_YEAR)


async def leave(world: World, person: RegisterPerson) -> None:
    """Somebody stops; a month later another starts in their place."""
    world.gone.add(person.person_id)
    command = PersonLeaves(person_id=person.person_id, reason="other-work")
    await world.act("matching", handlers.person_leaves, command, now=world.moment())
    # The families' trajectories hear of it before anything else happens to them today.
    await world.quiet.settle()
    successor = person.model_copy(
        update={
            "person_id": world.chance.identifier("successor", person.person_id),
            "vog_until": None if person.vog_until is None else add_months(world.day, 12 * rates.VOG_LASTS_YEARS),
        }
    )
    world.plan(world.day + timedelta(days=rates.REPLACED_AFTER_DAYS), lambda: register(world, successor))


def plan_renewal(world: World, person: RegisterPerson, until: date) -> None:
    """A certificate is asked anew before it ends, unless it is forgotten."""
    on = until - timedelta(days=rates.VOG_RENEWED_BEFORE_DAYS)
    forgets = world.chance.happens(rates.VOG_FORGOTTEN, person.person_id, "forgets", until)
    if on < world.programme.period.last_day and not forgets:
        world.plan(on, lambda: renew(world, person, add_months(until, 12 * rates.VOG_LASTS_YEARS)))


async def renew(world: World, person: RegisterPerson, until: date) -> None:
    """The new certificate is there, unless its owner has left."""
    if person.person_id in world.gone:
        return
    command = RenewVog(person_id=person.person_id, until=until)
    await world.act("matching", handlers.renew_vog, command, now=world.moment())
    plan_renewal(world, person, until)


def plan_holiday(world: World, worker: Worker, away: Away) -> None:
    """Who decides has somebody stand in."""
    lends_to = next((STANDS_IN_FOR[role] for role in worker.roles if role in STANDS_IN_FOR), None)
    if lends_to is not None:
        world.plan(away.start, lambda: lend(world, worker, lends_to, away))


async def lend(world: World, worker: Worker, to: Role, away: Away) -> None:
    """The stand-in is named for the days of the holiday."""
    colleague = world.worker((to,), worker.person, away.start, but=(worker.person,))
    if colleague is not None and world.day < away.end:
        command = SetStandIn(
            stand_in_id=world.chance.identifier("stand-in", worker.person, away.start.isoformat()),
            stand_in=colleague.person,
            from_on=world.day,
            until_on=away.end - timedelta(days=1),
        )
        await world.act("desk", set_stand_in, command, actor=as_actor(worker), now=world.moment())
