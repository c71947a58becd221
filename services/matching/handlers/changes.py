"""The changes to requests, proposals and tandems that several handlers make."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.matching import tables
from services.matching.domain import Request, RequestState, TandemState
from services.matching.tables import Change, ProposalState
from services.shared.database import Transaction
from services.shared.types import Code

NOT_CHOSEN: Code = "not-chosen"


async def set_request(tx: Transaction, request: Request, state: RequestState) -> None:
    """Bring a request to another state."""
    mine = (tables.request.c.trajectory_id == request.trajectory_id) & (tables.request.c.number == request.number)
    await tx.execute(update(tables.request).where(mine).values(state=state))


async def answer_proposal(
    tx: Transaction, trajectory_id: UUID, state: ProposalState, *, on: date, reason: Code | None = None
) -> None:
    """The open proposal of a trajectory, if there is one, has its answer; what was on offer in it is over."""
    mine = tables.proposal.c.trajectory_id == trajectory_id
    await tx.execute(
        update(tables.proposal)
        .where(mine, tables.proposal.c.state == ProposalState.OPEN)
        .values(state=state, answered_on=on, reason=reason)
    )
    on_offer = (tables.tandem_.c.trajectory_id == trajectory_id) & (tables.tandem_.c.state == TandemState.PROPOSED)
    why = NOT_CHOSEN if state is ProposalState.CHOSEN else reason or state.value
    ended = {"state": TandemState.ENDED, "ended_on": on, "reason": why}
    await tx.execute(update(tables.tandem_).where(on_offer).values(ended))


async def end_tandems(tx: Transaction, ids: Iterable[UUID], *, on: date, reason: Code) -> None:
    """These tandems are over; their people have a place more."""
    ended = {"state": TandemState.ENDED, "ended_on": on, "reason": reason}
    await tx.execute(update(tables.tandem_).where(tables.tandem_.c.id.in_(ids)).values(ended))


async def remember_declined(tx: Transaction, family_id: UUID, people: Iterable[UUID], *, on: date) -> None:
    """This family is never proposed these people again."""
    rows = [{"family_id": family_id, "person_id": person, "declined_on": on} for person in sorted(set(people))]
    if rows:
        await tx.execute(insert(tables.declined).values(rows).on_conflict_do_nothing())


async def remember(
    tx: Transaction, trajectory_id: UUID, what: Change, *, now: datetime, by: UUID | None, reason: Code | None = None
) -> None:
    """Write down who changed what for a family; nobody where it followed from something else."""
    row = {"trajectory_id": trajectory_id, "at": now, "by_person": by, "what": what, "reason": reason}
    await tx.execute(insert(tables.change).values(row))
