"""A family and its tandem: what is on offer is chosen or declined, tried, and kept or not."""

from uuid import UUID

from services.desk.store import Task
from services.matching import handlers, store
from services.matching.commands import ChooseTandem, DeclineTandem, EvaluateTrial
from services.matching.events import TrialOutcome
from services.shared.outcomes import Refused
from simulation.people import rates
from simulation.people.world import World


async def choose_tandem(world: World, task: Task) -> None:
    """Mostly the first, sometimes another, sometimes nobody; when one is no longer free, the next."""
    if not world.is_day_for(task, rates.CHOICE_DAYS):
        return
    trajectory_id = task.subject_id
    proposal = await world.see("matching", lambda tx: store.proposal_for(tx, trajectory_id))
    if proposal is None or not proposal.options:
        return
    stream = world.chance.stream(task.id, "choice")
    if stream.random() < rates.WANTS_NOBODY:
        decline = DeclineTandem(trajectory_id=trajectory_id, reason="no-click")
        await world.act("matching", handlers.decline_tandem, decline, now=world.moment())
        return
    wanted = [option.id for option in proposal.options]
    if stream.random() > rates.FIRST_CHOICE:
        stream.shuffle(wanted)
    for tandem_id in wanted:
        if await _chosen(world, trajectory_id, tandem_id):
            return


async def evaluate_trial(world: World, task: Task) -> None:
    """When the trial is over the family says whether it goes on with these two."""
    if not world.is_day_for(task, rates.TRIAL_ROUND_DAYS, after=task.due_on):
        return
    fails = world.chance.happens(rates.TRIAL_FAILS, task.id, "trial fails")
    outcome = TrialOutcome.AGAIN if fails else TrialOutcome.CONFIRMED
    command = EvaluateTrial(trajectory_id=task.subject_id, outcome=outcome)
    await world.act("matching", handlers.evaluate_trial, command, now=world.moment())


async def _chosen(world: World, trajectory_id: UUID, tandem_id: UUID) -> bool:
    command = ChooseTandem(trajectory_id=trajectory_id, tandem_id=tandem_id)
    outcome = await world.act("matching", handlers.choose_tandem, command, now=world.moment())
    return not isinstance(outcome, Refused)
