"""The family chooses, tries, confirms; and a tandem ends."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from programmes.load import load
from services.matching import store, tables
from services.matching.commands import ChooseTandem, DeclineTandem, EvaluateTrial
from services.matching.contracts import Done, EndTandem, WithdrawRequest
from services.matching.domain import AT_WORK, Request, RequestState, Rules, TandemState
from services.matching.events import (
    TandemChosen,
    TandemConfirmed,
    TandemDeclined,
    TandemEnded,
    TrialEvaluated,
    TrialOutcome,
)
from services.matching.handlers.changes import answer_proposal, end_tandems, remember, remember_declined, set_request
from services.matching.handlers.requests import withdraw_request
from services.matching.store import Tandem
from services.matching.tables import Change, ProposalState
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code

TRIAL_ENDED: Code = "trial-ended"


async def choose_tandem(
    tx: Transaction, command: ChooseTandem, *, now: datetime, by: UUID | None = None
) -> Done | Refused:
    """The trial of one option starts; the other options are free for others again.

    Refused: not-on-offer; no-longer-free when one of the two took their last family in the meantime, or left.
    """
    option = await store.tandem(tx, command.tandem_id)
    if option is None or option.trajectory_id != command.trajectory_id:
        return Refused("not-on-offer")
    people = await store.persons(tx, option.people, lock=True)
    await store.lock_trajectory(tx, command.trajectory_id)
    request = await store.open_request(tx, command.trajectory_id)
    option = await store.tandem(tx, command.tandem_id)
    if request is None or option is None:
        return Refused("not-on-offer")
    if option.state is TandemState.TRIAL:
        return Done(changed=False)
    if option.state is not TandemState.PROPOSED or request.state is not RequestState.PROPOSED:
        return Refused("not-on-offer")
    rules = Rules.of(load(request.programme, request.programme_version))
    load_now = await store.loads(tx, option.people, states=AT_WORK, but=command.trajectory_id)
    if not all(person.left_on is None and rules.room(person, load_now[person.id]) for person in people.values()):
        return Refused("no-longer-free")
    today = local_date(now)
    chosen = {"state": TandemState.TRIAL, "started_on": today}
    await tx.execute(update(tables.tandem_).where(tables.tandem_.c.id == option.id).values(chosen))
    await answer_proposal(tx, command.trajectory_id, ProposalState.CHOSEN, on=today)
    await set_request(tx, request, RequestState.TRIAL)
    await remember(tx, command.trajectory_id, Change.CHOSEN, now=now, by=by)
    await tx.publish(
        TandemChosen(
            trajectory_id=command.trajectory_id,
            family_id=request.family_id,
            tandem_id=option.id,
            supporter_id=option.supporter_id,
            buddy_id=option.buddy_id,
            team=people[option.supporter_id].team,
        ),
        now=now,
    )
    return Done(changed=True)


async def decline_tandem(
    tx: Transaction, command: DeclineTandem, *, now: datetime, by: UUID | None = None
) -> Done | Refused:
    """The family wants none of these and waits for the next round, in its old place. Refused: not-on-offer."""
    await store.lock_trajectory(tx, command.trajectory_id)
    request = await store.open_request(tx, command.trajectory_id)
    proposal = await store.proposal_for(tx, command.trajectory_id)
    if request is None or proposal is None:
        return Refused("not-on-offer")
    on_offer = {person for option in proposal.options for person in option.people}
    if not on_offer.issuperset(command.persons):
        return Refused("not-on-offer")
    today = local_date(now)
    unwanted = command.persons or tuple(option.buddy_id for option in proposal.options)
    await remember_declined(tx, request.family_id, unwanted, on=today)
    await answer_proposal(tx, command.trajectory_id, ProposalState.DECLINED, on=today, reason=command.reason)
    await set_request(tx, request, RequestState.WAITING)
    await remember(tx, command.trajectory_id, Change.DECLINED, now=now, by=by, reason=command.reason)
    await tx.publish(
        TandemDeclined(
            trajectory_id=command.trajectory_id,
            family_id=request.family_id,
            round_id=proposal.round_id,
            reason=command.reason,
        ),
        now=now,
    )
    return Done(changed=True)


async def evaluate_trial(
    tx: Transaction, command: EvaluateTrial, *, now: datetime, by: UUID | None = None
) -> Done | Refused:
    """After the trial: the tandem is confirmed, or the family waits again in its old place. Refused: no-trial."""
    await store.lock_trajectory(tx, command.trajectory_id)
    request = await store.open_request(tx, command.trajectory_id)
    tandem = await store.tandem_of(tx, command.trajectory_id)
    if request is None or tandem is None or tandem.state is not TandemState.TRIAL:
        return Refused("no-trial")
    if not set(command.persons) <= set(tandem.people):
        return Refused("not-in-this-tandem")
    await tx.publish(
        TrialEvaluated(trajectory_id=command.trajectory_id, tandem_id=tandem.id, outcome=command.outcome), now=now
    )
    confirmed = command.outcome is TrialOutcome.CONFIRMED
    what = Change.CONFIRMED if confirmed else Change.AGAIN
    await remember(tx, command.trajectory_id, what, now=now, by=by)
    if confirmed:
        await _confirm(tx, request, tandem, now=now)
    else:
        today = local_date(now)
        await end_tandems(tx, [tandem.id], on=today, reason=TRIAL_ENDED)
        await remember_declined(tx, request.family_id, command.persons or (tandem.buddy_id,), on=today)
        await set_request(tx, request, RequestState.WAITING)
    return Done(changed=True)


async def _confirm(tx: Transaction, request: Request, tandem: Tandem, *, now: datetime) -> None:
    today = local_date(now)
    replaces = await store.had_a_tandem(tx, request.trajectory_id)
    confirmed = {"state": TandemState.CONFIRMED, "confirmed_on": today}
    await tx.execute(update(tables.tandem_).where(tables.tandem_.c.id == tandem.id).values(confirmed))
    await set_request(tx, request, RequestState.MATCHED)
    supporter = (await store.persons(tx, [tandem.supporter_id]))[tandem.supporter_id]
    await tx.publish(
        TandemConfirmed(
            trajectory_id=request.trajectory_id,
            family_id=request.family_id,
            tandem_id=tandem.id,
            supporter_id=tandem.supporter_id,
            buddy_id=tandem.buddy_id,
            replaces=replaces,
            waited_days=(today - request.requested_on).days,
            team=supporter.team,
        ),
        now=now,
    )


async def end_tandem(tx: Transaction, command: EndTandem, *, now: datetime) -> Done:
    """The tandem on trial or at work is over. A family on trial waits again, until it asks anew or withdraws."""
    await store.lock_trajectory(tx, command.trajectory_id)
    tandem = await store.tandem_of(tx, command.trajectory_id)
    if tandem is None:
        return Done(changed=False)
    await end_tandems(tx, [tandem.id], on=local_date(now), reason=command.reason)
    await remember(tx, command.trajectory_id, Change.ENDED, now=now, by=None, reason=command.reason)
    request = await store.open_request(tx, command.trajectory_id)
    if request is not None and tandem.state is TandemState.TRIAL:
        await set_request(tx, request, RequestState.WAITING)
    await tx.publish(
        TandemEnded(trajectory_id=command.trajectory_id, tandem_id=tandem.id, reason=command.reason), now=now
    )
    return Done(changed=True)


async def close_trajectory(tx: Transaction, trajectory_id: UUID, reason: Code, *, now: datetime) -> Done:
    """A trajectory closed: nobody works with it or waits for it any more."""
    ended = await end_tandem(tx, EndTandem(trajectory_id=trajectory_id, reason=reason), now=now)
    withdrawn = await withdraw_request(tx, WithdrawRequest(trajectory_id=trajectory_id), now=now)
    return Done(changed=ended.changed or withdrawn.changed)
