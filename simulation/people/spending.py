"""Money: families ask, people decide and release, the bank answers."""

import asyncio
from uuid import UUID

from programmes.schema import Category, Spender
from services.budget import handlers
from services.budget.balances import envelope_balance
from services.budget.commands import BouncePayment, ConfirmPayment, SubmitRequest
from services.budget.payments_store import awaiting_bank
from services.desk.commands import CompleteTask
from services.desk.contracts import urgent_task_id
from services.desk.handlers import complete_task
from services.desk.store import Task
from services.desk.urgent_store import needs_of
from services.plans.domain import TrajectoryState
from services.plans.events import Phase
from services.shared.calendar import add_working_days, local_date
from services.shared.outcomes import Refused
from simulation.people import rates
from simulation.people.world import World

SPENT_IN = (Phase.WORKING_TOGETHER, Phase.LETTING_GO)
SMALLEST_CENTS = 500
TWINS = 2


async def ask_this_month(world: World, trajectory_id: UUID) -> None:
    """Some months a family asks for something; when little is left, sometimes two of them ask for all of it at once."""
    trajectory = world.trajectories[trajectory_id]
    if trajectory.phase not in SPENT_IN or trajectory.state is not TrajectoryState.ACTIVE:
        return
    stream = world.chance.stream(trajectory_id, "asks", world.day)
    if stream.random() > rates.ASKS_A_MONTH:
        return
    balance = await world.see("budget", lambda tx: envelope_balance(tx, trajectory_id))
    budget = world.programme.family_budget
    if balance is None or balance.balance.free_cents < SMALLEST_CENTS:
        return
    category = stream.choice([each for each in world.programme.categories if each.spender is Spender.FAMILY])
    little = balance.balance.free_cents < budget.envelope_cents * rates.LITTLE_LEFT_SHARE
    if little and stream.random() < rates.LAST_EUROS:
        await _ask_for_the_last_euros(world, trajectory_id, category, balance.balance.free_cents)
        return
    low, high = rates.TYPICAL_SHARE
    amount = round(budget.envelope_cents * stream.uniform(low, high))
    if stream.random() < rates.ASKS_TOO_MUCH:
        amount = budget.request_maximum_cents + SMALLEST_CENTS
    urgent = category.urgent_allowed and stream.random() < rates.ASKS_URGENTLY
    if urgent:
        amount = min(amount, budget.urgent_maximum_cents)
    command = _request(world, trajectory_id, category, max(amount, SMALLEST_CENTS), urgent=urgent, member=1)
    asked_by = world.supporter_of(trajectory_id).person
    await world.act("budget", handlers.submit_request, command, asked_by=asked_by, now=world.moment())
    if stream.random() < rates.TAKES_BACK:
        await world.quiet.settle()
        await world.act("budget", handlers.withdraw_request, command.request_id, asked_by=asked_by, now=world.moment())


async def ask_urgent_needs(world: World, task: Task) -> None:
    """What could not wait is asked with haste, once; what that does not bring is arranged in another way."""
    by = world.supporter_of(task.subject_id)
    found = await world.see("desk", lambda tx: needs_of(tx, task.subject_id))
    needs = [each.code for each in found if each.is_open and each.code in world.town.payees]
    if needs and task.id == urgent_task_id(task.subject_id):
        budget = world.programme.family_budget
        share = world.chance.stream(task.id, "urgent need").uniform(*rates.TYPICAL_SHARE)
        command = SubmitRequest(
            request_id=world.chance.identifier("request", task.id, needs[0]),
            trajectory_id=task.subject_id,
            category=needs[0],
            amount_cents=max(min(round(budget.envelope_cents * share), budget.urgent_maximum_cents), SMALLEST_CENTS),
            urgent=True,
            payee_id=world.town.payees[needs[0]].payee_id,
        )
        asked = await world.act("budget", handlers.submit_request, command, asked_by=by.person, now=world.moment())
        if not isinstance(asked, Refused):
            return
    done = CompleteTask(task_id=task.id, outcome="arranged-otherwise")
    await world.act("desk", complete_task, done, actor=by, now=world.moment())


async def _ask_for_the_last_euros(world: World, trajectory_id: UUID, category: Category, amount_cents: int) -> None:
    """Two members of one household, the same amount, at the same moment: whoever is first, one of them gets it."""
    commands = [
        _request(world, trajectory_id, category, amount_cents, urgent=False, member=number)
        for number in range(1, TWINS + 1)
    ]
    now = world.moment()
    for command in commands:
        world.ask_as(command.request_id, f"last euros {trajectory_id} {world.day}")
    await asyncio.gather(
        *(
            world.act(
                "budget",
                handlers.submit_request,
                command,
                asked_by=world.member_of(trajectory_id, number).person,
                now=now,
            )
            for number, command in enumerate(commands, start=1)
        )
    )
    world.diary.done["last euros asked by two at once"] += 1


def _request(
    world: World, trajectory_id: UUID, category: Category, amount_cents: int, *, urgent: bool, member: int
) -> SubmitRequest:
    return SubmitRequest(
        request_id=world.chance.identifier("request", trajectory_id, world.day.isoformat(), member),
        trajectory_id=trajectory_id,
        category=category.code,
        amount_cents=amount_cents,
        urgent=urgent,
        payee_id=world.town.payees[category.code].payee_id,
    )


async def bank_answers(world: World) -> None:
    """The bank books what it was sent, a day or two later, and gives some of it back."""
    payments = await world.see("budget", lambda tx: awaiting_bank(tx, world.programme.id))
    # Cents are divided over funders in the order in which the bank books: that of the town's own names.
    keys = {payment.payment_id: world.payment_key(payment.payment_id) for payment in payments}
    for payment in sorted(payments, key=lambda payment: (keys[payment.payment_id], payment.payment_id)):
        key = keys[payment.payment_id]
        days = world.chance.stream(key, "bank days").randint(*rates.BANK_DAYS)
        if world.day < add_working_days(local_date(payment.released_at), days):
            continue
        if world.chance.happens(rates.BOUNCES, key, "bounces"):
            bounce = BouncePayment(
                end_to_end_id=payment.end_to_end_id, amount_cents=payment.amount_cents, reason="account-closed"
            )
            await world.act("budget", handlers.bounce_payment, bounce, now=world.moment())
        else:
            confirm = ConfirmPayment(
                end_to_end_id=payment.end_to_end_id, amount_cents=payment.amount_cents, booked_on=world.day
            )
            await world.act("budget", handlers.confirm_payment, confirm, now=world.moment())
