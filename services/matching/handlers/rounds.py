"""A matching round: everyone who waits is looked at, together."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from services.matching import store, tables
from services.matching.contracts import HoldRound, RoundHeld
from services.matching.domain import Proposals, RequestState, Round, Rules, TandemState, hold
from services.matching.events import MatchingRoundHeld, TandemOption, TandemProposed
from services.matching.handlers.changes import answer_proposal, set_request
from services.matching.tables import ProposalState
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.types import Code, stable_id

REQUESTS_MAX = 200
"""So many families at most are looked at in one round, the longest waiting; a round takes a few seconds at most."""
NOT_ANSWERED: Code = "not-answered"


async def hold_round(tx: Transaction, command: HoldRound, *, now: datetime) -> RoundHeld:
    """Propose tandems to who waits; held once for each programme and number. A repeat gives the same counts.

    What was on offer since the last round and has no answer expires first: its family takes part again.
    """
    round_id = stable_id("matching-round", command.programme, command.round_number)
    today = local_date(now)
    # The round's own row first: a second attempt at the same time waits here, and then finds it.
    begun = await tx.execute(
        insert(tables.round_)
        .values(
            id=round_id,
            programme=command.programme,
            number=command.round_number,
            held_on=today,
            waiting=0,
            proposed=0,
            unmatched=0,
        )
        .on_conflict_do_nothing()
        .returning(tables.round_.c.id)
    )
    if begun.first() is None:
        return await store.round_counts(tx, round_id)
    people = await store.people(tx, command.programme, lock=True)
    for trajectory_id in await store.unanswered(tx, command.programme):
        await store.lock_trajectory(tx, trajectory_id)
        request = await store.open_request(tx, trajectory_id)
        if request is not None and request.state is RequestState.PROPOSED:
            await answer_proposal(tx, trajectory_id, ProposalState.EXPIRED, on=today, reason=NOT_ANSWERED)
            await set_request(tx, request, RequestState.WAITING)
    requests = await store.waiting_requests(tx, command.programme, limit=REQUESTS_MAX)
    versions = sorted({request.programme_version for request in requests})
    outcome = await asyncio.to_thread(
        hold,
        Round(
            on=today,
            requests=requests,
            people=people,
            load=await store.loads(tx, [person.id for person in people]),
            declined=await store.declined_by(tx, [request.family_id for request in requests]),
            rules={version: Rules.of(load(command.programme, version)) for version in versions},
        ),
    )
    return await _record(tx, command, round_id, outcome, now=now)


async def _record(
    tx: Transaction, command: HoldRound, round_id: UUID, outcome: tuple[Proposals, ...], *, now: datetime
) -> RoundHeld:
    for family in outcome:
        if family.options:
            await _propose(tx, round_id, family, now=now)
        else:
            await _leave_waiting(tx, family)
    proposed = sum(bool(family.options) for family in outcome)
    counts = RoundHeld(waiting=len(outcome), proposed=proposed, unmatched=len(outcome) - proposed)
    await tx.execute(update(tables.round_).where(tables.round_.c.id == round_id).values(asdict(counts)))
    await tx.publish(
        MatchingRoundHeld(round_id=round_id, programme=command.programme, held_on=local_date(now), **asdict(counts)),
        now=now,
    )
    return counts


async def _propose(tx: Transaction, round_id: UUID, family: Proposals, *, now: datetime) -> None:
    request = family.request
    await tx.execute(
        insert(tables.proposal).values(
            round_id=round_id,
            trajectory_id=request.trajectory_id,
            number=request.number,
            made_on=local_date(now),
            state=ProposalState.OPEN,
        )
    )
    options = [
        TandemOption(
            tandem_id=stable_id("tandem", round_id, request.trajectory_id, option.supporter_id, option.buddy_id),
            supporter_id=option.supporter_id,
            buddy_id=option.buddy_id,
            reasons=option.reasons,
        )
        for option in family.options
    ]
    rows = [
        {
            "id": option.tandem_id,
            "trajectory_id": request.trajectory_id,
            "round_id": round_id,
            "rank": rank,
            "supporter_id": option.supporter_id,
            "buddy_id": option.buddy_id,
            "reasons": list(option.reasons),
            "state": TandemState.PROPOSED,
        }
        for rank, option in enumerate(options, start=1)
    ]
    await tx.execute(insert(tables.tandem_).values(rows))
    await set_request(tx, request, RequestState.PROPOSED)
    await tx.publish(
        TandemProposed(
            trajectory_id=request.trajectory_id,
            family_id=request.family_id,
            round_id=round_id,
            options=tuple(options),
        ),
        now=now,
    )


async def _leave_waiting(tx: Transaction, family: Proposals) -> None:
    """Keep why there was nobody, for who looks for people to find."""
    request = family.request
    mine = (tables.request.c.trajectory_id == request.trajectory_id) & (tables.request.c.number == request.number)
    await tx.execute(update(tables.request).where(mine).values(unmatched_reasons=list(family.unmatched)))
