"""Families ask for a tandem, move, and ask no longer."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.matching import store, tables
from services.matching.contracts import Done, MoveFamily, RequestTandem, WithdrawRequest
from services.matching.domain import OPEN_REQUEST, RequestState, TandemState
from services.matching.events import TandemEnded
from services.matching.handlers.changes import answer_proposal, end_tandems, set_request
from services.matching.tables import ProposalState
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.types import Code

SUPERSEDED: Code = "asked-again"
WITHDRAWN: Code = "withdrawn"


async def request_tandem(tx: Transaction, command: RequestTandem, *, now: datetime) -> Done:
    """A family waits from now on. An older request that is still open gives way; a newer one makes this a repeat."""
    await store.lock_trajectory(tx, command.trajectory_id)
    before = await store.open_request(tx, command.trajectory_id)
    if before is not None:
        if before.number >= command.number:
            return Done(changed=False)
        await answer_proposal(tx, command.trajectory_id, ProposalState.WITHDRAWN, on=local_date(now), reason=SUPERSEDED)
        await set_request(tx, before, RequestState.WITHDRAWN)
    asked = await tx.execute(
        insert(tables.request)
        .values(
            trajectory_id=command.trajectory_id,
            number=command.number,
            family_id=command.family_id,
            programme=command.programme,
            programme_version=command.programme_version,
            area=command.area,
            languages=list(command.languages),
            themes=list(command.themes),
            requested_on=local_date(now),
            state=RequestState.WAITING,
        )
        .on_conflict_do_nothing(index_elements=[tables.request.c.trajectory_id, tables.request.c.number])
        .returning(tables.request.c.number)
    )
    return Done(changed=asked.first() is not None)


async def withdraw_request(tx: Transaction, command: WithdrawRequest, *, now: datetime) -> Done:
    """The family waits no longer: what is on offer and a trial end too; a tandem at work stays."""
    await store.lock_trajectory(tx, command.trajectory_id)
    request = await store.open_request(tx, command.trajectory_id)
    if request is None:
        return Done(changed=False)
    today = local_date(now)
    await answer_proposal(tx, command.trajectory_id, ProposalState.WITHDRAWN, on=today, reason=WITHDRAWN)
    await set_request(tx, request, RequestState.WITHDRAWN)
    tandem = await store.tandem_of(tx, command.trajectory_id)
    if tandem is not None and tandem.state is TandemState.TRIAL:
        await end_tandems(tx, [tandem.id], on=today, reason=WITHDRAWN)
        await tx.publish(
            TandemEnded(trajectory_id=command.trajectory_id, tandem_id=tandem.id, reason=WITHDRAWN), now=now
        )
    return Done(changed=True)


async def move_family(tx: Transaction, command: MoveFamily, *, now: datetime) -> Done:
    """The family lives elsewhere: the next round looks from there. A tandem that there is stays."""
    moved = await tx.execute(
        update(tables.request)
        .where(
            tables.request.c.trajectory_id == command.trajectory_id,
            tables.request.c.state.in_(OPEN_REQUEST),
            tables.request.c.area != command.area,
        )
        .values(area=command.area)
    )
    return Done(changed=bool(moved.rowcount))
