"""Rows of proposed organisations, and of the requests that wait for them, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.budget.commands import AskedFor
from services.budget.ledger import Reads
from services.budget.store import Payee, first, payee_today
from services.budget.tables import payee, payee_proposal, payee_version
from services.shared.types import Cents, Code

WAITING = "waiting"
PROPOSALS_LISTED_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A request and the organisation that it waits for; `state` is how the check ended."""

    payee_id: UUID
    request_id: UUID
    trajectory_id: UUID
    programme: Code
    category: Code
    amount_cents: Cents
    urgent: bool
    motive: AskedFor
    name: str
    iban: str
    town: str
    proposed_by: UUID
    proposed_at: datetime
    state: Code
    reason: Code | None
    answered_by: UUID | None
    answered_at: datetime | None
    settled_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.state == WAITING


async def proposal_of(tx: Reads, request_id: UUID) -> Proposal | None:
    """The proposal for which a request waits or waited."""
    return _proposal(await first(tx, select(payee_proposal).where(payee_proposal.c.request_id == request_id)))


async def proposal_by_payee(tx: Reads, payee_id: UUID) -> Proposal | None:
    return _proposal(await first(tx, select(payee_proposal).where(payee_proposal.c.payee_id == payee_id)))


async def proposals_of(tx: Reads, trajectory_id: UUID) -> list[Proposal]:
    """What waits or came back for a family, and was not seen to yet; oldest first."""
    table = payee_proposal
    open_still = (table.c.state == WAITING) | ((table.c.state == "refused") & table.c.settled_at.is_(None))
    query = select(table).where(table.c.trajectory_id == trajectory_id, open_still)
    return await _proposals(tx, query)


async def waiting_proposals(tx: Reads) -> list[Proposal]:
    """What waits for a check, oldest first, at most PROPOSALS_LISTED_MAX."""
    return await _proposals(tx, select(payee_proposal).where(payee_proposal.c.state == WAITING))


async def payee_by_iban(tx: Reads, iban: str) -> Payee | None:
    """The organisation that has this account today, None for an account that nobody registered."""
    current = (payee.c.id == payee_version.c.payee_id) & (payee.c.version == payee_version.c.version)
    query = select(payee.c.id).join(payee_version, current).where(payee_version.c.iban == iban).order_by(payee.c.id)
    row = await first(tx, query.limit(1))
    return await payee_today(tx, row["id"]) if row else None


async def _proposals(tx: Reads, query: Any) -> list[Proposal]:
    ordered = query.order_by(payee_proposal.c.proposed_at, payee_proposal.c.payee_id).limit(PROPOSALS_LISTED_MAX)
    rows = (await tx.execute(ordered)).mappings()
    return [found for row in rows if (found := _proposal(row)) is not None]


def _proposal(row: Any) -> Proposal | None:
    if row is None:
        return None
    told = dict(row)
    motive = AskedFor.model_validate({name: told.pop(name) for name in AskedFor.model_fields})
    return Proposal(motive=motive, **told)
